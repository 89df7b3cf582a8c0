import Measurement

/// A comparison, and the limits it was held against.
enum ComparisonJSON {
    /// The members of a threshold's result, and what is known besides.
    static func regression(_ result: RegressionResult) -> JSONValue {
        .object([
            .init("expression", .string(result.expression)),
            .init("value", JSONValue(result.change)),
            .init("passed", JSONValue(result.passed)),
            .init("note", .string(result.why)),
            .init("outcome", .string(result.outcome.rawValue)),
            .init("target", .string(result.side)),
            .init("metric", .string(result.metric)),
            .init("ci95_percent", StatisticsJSON.interval(result.interval)),
        ])
    }

    private static func gap(_ gap: ComparisonResult.Gap) -> JSONValue {
        .object([
            .init("target", .string(gap.side)), .init("kind", .string(gap.kind.rawValue)),
            .init("looks", JSONValue(gap.looks)),
        ])
    }

    static func value(_ comparison: ComparisonResult) -> JSONValue {
        .object([
            .init("base", .string(comparison.base)),
            .init("workload", JSONValue(comparison.workload?.rawValue)),
            .init("rows", .array(comparison.rows.map(row))),
            .init("sides", .array(comparison.sides.map(side))),
            .init(
                "missing_phases",
                .array(
                    comparison.missingPhases.map {
                        .object([.init("target", .string($0.side)), .init("phase", .string($0.phase))])
                    }
                )
            ),
            .init("frontiers", .array(comparison.frontiers.map(frontier))),
            .init("gateways", .array(comparison.gateways.map(GatewayJSON.value))),
            .init("notes", JSONValue(comparison.notes)),
        ])
    }

    private static func row(_ row: ComparisonResult.Row) -> JSONValue {
        .object([
            .init("target", .string(row.target)),
            .init("metric", .string(row.metric)),
            .init("base_value", JSONValue(row.baseValue)),
            .init("value", JSONValue(row.value)),
            .init("ratio", JSONValue(row.ratio)),
            .init("ci95", StatisticsJSON.interval(row.interval)),
            .init("p", JSONValue(row.p)),
            .init("p_holm", JSONValue(row.pHolm)),
            .init("finding", .string(row.finding.rawValue)),
            .init("verdict", .string(row.verdict)),
            .init("method", JSONValue(row.method?.rawValue)),
            .init("looks", JSONValue(row.looks)),
            .init("primary", JSONValue(row.isPrimary)),
            .init("compared", JSONValue(row.compared)),
            .init("of", JSONValue(row.of)),
            .init("gaps", .array(row.gaps.map(gap))),
        ])
    }

    private static func side(_ side: ComparisonResult.Side) -> JSONValue {
        .object([
            .init("target", .string(side.name)),
            .init("model", JSONValue(side.model)),
            .init("url", .string(side.url)),
            .init("runs", JSONValue(side.folders)),
            .init("simulated", JSONValue(side.simulated)),
            .init("validity", .string(side.validity.rawValue)),
            .init("bytes_per_visible_token", JSONValue(side.bytesPerVisibleToken)),
            .init("output_tokens_per_request", JSONValue(side.outputTokensPerRequest)),
            .init("connect_ms", JSONValue(side.connectMilliseconds)),
            .init("wait_ms", JSONValue(side.waitMilliseconds)),
            .init("windows_agree", JSONValue(side.windowsAgree)),
            .init("window_icc", JSONValue(side.windowCorrelation)),
            .init("window_p", JSONValue(side.windowP)),
            .init("windows", .array(side.windows.map(window))),
        ])
    }

    private static func window(_ window: ComparisonResult.Window) -> JSONValue {
        .object([
            .init("run", .string(window.run)),
            .init("started_at", .string(UTCTime.rfc3339(unixNanoseconds: window.startedAtUnixNanoseconds))),
            .init(
                "figures",
                .object(window.figures.sorted { $0.key < $1.key }.map { .init($0.key, JSONValue($0.value)) })
            ),
        ])
    }

    private static func frontier(_ frontier: FrontierResult) -> JSONValue {
        let unit = frontier.countsBytes ? "bytes" : "tokens"
        return .object([
            .init("phase", .string(frontier.phase)),
            .init("unit", .string(unit)),
            .init(
                "curves",
                .array(
                    frontier.curves.map { curve in
                        .object([
                            .init("target", .string(curve.target)), .init("points", .array(curve.points.map(point))),
                        ])
                    }
                )
            ),
            .init("readings", .array(frontier.readings.map(reading))),
        ])
    }

    private static func point(_ point: FrontierResult.Point) -> JSONValue {
        .object([
            .init("concurrency", JSONValue(point.concurrency)), .init("per_user", JSONValue(point.perUser)),
            .init("aggregate", JSONValue(point.aggregate)),
            .init("ttft_p95_ms", JSONValue(point.ttftP95Milliseconds)),
            .init("usd_per_million", JSONValue(point.dollarsPerMillion)),
        ])
    }

    private static func reading(_ reading: FrontierResult.Reading) -> JSONValue {
        .object([
            .init("at", .object([.init(reading.axis.rawValue, JSONValue(reading.at))])),
            .init(
                "values",
                .array(
                    reading.values.map { value in
                        .object([
                            .init("target", .string(value.target)), .init("aggregate", JSONValue(value.aggregate)),
                            .init("ci95", StatisticsJSON.interval(value.interval)),
                            .init("usd_per_million", JSONValue(value.dollarsPerMillion)),
                        ])
                    }
                )
            ),
        ])
    }
}
