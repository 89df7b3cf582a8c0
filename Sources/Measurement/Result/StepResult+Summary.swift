import Ticks

extension StepResult {
    /// Fewer requests than this give no retention.
    public static let fewestForRetention = 25

    /// One level: figures of its measured requests, rates of its windows. Several records are one level that was cut
    /// into blocks.
    init(of steps: [StepRecord], in phase: PhaseRecord, _ timeline: TargetTimeline) {
        self.init()
        let isOpen = steps.first?.kind == .arrivals
        if isOpen { rps = StepRecord.meanRate(steps) } else { concurrency = steps.first?.concurrency }
        let measured = RequestSet(joining: steps.map { timeline.index.requests(of: $0).only(\.measured) })
        let parts = steps.flatMap { step in
            timeline.windows(of: step, from: step.settled).map { (step: step, window: $0) }
        }
        let windows = parts.map(\.window)
        if !windows.isEmpty { server = timeline.server.map { ServerResult($0, in: windows) } }
        var scope = timeline.scope(for: phase)
        if let totals = timeline.totals(in: windows, scope: scope) {
            scope.window = totals
            for (step, window) in parts { scope.gaps.merge(timeline.index.histogram(.itl, of: [step], in: window)) }
            windowSeconds = totals.seconds
            // An open loop's stretches follow one another without a drain, and a queue of one may last into the next.
            let beside = isOpen ? timeline.index.steps(of: phase) : []
            meanInFlight = timeline.meanInFlight(parts, beside: beside)
            meanThinking = timeline.meanThinking(in: windows)
            if let meanInFlight, meanInFlight > 0 {
                littleDifference = abs(meanInFlight - timeline.meanInFlightByRequests(in: windows)) / meanInFlight
            }
        }
        pausedSlots = Self.pausedSlots(RequestSet(joining: steps.map { timeline.index.requests(of: $0) }), in: windows)
        stats = RequestStatistics(of: measured, in: scope)
        if measured.isEmpty {
            let sent = RequestSet(joining: steps.map { timeline.index.requests(of: $0) })
            stats.count(sent)
            unmeasured = Unmeasured(of: steps, sent, timeline)
        }
        turns = TurnResult.all(of: measured, scope)
        // What the plan of an open loop has are first questions; when the next come follows from the answers.
        if isOpen { openLoop = OpenLoopResult(of: steps, measured.only { ($0.turn ?? 0) == 0 }, timeline) }
        if isOpen {
            stats.lateArrivalsShare = LoadKept.lateArrivalsShare(
                of: measured.only { $0.attempt == 0 },
                medianTTFT: stats.ttftScheduledMilliseconds?.p50.map { $0 * 1e6 },
                e2eP95: stats.e2eMilliseconds?.p95.map { $0 * 1e6 },
                meanInFlight: meanInFlight
            )
        } else {
            stats.clientIdleShare =
                timeline.clientIdleShare(of: steps, in: phase, windows: windows) ?? missingShare(measured)
        }
        validity = RowValidity(of: stats, isOpen: isOpen)
        power = SamplePower(
            ttft: measured.successes.figures(scope.ttft),
            seconds: windowSeconds,
            dollars: stats.cost?.dollars
        )
        discarded = SteadyState(measured.successes.figures(scope.ttft))?.discarded
    }

    /// Of a result stored before lateness was: what is missing of the requests in flight. A user who thinks holds a place,
    /// and so does a refused request until it is sent again.
    private func missingShare(_ measured: RequestSet) -> Double? {
        guard !measured.contains(where: { $0.lateSend != nil }), !measured.contains(where: { $0.attempt > 0 }),
            let concurrency, concurrency > 0, let meanInFlight
        else { return nil }
        return max(0, 1 - (meanInFlight + (meanThinking ?? 0) + pausedSlots) / Double(concurrency))
    }

    /// A place rests for up to 100 ms after a request that failed within 50 ms without a token, up to 2 s where nobody took
    /// its connection (the closed loop's back-off).
    private static func pausedSlots(_ requests: RequestSet, in windows: [MeasuredWindow]) -> Double {
        let seconds = windows.reduce(0) { $0 + $1.seconds }
        guard seconds > 0 else { return 0 }
        let failedAtOnce = requests.only { request in
            guard request.outcomeClass != .success, request.tokenEvents == 0, let began = request.dispatched,
                let ended = request.instant(request.ended), ended - began < 50_000_000
            else { return false }
            return windows.contains { $0.contains(ended) }
        }
        return failedAtOnce.reduce(0) { $0 + ($1.outcome == .connect ? 2 : 0.1) } / seconds
    }

    static func all(of phase: PhaseRecord, _ timeline: TargetTimeline) -> [StepResult] {
        timeline.index.workers.map(groups(of: phase, timeline.index)) { StepResult(of: $0, in: phase, timeline) }
    }

    /// The levels of a phase, each visit of a ramp for itself; the blocks of a steady load are one.
    static func groups(of phase: PhaseRecord, _ index: RunIndex) -> [[StepRecord]] {
        let records = index.steps(of: phase)
        let stretches = Dictionary(grouping: records.filter { $0.kind == .arrivals }) { $0.stretch ?? 0 }
        if !stretches.isEmpty {
            return stretches.sorted { $0.key < $1.key }.map(\.value)
        }
        let levels = records.filter { $0.kind == .level }
        if levels.isEmpty { return [] }
        return phase.kind == .ramp ? levels.map { [$0] } : [levels]
    }

    /// Sets what a level keeps of the lowest one: retention, decode retention and efficiency.
    static func compare(_ steps: inout [StepResult]) {
        let base = steps.filter { ($0.concurrency ?? 0) > 0 }.min { ($0.concurrency ?? 0) < ($1.concurrency ?? 0) }
        guard let base else { return }
        for place in steps.indices {
            steps[place].retention = ratio(steps[place].stats.requestTPS, base.stats.requestTPS)
            steps[place].decodeRetention = ratio(steps[place].stats.decodeTPS, base.stats.decodeTPS)
            if let perStream = steps[place].throughputPerStream, let single = base.throughputPerStream, single > 0 {
                steps[place].efficiency = perStream / single
            }
        }
    }

    private var throughputPerStream: Double? {
        guard let concurrency, concurrency > 0 else { return nil }
        return (stats.embeddingsPerSecond ?? stats.outputTokensPerSecond).map { $0 / Double(concurrency) }
    }

    private static func ratio(_ level: DistributionSummary?, _ base: DistributionSummary?) -> Double? {
        guard let level, let base, level.count >= fewestForRetention, base.count >= fewestForRetention,
            let median = level.p50, let baseMedian = base.p50, baseMedian > 0
        else { return nil }
        return median / baseMedian
    }
}

extension StepResult.Unmeasured {
    /// nil where a step never began, or was cut off with its run: then nothing of its plan is at fault.
    init?(of steps: [StepRecord], _ sent: RequestSet, _ timeline: TargetTimeline) {
        guard let first = steps.first, let last = steps.last, let start = first.started,
            last.windowEnded != nil || last.drained != nil
        else { return nil }
        self.init(
            sent: sent.count,
            settleSeconds: first.settled.map { Double($0 - start) / 1e9 },
            seconds: (timeline.end(of: last) ?? last.drained).map { Double($0 - start) / 1e9 },
            answerSeconds: DistributionSummary(samples: sent.successes.figures(\.e2eMilliseconds))?.p50.map {
                $0 / 1000
            }
        )
    }
}

extension StepRecord {
    /// The rate planned over several stretches, by their lengths; exactly their rate where it is the same.
    static func meanRate(_ steps: [StepRecord]) -> Double {
        let rates = steps.map { $0.rps ?? 0 }
        guard let first = rates.first, rates.contains(where: { $0 != first }) else { return rates.first ?? 0 }
        let lengths = steps.map { Double($0.planned ?? 1) }
        return zip(rates, lengths).reduce(0) { $0 + $1.0 * $1.1 } / max(1, lengths.reduce(0, +))
    }
}

extension TargetTimeline {
    /// Of the places of these closed steps over the windows; nil of a result stored before lateness was.
    func clientIdleShare(of steps: [StepRecord], in phase: PhaseRecord, windows: [MeasuredWindow]) -> Double? {
        guard let slots = steps.first?.concurrency, slots > 0 else { return nil }
        // Those of the step before hold their places until they end.
        let all = RequestSet(joining: index.steps(of: phase).map { index.requests(of: $0) })
        guard all.contains(where: { $0.lateSend != nil }) else { return nil }
        let unfilled = steps.flatMap(index.bins).reduce(Int64(0)) { $0.saturatingAdd($1.unfilledArea ?? 0) }
        return LoadKept.clientIdleShare(of: all, slots: slots, in: windows, unfilled: unfilled)
    }
}
