/// How much of the load that was asked for the generator itself did not make.
enum LoadKept {
    /// `client_idle_share` of a closed level: the share of its slots' time in which a slot was free, was to be used, and
    /// nothing had been sent in it yet. nil without a window.
    ///
    /// Of each request that is [the answer's last bytes arrived, its end was understood) and [scheduled, first byte sent),
    /// set-up off. `scheduled` lies behind planned pauses (a user who thinks, a gap, a back-off, a retry's wait, the opening
    /// of the level), so that these are left out. Slots that nothing was sent in any more are the loops' own sum.
    ///
    /// - Parameters:
    ///   - requests: all of the target that touch the window, measured or not, of the steps before too
    ///   - unfilled: Σ `BinRecord.unfilledArea` of the level
    static func clientIdleShare(
        of requests: some Sequence<RequestRecord>,
        slots: Int,
        in windows: [MeasuredWindow],
        unfilled: Int64
    ) -> Double? {
        let time = windows.reduce(0.0) { $0 + Double($1.nanoseconds) } * Double(slots)
        guard time > 0 else { return nil }
        var idle = Double(max(0, unfilled))
        for request in requests {
            for window in windows {
                if let ended = request.instant(request.ended), let late = request.lateEnd, late > 0 {
                    idle += Double(window.overlap(from: ended, to: ended.saturatingAdd(late)))
                }
                guard let dispatched = request.dispatched else { continue }
                let sent = dispatched.saturatingAdd(max(0, request.lateSend ?? 0))
                idle += Double(window.overlap(from: request.scheduled, to: sent))
            }
        }
        return min(1, idle / time)
    }

    /// Less than this of sending lateness is none.
    static let least: Int64 = 2_000_000

    /// `late_arrivals_share` of an open loop: the share of the arrivals that were sent late by the generator's doing, or
    /// fell due within one e2e p95 after a stop in which more of them fell due than max(3, 5 % of the mean in flight). nil
    /// without arrivals.
    ///
    /// A stop shows in the arrivals themselves: those that fell due between one's due instant and its first byte all
    /// waited for the same loop to go on. Those that the plan lets fall due at one instant, as traces with whole seconds do,
    /// were brought together by it and count once.
    ///
    /// - Parameters:
    ///   - requests: first attempts of the row
    ///   - medianTTFT: the row's own, from the schedule, nanoseconds
    ///   - e2eP95: nanoseconds
    static func lateArrivalsShare(
        of requests: some Sequence<RequestRecord>,
        medianTTFT: Double?,
        e2eP95: Double?,
        meanInFlight: Double?
    ) -> Double? {
        let limit = max(Double(least), 0.05 * (medianTTFT ?? 0))
        let arrivals = requests.compactMap { request -> (due: Int64, late: Int64)? in
            guard request.attempt == 0, let late = request.sendingLatenessSinceSchedule else { return nil }
            return (request.scheduled.saturatingAdd(request.queued ?? 0), late)
        }.sorted { $0.due < $1.due }
        guard !arrivals.isEmpty else { return nil }
        let instants = arrivals.indices.filter { $0 == 0 || arrivals[$0].due != arrivals[$0 - 1].due }.map {
            arrivals[$0].due
        }
        let many = max(3, 0.05 * (meanInFlight ?? 0))
        var disturbed: [Range<Int64>] = []
        for arrival in arrivals where Double(arrival.late) > limit {
            let sent = arrival.due.saturatingAdd(arrival.late)
            let together = firstIndex(of: sent, in: instants) - firstIndex(of: arrival.due, in: instants)
            guard Double(together) > many else { continue }
            disturbed.append(arrival.due..<sent.saturatingAdd(Int64(min(max(0, e2eP95 ?? 0), 9e18))))
        }
        let spans = Spans.union(disturbed)
        var place = 0
        let late = arrivals.count { arrival in
            while place < spans.count, spans[place].upperBound <= arrival.due { place += 1 }
            return Double(arrival.late) > limit || place < spans.count && spans[place].contains(arrival.due)
        }
        return Double(late) / Double(arrivals.count)
    }

    private static func firstIndex(of instant: Int64, in instants: [Int64]) -> Int {
        var (low, high) = (0, instants.count)
        while low < high {
            let middle = (low + high) / 2
            if instants[middle] < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
