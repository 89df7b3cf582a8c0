/// What a run's report leads with: the primary figures of what its traffic is for (PRODUCT, section 8).
public struct WorkloadResult: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable { case chat, batch, rag, production }

    public struct Figure: Sendable, Hashable {
        public var target = ""
        public var phase = ""
        public var metric = ""  // as in the summary: `ttft_ms.p95`
        public var value: Double?  // nil = not known
        public var interval: ConfidenceInterval?  // 95 %
        public var count: Int?  // requests behind it
        public var note: String?

        public init() {}
    }

    public var kind: Kind
    public var primary: [Figure] = []

    public init(kind: Kind) { self.kind = kind }

    /// From each target the phase that says most: the one with the most successes.
    init?(_ word: String?, _ targets: [TargetResult]) {
        guard let kind = word.flatMap(Kind.init(rawValue:)) else { return nil }
        self.init(kind: kind)
        for target in targets {
            let main = target.phases.max { $0.stats.requests.success < $1.stats.requests.success }
            guard let main, main.stats.requests.scheduled > 0 else { continue }
            primary += kind.figures(of: main).map { figure in
                var figure = figure
                figure.target = target.name
                figure.phase = main.name
                return figure
            }
        }
    }
}

extension WorkloadResult.Kind {
    fileprivate func figures(of phase: PhaseResult) -> [WorkloadResult.Figure] {
        let stats = phase.steps.count == 1 ? phase.steps[0].stats : phase.stats
        let isOpen = phase.loop == .open
        let ttft = isOpen ? stats.ttftScheduledMilliseconds : stats.ttftMilliseconds
        let name = isOpen ? "ttft_scheduled_ms" : "ttft_ms"
        let answers = stats.requests.scheduled - stats.requests.excluded
        func figure(_ metric: String, _ value: Double?, _ interval: ConfidenceInterval? = nil, _ count: Int?)
            -> WorkloadResult.Figure
        {
            var figure = WorkloadResult.Figure()
            (figure.metric, figure.value, figure.interval, figure.count) = (metric, value, interval, count)
            return figure
        }
        let median = figure("\(name).p50", ttft?.p50, ttft?.p50Interval, ttft?.count)
        let p95 = figure("\(name).p95", ttft?.p95, ttft?.p95Interval, ttft?.count)
        let availability = figure("availability", stats.availability?.value, stats.availability?.interval, answers)
        let e2e = stats.e2eMilliseconds
        let tail = figure("e2e_ms.p99", e2e?.p99, e2e?.p99Interval, e2e?.count)
        var cost = figure(
            "cost.usd_per_useful_result",
            stats.cost?.dollarsPerUsefulResult,
            stats.cost?.dollarsPerUsefulInterval,
            stats.requests.useful
        )
        if stats.cost == nil { cost.note = "no price given" }
        switch self {
        case .chat:
            var spread = figure("\(name).cv_percent", ttft?.cvPercent, ttft?.cvInterval, ttft?.count)
            spread.note = ttft.map { $0.cvBands.map(\.rawValue).joined(separator: ", or ") }
            return [
                median, p95, spread, availability, figure("e2e_ms.p95", e2e?.p95, e2e?.p95Interval, e2e?.count), tail,
            ]
        case .batch:
            let rate = figure("output_tokens_per_second", stats.outputTokensPerSecond, nil, stats.requests.success)
            let makespan = phase.batch.map { figure("batch.makespan_s", $0.makespanSeconds, nil, $0.promptsEnded) }
            return [rate] + [makespan].compactMap { $0 } + [cost]
        case .rag: return [median, p95, cost, availability]
        case .production:
            let first = figure("\(name).p99", ttft?.p99, ttft?.p99Interval, ttft?.count)
            return [availability, figure("error_rate", stats.errorRate, nil, answers), tail, first, cost]
        }
    }
}
