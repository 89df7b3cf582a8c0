import Measurement
import Ticks

extension ReportDocument {
    /// Requests for embeddings, whose answers have no first token: what a phase says of text would be full of dashes.
    static func embeddings(_ phase: PhaseResult) -> [Block] {
        switch phase.kind {
        case .warmup, .idle, .trickle: []
        case .ramp: embeddingRamp(phase)
        case .burst: embeddingBursts(phase)
        case .rate where phase.steps.count > 1, .replay where phase.steps.count > 1: embeddingRates(phase)
        case .steady, .batch, .probe, .rate, .replay, .keepwarm: single(phase)
        }
    }

    /// No tokens come out, so vectors and input tokens are what grows.
    private static func embeddingRamp(_ phase: PhaseResult) -> [Block] {
        let columns: [TextTable.Column] = [
            .init("streams"), .init("embeddings/s"), .init("input", "tokens/s"), .init("e2e", "p50"),
            .init("e2e", "p95"), .init("e2e", "CV", dropRank: 1), .init("efficiency", dropRank: 2),
            .init("useful", dropRank: 3), .init("failed"), .init("throttled", dropRank: 4),
        ]
        let rows = phase.steps.map { step in
            let (stats, e2e) = (step.stats, step.stats.e2eMilliseconds)
            return TextTable.Row([
                Span(step.concurrency.map { Figure.count($0) } ?? Figure.unknown, .strong),
                Span(Figure.rate(stats.embeddingsPerSecond)), Span(Figure.rate(stats.inputTokensPerSecond)),
                Span(Figure.duration(milliseconds: e2e?.p50)), Span(Figure.duration(milliseconds: e2e?.p95)),
                Span(Figure.wholePercent(e2e?.cvPercent)), Span(Figure.wholePercent(share: step.efficiency)),
                Span(Figure.percent(share: usefulShare(stats))),
                Span(Figure.count(stats.requests.failed), stats.requests.failed > 0 ? .bad : .plain),
                Span(Figure.count(stats.requests.throttled), stats.requests.throttled > 0 ? .caution : .plain),
            ])
        }
        return [
            .heading("\(heading(phase)): embeddings against the number of streams"),
            .detail(
                .sentence(
                    "Each row keeps so many requests (streams) in flight. An answer comes in one piece: e2e is the wait for all "
                        + "of it, and there is no first token; efficiency is what is left of the first row's embeddings/s per "
                        + "stream; p95: 95 of 100 requests stay below; CV: the scatter.",
                    .dim
                )
            ),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    static let embeddingExplanation =
        "Embeddings come in one piece: e2e is the wait for all of an answer, and there is no first token; 95 of 100 requests "
        + "stay below p95; CV is the scatter."

    private static func embeddingRates(_ phase: PhaseResult) -> [Block] {
        let columns: [TextTable.Column] = [
            .init("due", "req/s"), .init("sent", "req/s"), .init("done", "req/s"), .init("embeddings/s"),
            .init("input", "tokens/s"), .init("e2e from", "due p50"), .init("e2e from", "due p95"),
            .init("useful", dropRank: 1), .init("failed"),
        ]
        let rows = phase.steps.map { step in
            let stats = step.stats
            return TextTable.Row(
                [
                    Span(ramp(step) ?? Figure.rate(step.openLoop?.offeredRPS ?? step.rps), .strong),
                    Span(Figure.rate(step.openLoop?.sentRPS)),
                    Span(Figure.rate(step.openLoop?.achievedRPS ?? stats.requestsPerSecond)),
                    Span(Figure.rate(stats.embeddingsPerSecond)), Span(Figure.rate(stats.inputTokensPerSecond)),
                    Span(Figure.duration(milliseconds: stats.e2eScheduledMilliseconds?.p50)),
                    Span(Figure.duration(milliseconds: stats.e2eScheduledMilliseconds?.p95)),
                    Span(Figure.percent(share: usefulShare(stats))),
                    Span(Figure.count(stats.requests.failed), stats.requests.failed > 0 ? .bad : .plain),
                ],
                mark: step.openLoop?.saturatedAtSeconds == nil ? nil : "← given up"
            )
        }
        return [
            .heading("\(heading(phase)): what happens as requests come faster"),
            .detail(.sentence(openLoopExplanation, .dim)),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    private static func embeddingBursts(_ phase: PhaseResult) -> [Block] {
        let columns: [TextTable.Column] = [
            .init("burst"), .init("edge e2e", "p50"), .init("edge e2e", "p95"), .init("warm e2e", "p50"),
            .init("warm e2e", "p95"), .init("send", "lag", dropRank: 1), .init("useful", dropRank: 2), .init("failed"),
        ]
        let rows = phase.bursts.map { burst in
            let (edge, warm) = (burst.stats.e2eScheduledMilliseconds, burst.control?.e2eScheduledMilliseconds)
            return TextTable.Row([
                Span(Figure.count(burst.index), .strong), Span(Figure.duration(milliseconds: edge?.p50)),
                Span(Figure.duration(milliseconds: edge?.p95)), Span(Figure.duration(milliseconds: warm?.p50)),
                Span(Figure.duration(milliseconds: warm?.p95)),
                Span(Figure.duration(milliseconds: burst.sendLagMilliseconds)),
                Span(Figure.percent(share: usefulShare(burst.stats))),
                Span(
                    Figure.count(burst.stats.requests.failed),
                    burst.stats.requests.failed > 0 ? .bad : .plain
                ),
            ])
        }
        return [
            .heading("\(heading(phase)): embeddings at once after a pause"),
            .detail(
                .sentence(
                    "Many requests at one instant after an idle time; e2e counts from that instant to the last of an answer, "
                        + "and warm is the same burst again right after it. Which requests met a cold server cannot be told: "
                        + "that takes a first token.",
                    .dim
                )
            ),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    /// The rates of a load of embeddings, in words; empty where text was asked for.
    static func embeddingSpeed(_ stats: RequestStatistics) -> [String] {
        guard stats.embeddings != nil else { return [] }
        var parts: [String] = []
        if let rate = stats.embeddingsPerSecond { parts.append("\(Figure.rate(rate)) embeddings/s in all") }
        if let rate = stats.inputTokensPerSecond { parts.append("\(Figure.rate(rate)) input tokens/s") }
        return parts
    }
}
