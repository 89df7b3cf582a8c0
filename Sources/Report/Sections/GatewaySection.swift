import Measurement

/// What a gateway adds and passes on, as the report says it.
enum GatewaySection {
    static func blocks(_ gateway: GatewayResult) -> [Block] {
        let (name, direct) = (SafeText.line(gateway.target, limit: 40), SafeText.line(gateway.direct, limit: 40))
        var blocks: [Block] = [.heading("Gateway tax: \(name) before \(direct)")]
        let rows = rows(gateway)
        if !rows.isEmpty {
            blocks.append(.table(table(rows)))
            if let failures = gateway.failures {
                blocks.append(
                    .sentence(
                        "\(Figure.count(failures.direct.trials)) requests direct and \(Figure.count(failures.through.trials)) through it, "
                            + "in \(Figure.count(gateway.looks)) \(gateway.lookUnit).",
                        .dim
                    )
                )
            }
            blocks.append(
                .detail(
                    .sentence(
                        "Added is the mean over \(Figure.count(gateway.looks)) \(gateway.lookUnit) of the median difference "
                            + "between all pairs of answers, one direct and one through the gateway. A request's gap is the mean "
                            + "time between its reads with tokens. The interval of failures is Newcombe's.",
                        .dim
                    )
                )
            )
        }
        if !gateway.findings.isEmpty { blocks.append(.table(table(gateway.findings))) }
        return blocks
    }

    private struct Row {
        var figure: String
        var direct: String
        var through: String
        var added: String
        var interval: String
    }

    private static func table(_ rows: [Row]) -> TextTable {
        let columns: [TableColumn<Row>] = [
            TableColumn("figure", alignment: .left, tone: .strong) { $0.figure },
            TableColumn("direct") { $0.direct },
            TableColumn("through", "gateway") { $0.through },
            TableColumn("added") { $0.added },
            TableColumn("95 % interval") { $0.interval },
        ]
        return TextTable(columns, rows)
    }

    private static func rows(_ gateway: GatewayResult) -> [Row] {
        func row(_ figure: String, _ added: GatewayResult.Added?) -> Row? {
            added.map { added in
                let words = added.words
                return Row(
                    figure: figure,
                    direct: Figure.duration(milliseconds: added.direct),
                    through: Figure.duration(milliseconds: added.through),
                    added: words.value + Figure.space + "ms",
                    interval: words.ends.map { "\($0.lower) to \($0.upper)\(Figure.space)ms" }
                        ?? "too few \(gateway.lookUnit)"
                )
            }
        }
        let failures = gateway.failures.map { failures in
            Row(
                figure: "failed",
                direct: Figure.percent(share: failures.direct.value),
                through: Figure.percent(share: failures.through.value),
                added: Figure.percent(share: failures.added),
                interval: ends(failures.interval) { Figure.percent(share: $0) } ?? Figure.unknown
            )
        }
        return [row("TTFT p50", gateway.ttft), row("gap p50", gateway.gap), failures].compactMap(\.self)
    }

    private static func ends(_ interval: ConfidenceInterval?, _ shown: (Double?) -> String) -> String? {
        guard let low = interval?.lower, let high = interval?.upper else { return nil }
        return "\(shown(low)) to \(shown(high))"
    }

    private static func table(_ findings: [GatewayResult.Finding]) -> TextTable {
        let columns: [TableColumn<GatewayResult.Finding>] = [
            TableColumn("passed on?", alignment: .left, tone: .strong) { $0.property.rawValue },
            TableColumn("", alignment: .left) { badge($0.verdict) },
            TableColumn("what was seen", alignment: .left, flexible: true) { SafeText.line($0.seen, limit: 600) },
        ]
        return TextTable(columns, findings)
    }

    private static func badge(_ verdict: GatewayResult.Verdict) -> Span {
        switch verdict {
        case .passedOn: Span("yes", .good)
        case .changed: Span("CHANGED", .caution)
        case .dropped: Span("DROPPED", .bad)
        case .notKnown: Span("not known", .dim)
        }
    }
}
