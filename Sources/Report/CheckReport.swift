public import Measurement

/// What `spate check` shows: a table of properties for each target, then models by providers.
public enum CheckReport {
    public static func render(_ checks: [CheckResult], style: TerminalStyle = .init()) -> String {
        TerminalReport.render(document(checks), style: style)
    }

    /// Schema `spate.check/1`; UTF-8 with a line feed at the end.
    public static func encode(_ checks: [CheckResult]) -> [UInt8] {
        let matrix = ProviderMatrix(of: checks)
        let document = JSONValue.object([
            .init("schema", .string("spate.check/1")),
            .init("targets", .array(checks.map(json))),
            .init("flips", .array(matrix.flips.map(flip))),
        ])
        return Array((document.text + "\n").utf8)
    }

    static func document(_ checks: [CheckResult]) -> ReportDocument {
        ReportDocument(blocks: checks.flatMap(target) + MatrixSection.blocks(ProviderMatrix(of: checks)))
    }

    private static func target(_ check: CheckResult) -> [Block] {
        var parts = [check.name, check.model ?? "no model", check.api, check.url].map { SafeText.line($0, limit: 200) }
        if check.model.map({ check.name.hasSuffix($0) }) == true { parts.remove(at: 1) }
        var blocks: [Block] = []
        if !check.isUsable {
            let failed = check.failedRequirements.map(title).joined(separator: ", ")
            blocks.append(.banner(word: "UNUSABLE", tone: .bad, text: "\(SafeText.line(check.name)): \(failed)"))
        }
        blocks.append(.heading(parts.joined(separator: " · ")))
        let columns: [TableColumn<CheckResult.Finding>] = [
            TableColumn("property", alignment: .left) {
                Span(title($0.property), $0.property.isRequired ? .strong : .plain)
            },
            TableColumn("", alignment: .left) { badge($0.verdict) },
            TableColumn("what was seen", alignment: .left, flexible: true) { SafeText.line($0.seen, limit: 400) },
        ]
        blocks.append(.table(TextTable(columns, check.findings)))
        if !check.learnt.isEmpty { blocks.append(.list(check.learnt.map { "learnt: " + SafeText.line($0) })) }
        let cost = check.dollars.map { ", \(Figure.dollars($0))" } ?? ", cost unknown"
        let sum =
            "\(Figure.count(check.requests)) requests, \(Figure.count(check.inputTokens)) input and "
            + "\(Figure.count(check.outputTokens)) output tokens\(cost)."
        blocks.append(.sentence(sum, .dim))
        return blocks
    }

    private static func title(_ property: CheckResult.Property) -> String {
        switch property {
        case .reachable: "reachable"
        case .authorised: "authorised"
        case .model: "model callable"
        case .streams: "really streams"
        case .vectors: "embeddings"
        case .firstToken: "TTFT"
        case .usage: "usage reported"
        case .tokensPerEvent: "tokens per event"
        case .maxTokens: "max_tokens honoured"
        case .temperature: "temperature 0"
        case .reasoning: "reasoning"
        case .stopReason: "stop reason correct"
        case .errors: "error format"
        case .rateLimits: "rate limits"
        case .connection: "connection"
        case .time: "time split"
        case .serverTimings: "server's own times"
        }
    }

    private static func badge(_ verdict: CheckResult.Verdict) -> Span {
        switch verdict {
        case .ok: Span("ok", .good)
        case .odd: Span("note", .caution)
        case .failed: Span("FAILED", .bad)
        case .unknown: Span("?", .dim)
        }
    }

    private static func json(_ check: CheckResult) -> JSONValue {
        let findings = check.findings.map { finding in
            JSONValue.object([
                .init("property", .string(finding.property.rawValue)),
                .init("required", JSONValue(finding.property.isRequired)),
                .init("verdict", .string(finding.verdict.rawValue)),
                .init("seen", .string(finding.seen)),
            ])
        }
        return .object([
            .init("name", .string(check.name)),
            .init("provider", JSONValue(check.provider)),
            .init("model", JSONValue(check.model)),
            .init("api", .string(check.api)),
            .init("url", .string(check.url)),
            .init("usable", JSONValue(check.isUsable)),
            .init("failed", JSONValue(check.failedRequirements.map(\.rawValue))),
            .init("properties", .array(findings)),
            .init(
                "learnt",
                .object([
                    .init("max_tokens_field", .string(check.dialect.maxTokensField)),
                    .init("sends_temperature", JSONValue(check.dialect.sendsTemperature)),
                    .init("asks_for_usage", JSONValue(check.dialect.asksForUsage)),
                    .init("sentences", JSONValue(check.learnt)),
                ])
            ),
            .init("requests", JSONValue(check.requests)),
            .init("input_tokens", JSONValue(check.inputTokens)),
            .init("output_tokens", JSONValue(check.outputTokens)),
            .init("usd", JSONValue(check.dollars)),
            .init("answers", StatisticsJSON.value(check.answers)),
        ])
    }

    private static func flip(_ flip: ProviderMatrix.Flip) -> JSONValue {
        .object([
            .init("metric", .string(flip.metric)),
            .init("providers", JSONValue(flip.providers)),
            .init("models", JSONValue(flip.models)),
            .init("values", .array(flip.values.map { .array($0.map { JSONValue($0) }) })),
        ])
    }
}
