import Measurement

/// The contract's SERVED.
enum ServedJSON {
    /// Shares by name, as one object for each fact; an empty one where no answer told it.
    static func shares(_ served: ServedResult?) -> [JSONValue.Member] {
        [("models", .model), ("tiers", .tier), ("by", .by)].map { (key: String, fact: ServedResult.Fact) in
            let groups = served?.groups[fact] ?? []
            return .init(key, .object(groups.map { .init($0.name, JSONValue($0.share?.value)) }))
        }
    }

    /// Of a set of requests; null where no answer told who gave it.
    static func value(_ served: ServedResult?) -> JSONValue {
        guard let served else { return .null }
        let told = ServedResult.Fact.allCases.map { fact in
            JSONValue.Member(fact.rawValue, JSONValue(served.told(fact)))
        }
        let groups = ServedResult.Fact.allCases.flatMap { fact in
            let groups = served.groups[fact] ?? []
            return groups.count > 1 ? groups.map { group(fact, $0) } : []
        }
        return .object(shares(served) + [.init("told", .object(told)), .init("groups", .array(groups))])
    }

    private static func group(_ fact: ServedResult.Fact, _ group: ServedResult.Group) -> JSONValue {
        .object([
            .init("fact", .string(fact.rawValue)), .init("name", .string(group.name)),
            .init("requests", JSONValue(group.requests)), .init("share", StatisticsJSON.proportion(group.share)),
            .init("ttft_ms", StatisticsJSON.distribution(group.ttftMilliseconds)),
            .init("decode_tps", StatisticsJSON.distribution(group.decodeTPS)),
            .init("request_tps", StatisticsJSON.distribution(group.requestTPS)),
            .init("output_tokens", JSONValue(group.outputTokens)), .init("cost", CostJSON.value(group.cost)),
            .init("cost_unknown", CostJSON.gap(group.costGap)),
        ])
    }
}
