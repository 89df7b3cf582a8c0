import Measurement

/// The contract's STATS, and DIST within it.
enum StatisticsJSON {
    static func value(_ stats: RequestStatistics) -> JSONValue {
        .object(
            [.init("requests", requests(stats.requests)), .init("outcomes", outcomes(stats.outcomes))]
                + FigureCatalogue.text.map { .init($0.key, value($0, stats)) } + [
                    .init("cost", CostJSON.value(stats.cost)),
                    .init("cost_unknown", CostJSON.gap(stats.costGap)),
                    .init("cost_unknown_of", JSONValue(stats.costGap?.subject)),
                    .init("served", ServedJSON.value(stats.served)),
                    .init("retries", stats.retries.map(retries) ?? .null),
                ] + (stats.embeddings == nil ? [] : FigureCatalogue.embeddings.map { .init($0.key, value($0, stats)) })
                + answers(stats.answers)
        )
    }

    private static func value(_ figure: CatalogueFigure, _ stats: RequestStatistics) -> JSONValue {
        switch figure.source {
        case .count(_, let read): JSONValue(read(stats))
        case .number(let read): JSONValue(read(stats).value)
        case .proportion(let read): proportion(read(stats))
        case .rate(let read): JSONValue(read(stats))
        case .distribution(let adjusted, let read): distribution(read(stats), adjusted: adjusted)
        }
    }

    /// Absent where no prompt was asked twice at temperature 0.
    private static func answers(_ variety: AnswerVariety?) -> [JSONValue.Member] {
        guard let variety else { return [] }
        let members: [JSONValue.Member] = [
            .init("prompts", JSONValue(variety.prompts)),
            .init("answers", JSONValue(variety.answers)),
            .init("distinct", JSONValue(variety.distinct)),
            .init("distinct_share", JSONValue(variety.share)),
        ]
        return [.init("answers", .object(members))]
    }

    private static func retries(_ retries: RequestStatistics.Retries) -> JSONValue {
        func view(_ view: RequestStatistics.Retries.View) -> JSONValue {
            .object([
                .init("availability", proportion(view.availability)),
                .init("ttft_ms", distribution(view.ttftMilliseconds, adjusted: true)),
                .init("e2e_ms", distribution(view.e2eMilliseconds, adjusted: true)),
            ])
        }
        return .object([
            .init("requests", JSONValue(retries.requests)),
            .init("attempts", JSONValue(retries.attempts)),
            .init("retried", JSONValue(retries.retried)),
            .init("recovered", JSONValue(retries.recovered)),
            .init("first_attempt", view(retries.firstAttempt)),
            .init("perceived", view(retries.perceived)),
        ])
    }

    /// The contract's DIST; `adjusted` where failures count as infinite: a null is infinity then.
    static func distribution(_ summary: DistributionSummary?, adjusted: Bool = false) -> JSONValue {
        guard let summary else { return .null }
        var members: [JSONValue.Member] = [
            .init("count", JSONValue(summary.count)),
            .init("effective_count", JSONValue(summary.effectiveCount)),
            .init("mean", JSONValue(summary.mean)),
            .init("stddev", JSONValue(summary.standardDeviation)),
            .init("cv_percent", JSONValue(summary.cvPercent)),
            .init("cv_ci", interval(summary.cvInterval)),
            .init("cv_bands", JSONValue(summary.cvBands.map(\.rawValue))),
            .init("cv_without_top2", JSONValue(summary.cvWithoutTop2)),
            .init("min", JSONValue(summary.minimum)),
            .init("p50", JSONValue(summary.p50)),
            .init("p75", JSONValue(summary.p75)),
            .init("p90", JSONValue(summary.p90)),
            .init("p95", JSONValue(summary.p95)),
            .init("p99", JSONValue(summary.p99)),
            .init("p999", JSONValue(summary.p999)),
            .init("max", JSONValue(summary.maximum)),
            .init("p50_ci", interval(summary.p50Interval)),
            .init("p95_ci", interval(summary.p95Interval)),
            .init("p99_ci", interval(summary.p99Interval)),
        ]
        if let error = summary.clientErrorMilliseconds {
            let figures = [("p50", error.p50), ("p95", error.p95), ("p99", error.p99)]
            members.append(.init("client_error_ms", .object(figures.map { .init($0.0, JSONValue($0.1)) })))
        }
        if adjusted {
            members.append(.init("adj_p95", JSONValue(summary.adjustedP95)))
            members.append(.init("adj_p99", JSONValue(summary.adjustedP99)))
        }
        members.append(.init("source", .string(summary.source.rawValue)))
        return .object(members)
    }

    /// `[lower, upper]`; a null bound is open.
    static func interval(_ interval: ConfidenceInterval?) -> JSONValue {
        interval.map { .array([JSONValue($0.lower), JSONValue($0.upper)]) } ?? .null
    }

    private static func requests(_ requests: RequestStatistics.Requests) -> JSONValue {
        .object([
            .init("scheduled", JSONValue(requests.scheduled)),
            .init("success", JSONValue(requests.success)),
            .init("useful", JSONValue(requests.useful)),
            .init("failed", JSONValue(requests.failed)),
            .init("throttled", JSONValue(requests.throttled)),
            .init("excluded", JSONValue(requests.excluded)),
        ])
    }

    private static func outcomes(_ counts: [Outcome: Int]) -> JSONValue {
        .object(
            Outcome.allCases.compactMap { outcome in
                counts[outcome].map { .init(outcome.rawValue, JSONValue($0)) }
            }
        )
    }

    static func proportion(_ proportion: RequestStatistics.Proportion?) -> JSONValue {
        guard let proportion else { return .null }
        return .object([.init("value", JSONValue(proportion.value)), .init("ci95", interval(proportion.interval))])
    }
}
