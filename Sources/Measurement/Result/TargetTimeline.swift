import Ticks

/// Everything one target did over the run, ready to be cut into windows.
struct TargetTimeline: Sendable {
    let index: RunIndex
    let target: TargetRecord
    /// All of its requests, warm-ups included: what arrived in a window arrived.
    let requests: RequestSet
    let arrivals: ArrivalSeries
    let estimate: StreamedTokenEstimate
    /// What its server said of itself; nil = its metrics were not read.
    let server: ServerSeries?
    private let level: ServiceLevel?
    /// How far from its place in time what a request brings may lie.
    private let reach: ClosedRange<Int64>
    /// Where the record of a cut-off run stops being whole: requests in flight at its end were never stored.
    private let wholeUntil: Int64?

    init(_ index: RunIndex, _ target: TargetRecord) {
        self.index = index
        self.target = target
        requests = index.requests(of: target)
        server = ServerSeries(index.recorded.serverReadings, target: target.id)
        let estimate = StreamedTokenEstimate(requests)
        self.estimate = estimate
        arrivals = ArrivalSeries(
            requests,
            index.arrived(of: target),
            estimate: estimate,
            binWidth: index.binWidth
        )
        level = ServiceLevel(index.recorded.run)
        reach = requests.reach
        wholeUntil = index.recorded.run.complete ? nil : index.wholeUntil(requests)
    }

    /// Requests that count: no warm-ups.
    func counted(in phase: PhaseRecord? = nil) -> RequestSet {
        requests.only { request in
            !index.isWarmup(request) && (phase.map { index.phase(of: request) == $0.id } ?? true)
        }
    }

    func scope(for phase: PhaseRecord, window: WindowTotals? = nil, gaps: Histogram = Histogram()) -> StatisticsScope {
        StatisticsScope(
            target: target,
            level: level,
            isOpenLoop: phase.loop == .open,
            window: window,
            gaps: gaps,
            seed: index.recorded.run.seed,
            workers: index.workers
        )
    }

    var scopeOfTotals: StatisticsScope {
        StatisticsScope(target: target, level: level, seed: index.recorded.run.seed, workers: index.workers)
    }

    /// The whole bins of a step from `start` to the end of its window, without pauses and the time after each in which its
    /// load settled again.
    ///
    /// An interrupt or a limit ends the window of the step it meets. In a run that was cut off the window ends one longest
    /// request (and a second, the most that storing lags behind) before the last thing stored: every request that had
    /// tokens in it is then known to be stored.
    func windows(of step: StepRecord, from start: Int64?) -> [MeasuredWindow] {
        let whole = MeasuredWindow(from: start, to: end(of: step), binWidth: step.binWidth)
        guard let whole, !index.pauses.isEmpty else { return whole.map { [$0] } ?? [] }
        let settle = Swift.max(0, (step.settled ?? 0) - (step.started ?? 0))
        let gaps = index.pauses.compactMap { MeasuredWindow(exactlyFrom: $0.start, to: $0.end.saturatingAdd(settle)) }
        return whole.without(gaps).compactMap { MeasuredWindow(from: $0.start, to: $0.end, binWidth: step.binWidth) }
    }

    /// When a step's window ended, as above; nil while it is open.
    func end(of step: StepRecord) -> Int64? {
        var end = step.windowEnded
        if end == nil, let started = step.started {
            end =
                index.recorded.incidents.first {
                    ($0.kind == .interrupt || $0.kind == .limit) && $0.at >= started
                }?.at
        }
        if end == nil, step.kind == .edge || step.kind == .control { end = step.drained }
        if let wholeUntil, step.drained == nil { end = Swift.min(end ?? .max, wholeUntil) }
        return end
    }

    func totals(in window: MeasuredWindow, scope: StatisticsScope) -> WindowTotals {
        let arrived = arrivals.sum(in: window)
        var totals = WindowTotals(
            seconds: window.seconds,
            streamedTokens: arrived.tokens,
            textBytes: arrived.textBytes
        )
        requests.reaching(into: window, within: reach).forEach { request in
            if let vectors = request.vectors, window.contains(request.instant(request.lastToken)) {
                totals.vectors = totals.vectors.saturatingAdd(Int64(Swift.max(0, vectors)))
            }
            if window.contains(request.instant(request.inputRead)) {
                totals.inputTokens = totals.inputTokens.saturatingAdd(Swift.max(0, request.inputTokens ?? 0))
            }
            guard request.outcomeClass != .excluded, window.contains(request.instant(request.ended)) else { return }
            totals.ended += 1
            guard request.outcomeClass == .success else { return }
            totals.successes += 1
            if request.useful { totals.useful += 1 }
            if let level, level.isGood(request, ttft: scope.ttft(of: request)) { totals.good += 1 }
        }
        return totals
    }

    /// Several windows together.
    func totals(in windows: [MeasuredWindow], scope: StatisticsScope) -> WindowTotals? {
        guard let first = windows.first else { return nil }
        return windows.dropFirst().reduce(totals(in: first, scope: scope)) { sum, window in
            sum + totals(in: window, scope: scope)
        }
    }

    /// A whole phase: all that its requests brought over the time that it took, the turns of other targets left out.
    /// nil while it is not over.
    func totals(of phase: PhaseRecord, scope: StatisticsScope) -> WindowTotals? {
        let seconds = index.activeSpans(of: phase).reduce(0) { $0 + $1.seconds }
        guard phase.ended != nil, seconds > 0 else { return nil }
        return totals(of: counted(in: phase), over: seconds, scope: scope)
    }

    /// All phases, over the time that they took together.
    func totals(of phases: [PhaseRecord], scope: StatisticsScope) -> WindowTotals? {
        let seconds = phases.flatMap(index.activeSpans(of:)).reduce(0) { $0 + $1.seconds }
        return seconds > 0 ? totals(of: counted(), over: seconds, scope: scope) : nil
    }

    /// All that some requests brought, over so many seconds.
    func totals(of requests: RequestSet, over seconds: Double, scope: StatisticsScope) -> WindowTotals {
        var totals = WindowTotals(seconds: seconds)
        requests.forEach { request in
            totals.streamedTokens = totals.streamedTokens.saturatingAdd(estimate.tokens(of: request))
            totals.textBytes = totals.textBytes.saturatingAdd(Swift.max(0, request.textBytes))
            if let vectors = request.vectors {
                totals.vectors = totals.vectors.saturatingAdd(Int64(Swift.max(0, vectors)))
            }
            if request.inputRead != nil {
                totals.inputTokens = totals.inputTokens.saturatingAdd(Swift.max(0, request.inputTokens ?? 0))
            }
            if request.outcomeClass != .excluded { totals.ended += 1 }
            guard request.outcomeClass == .success else { return }
            totals.successes += 1
            if request.useful { totals.useful += 1 }
            if let level, level.isGood(request, ttft: scope.ttft(of: request)) { totals.good += 1 }
        }
        return totals
    }

    /// Mean requests in flight over the windows of some steps, from the area under the loops' counts; nil when none was
    /// stored. `beside` are all steps that may have some in flight then, where that is not the step alone.
    func meanInFlight(_ parts: [(step: StepRecord, window: MeasuredWindow)], beside: [StepRecord] = []) -> Double? {
        var area = 0.0
        var nanoseconds: Int64 = 0
        var isKnown = false
        for (step, window) in parts {
            guard let range = window.bins(ofWidth: step.binWidth) else { continue }
            nanoseconds += window.nanoseconds
            let steps = beside.isEmpty ? [step] : beside
            for bin in steps.flatMap(index.bins) where range.contains(bin.bin) {
                isKnown = true
                area += Double(bin.inFlightArea)
            }
        }
        return isKnown ? area / Double(nanoseconds) : nil
    }

    /// The same from the requests' own instants, Σ time inside the windows/windows: Little's X·R, borders included.
    func meanInFlightByRequests(in windows: [MeasuredWindow]) -> Double {
        let area = requests.reduce(0.0) { sum, request in
            guard let from = request.dispatched, let to = request.instant(request.ended) else { return sum }
            return sum + windows.reduce(0.0) { $0 + Double($1.overlap(from: from, to: to)) }
        }
        return area / Double(windows.reduce(0) { $0 + $1.nanoseconds })
    }
}
