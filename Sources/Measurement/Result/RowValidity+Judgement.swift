extension RowValidity {
    /// Of the places of a closed level, of the arrivals of an open loop: valid, suspect.
    static let shareLimits = (valid: 0.01, suspect: 0.05)
    /// An edge's largest sending lateness, against its own median TTFT.
    static let edgeLimits = (valid: 0.1, suspect: 0.5)
    static let clientResourceLimit = 0.001

    /// The contract's rule on one row.
    /// - Parameters:
    ///   - isOpen: whether its times count from when requests were due
    ///   - edge: the row's wave, where it is a burst: its sending is judged by itself
    init(of stats: RequestStatistics, isOpen: Bool, edge: EdgeWave? = nil) {
        self.init()
        judgeLatencies(stats, isOpen: isOpen)
        judgeShare(stats.clientIdleShare, "the load generator left its streams idle for", "of the time")
        judgeShare(stats.lateArrivalsShare, "the load generator sent", "of the requests late")
        if let edge {
            judgeSending(edge)
            judgeSkew(edge)
        }
        let starved = stats.outcomes[.clientResource] ?? 0
        let share = stats.requests.scheduled > 0 ? Double(starved) / Double(stats.requests.scheduled) : 0
        if share > Self.clientResourceLimit {
            load = .invalid
            reasons.append(
                "\(inPercent(share)) of the requests failed because this machine ran out of files or ports, limit "
                    + inPercent(Self.clientResourceLimit)
            )
        }
    }

    /// Percentiles whose interval is open judge nothing: they may be the worst single request. Where machines differ so much that
    /// there is no interval, it is their requests that count.
    private mutating func judgeLatencies(_ stats: RequestStatistics, isOpen: Bool) {
        // When a closed loop's request was due is when its slot was freed: the share of idle time has that.
        let fromDue = isOpen ? stats.ttftScheduledMilliseconds : nil
        let figures: [(String, DistributionSummary?)] = [
            ("TTFT", stats.ttftMilliseconds), ("TTFT from due", fromDue), ("wait", stats.waitMilliseconds),
            ("e2e", stats.e2eMilliseconds),
        ]
        var worst: (verdict: Verdict, reason: String)?
        for (name, summary) in figures {
            guard let summary, let error = summary.clientErrorMilliseconds else { continue }
            let percentiles: [(String, Quantile, Double?, ConfidenceInterval?, Double)] = [
                ("p50", .p50, summary.p50, summary.p50Interval, error.p50),
                ("p95", .p95, summary.p95, summary.p95Interval, error.p95),
                ("p99", .p99, summary.p99, summary.p99Interval, error.p99),
            ]
            for (percentile, quantile, value, interval, error) in percentiles {
                guard let value, interval?.isBounded == true || summary.carries(quantile) else { continue }
                let verdict = Self.verdict(ofError: error, in: value)
                guard verdict > (worst?.verdict ?? .valid) else { continue }
                let limit = verdict == .suspect ? max(0.5, 0.01 * value) : max(2, 0.05 * value)
                worst = (
                    verdict,
                    "\(inTime(milliseconds: error)) of the \(name) \(percentile) of \(inTime(milliseconds: value)) are the load "
                        + "generator's own, limit \(inTime(milliseconds: limit))"
                )
            }
        }
        guard let worst else { return }
        latencies = worst.verdict
        reasons.append(worst.reason)
    }

    private mutating func judgeShare(_ share: Double?, _ subject: String, _ object: String) {
        guard let share, share > Self.shareLimits.valid else { return }
        let verdict: Verdict = share <= Self.shareLimits.suspect ? .suspect : .invalid
        let limit = verdict == .suspect ? Self.shareLimits.valid : Self.shareLimits.suspect
        load = max(load, verdict)
        reasons.append("\(subject) \(inPercent(share)) \(object), limit \(inPercent(limit))")
    }

    private mutating func judgeSending(_ edge: EdgeWave) {
        guard let late = edge.wave.figures(Self.sendingLateness).max(), let median = edge.medianTTFT else { return }
        judgeWave(late, median: median, "its last request left \(inTime(milliseconds: late)) late")
    }

    /// A wave that was to leave at one instant and took `width`, milliseconds.
    /// - Parameter least: of that width, what is certain
    mutating func judgeWave(_ width: Double, least: Double? = nil, median: Double, _ what: String) {
        guard width > Self.edgeLimits.valid * median else { return }
        let verdict: Verdict = width <= Self.edgeLimits.suspect * median ? .suspect : .invalid
        let share = verdict == .suspect ? Self.edgeLimits.valid : Self.edgeLimits.suspect
        let isCertain = (least ?? width) > Self.edgeLimits.valid * median
        load = max(load, verdict)
        reasons.append(
            "\(what), limit \(inTime(milliseconds: share * median)) (\(inPercent(share)) of its median TTFT): the wave "
                + "\(isCertain ? "did not leave" : "may not have left") at one instant"
        )
    }

    /// Set-up off, milliseconds; of a request stored before lateness was, to its last byte.
    private static func sendingLateness(_ request: RequestRecord) -> Double? {
        if let late = request.sendingLatenessSinceSchedule { return Double(late) / 1e6 }
        guard let lag = request.dispatchLag, let written = request.written else { return nil }
        return Double(max(0, lag)) / 1e6 + max(0, Double(written) / 1e6 - (request.setUpMilliseconds ?? 0))
    }
}

extension DistributionSummary {
    /// Whether the samples of several machines are enough for an interval, machines aside.
    fileprivate func carries(_ quantile: Quantile) -> Bool {
        guard isInBlocks else { return false }
        let ranks = QuantileRanks(quantile, count: count)
        return ranks.lower != nil && ranks.upper != nil
    }
}
