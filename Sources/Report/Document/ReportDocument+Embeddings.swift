import Measurement

extension ReportDocument {
    /// A ramp of requests for embeddings: no tokens come out, so vectors and input tokens are what grows.
    static func embeddings(_ phase: PhaseResult) -> [Block] {
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
            .sentence(
                "Each row keeps so many requests (streams) in flight. An answer comes in one piece: e2e is the wait for all "
                    + "of it, and there is no first token; efficiency is what is left of the first row's embeddings/s per "
                    + "stream; p95: 95 of 100 requests stay below; CV: the scatter.",
                .dim
            ),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    static let embeddingExplanation =
        "Embeddings come in one piece: e2e is the wait for all of an answer, and there is no first token; 95 of 100 requests "
        + "stay below p95; CV is the scatter."

    /// The rates of a load of embeddings, in words; empty where text was asked for.
    static func embeddingRates(_ stats: RequestStatistics) -> [String] {
        guard stats.embeddings != nil else { return [] }
        var parts: [String] = []
        if let rate = stats.embeddingsPerSecond { parts.append("\(Figure.rate(rate)) embeddings/s in all") }
        if let rate = stats.inputTokensPerSecond { parts.append("\(Figure.rate(rate)) input tokens/s") }
        return parts
    }
}
