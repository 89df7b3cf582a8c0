import Measurement

/// What gateways add and pass on: `comparison.gateways`.
enum GatewayJSON {
    static func value(_ gateway: GatewayResult) -> JSONValue {
        .object([
            .init("target", .string(gateway.target)), .init("direct", .string(gateway.direct)),
            .init("looks", JSONValue(gateway.looks)),
            .init("added_ttft_ms", added(gateway.ttft)), .init("added_gap_ms", added(gateway.gap)),
            .init("failures", failures(gateway.failures)),
            .init("fidelity", .array(gateway.findings.map(finding))),
        ])
    }

    private static func added(_ added: GatewayResult.Added?) -> JSONValue {
        guard let added else { return .null }
        return .object([
            .init("value", JSONValue(added.value)), .init("ci95", StatisticsJSON.interval(added.interval)),
            .init("direct_p50", JSONValue(added.direct)), .init("through_p50", JSONValue(added.through)),
        ])
    }

    private static func failures(_ failures: GatewayResult.Failures?) -> JSONValue {
        guard let failures else { return .null }
        func share(_ share: Proportion) -> JSONValue {
            .object([
                .init("value", JSONValue(share.value)), .init("ci95", StatisticsJSON.interval(share.wilson())),
                .init("failed", JSONValue(share.successes)), .init("of", JSONValue(share.trials)),
            ])
        }
        return .object([
            .init("added", JSONValue(failures.added)), .init("ci95", StatisticsJSON.interval(failures.interval)),
            .init("direct", share(failures.direct)), .init("through", share(failures.through)),
        ])
    }

    private static func finding(_ finding: GatewayResult.Finding) -> JSONValue {
        .object([
            .init("property", .string(finding.property.rawValue)), .init("verdict", .string(finding.verdict.rawValue)),
            .init("seen", .string(finding.seen)),
        ])
    }
}
