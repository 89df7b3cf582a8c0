import Measurement

/// What a set of requests cost, and why it is not known.
enum CostJSON {
    static func gap(_ gap: RequestStatistics.CostGap?) -> JSONValue { JSONValue(gap?.reason.rawValue) }

    static func value(_ cost: RequestStatistics.Cost?) -> JSONValue {
        guard let cost else { return .null }
        return .object([
            .init("usd", JSONValue(cost.dollars)),
            .init("basis", .string(cost.basis.rawValue)),
            .init("usd_not_useful", JSONValue(cost.dollarsNotUseful)),
            .init("requests_without_usage", JSONValue(cost.requestsWithoutUsage)),
            .init("usd_per_request", JSONValue(cost.dollarsPerRequest)),
            .init("usd_per_million_output_tokens", JSONValue(cost.dollarsPerMillionOutputTokens)),
            .init("usd_per_useful_result", JSONValue(cost.dollarsPerUsefulResult)),
            .init("usd_per_useful_ci", StatisticsJSON.interval(cost.dollarsPerUsefulInterval)),
        ])
    }
}
