import Measurement

/// The columns that the tables of loads have in common.
enum LoadColumns {
    static var streams: TableColumn<StepResult> {
        TableColumn("streams", tone: .strong) { $0.concurrency.map { Figure.count($0) } ?? Figure.unknown }
    }

    static func ttft(_ phase: PhaseResult) -> [TableColumn<RequestStatistics>] {
        let first = phase.loop == .open ? ["scheduled", "TTFT p50"] : ["TTFT", "p50"]
        let figure = phase.loop == .open ? CatalogueFigure.ttftScheduled : .ttft
        return [
            TableColumn(first[0], first[1], of: figure, at: "p50"), TableColumn("TTFT", "p95", of: figure, at: "p95"),
            TableColumn("TTFT", "CV", dropRank: 2) { Figure.wholePercent(ttft($0, phase)?.cvPercent) },
        ]
    }

    static func tail(_ phase: PhaseResult) -> [TableColumn<RequestStatistics>] {
        [
            TableColumn("e2e", "p95", dropRank: 3, of: .e2e, at: "p95"),
            useful(dropRank: 4, when: useless(phase)), failed,
            throttled(dropRank: 1, when: throttled(phase)),
        ]
    }

    static func useful(dropRank: Int, when isShown: Bool = true) -> TableColumn<RequestStatistics> {
        TableColumn("useful", dropRank: dropRank, when: isShown) { Figure.percent(share: usefulShare($0)) }
    }

    static var failed: TableColumn<RequestStatistics> {
        TableColumn("failed") { Span(Figure.count($0.requests.failed), $0.requests.failed > 0 ? .bad : .plain) }
    }

    static func throttled(dropRank: Int, when isShown: Bool = true) -> TableColumn<RequestStatistics> {
        TableColumn("throttled", dropRank: dropRank, when: isShown) {
            Span(Figure.count($0.requests.throttled), $0.requests.throttled > 0 ? .caution : .plain)
        }
    }

    /// The TTFT that the contract means for this phase.
    static func ttft(_ stats: RequestStatistics, _ phase: PhaseResult) -> DistributionSummary? {
        phase.loop == .open ? stats.ttftScheduledMilliseconds : stats.ttftMilliseconds
    }

    private static func throttled(_ phase: PhaseResult) -> Bool {
        phase.steps.contains { $0.stats.requests.throttled > 0 }
    }

    /// A column that says 100 % in each row says nothing.
    private static func useless(_ phase: PhaseResult) -> Bool {
        phase.steps.contains { (usefulShare($0.stats) ?? 1) < 1 }
    }

    /// Useful over scheduled − cancelled.
    static func usefulShare(_ stats: RequestStatistics) -> Double? {
        let judged = stats.requests.scheduled - (stats.outcomes[.cancelled] ?? 0)
        return judged > 0 ? Double(stats.requests.useful) / Double(judged) : nil
    }

    /// Once for all rows whose p95 has an interval that is open above.
    static func roughSentence(_ phase: PhaseResult) -> String? {
        let rough = phase.steps.compactMap { step -> DistributionSummary? in
            guard let ttft = ttft(step.stats, phase), ttft.p95 != nil, ttft.source == .samples,
                ttft.p95Interval?.upper == nil
            else { return nil }
            return ttft
        }
        let counts = rough.map { $0.effectiveCount ?? $0.count }
        guard let least = counts.min(), let most = counts.max() else { return nil }
        let range = least == most ? Figure.count(least) : "\(Figure.count(least)) to \(Figure.count(most))"
        let fewest = QuantileRanks.fewestForUpperBound(.p95)
        return
            "p95 is rough in \(counts.count) of \(phase.steps.count) rows: \(DistributionSummary.evidence(range, of: rough)); \(fewest) give it an upper limit."
    }
}
