public import Measurement

/// What `spate selftest` found, for a terminal.
public enum SelftestReport {
    /// `file` is where the result is kept. Ends with a line feed.
    public static func render(_ result: SelftestResult, style: TerminalStyle = .init(), file: String) -> String {
        TerminalReport.render(ReportDocument(selftest: result, file: file), style: style)
    }
}

extension ReportDocument {
    init(selftest result: SelftestResult, file: String) {
        var blocks: [Block] = [.heading("spate's own error on this machine"), Self.finding(result)]
        blocks.append(
            .sentence(
                "Each request was compared with what the simulated provider really did. Errors are differences, "
                    + "whichever way they go; both programs ran on this machine.",
                .dim
            )
        )
        blocks.append(.table(Self.table(result)))
        let reasons = result.levels.filter { !$0.isTrusted }.map { level in
            "\(Figure.count(level.streams)): "
                + level.reasons.map { SafeText.line($0, limit: 200) }.joined(separator: "; ")
        }
        if !reasons.isEmpty {
            blocks.append(.sentence("Not trusted, because:"))
            blocks.append(.list(reasons))
        }
        if !file.isEmpty { blocks.append(.sentence("kept in \(SafeText.line(file))", .dim)) }
        self.init(blocks: blocks)
    }

    private static func finding(_ result: SelftestResult) -> Block {
        guard let ceiling = result.ceiling else {
            return .banner(
                word: "INVALID",
                tone: .bad,
                text: "this machine's numbers cannot be trusted at any level: they would show its own slowness"
            )
        }
        let rate = ceiling.tokensPerSecond.map { " and \(Figure.plain($0)) tokens/s" } ?? ""
        let loops = result.loops == 1 ? "one loop" : "\(result.loops) loops"
        return .sentence(
            "With \(loops), its numbers can be trusted up to \(Figure.count(ceiling.streams)) streams\(rate); "
                + "a later run that is disturbed says whether it went beyond that.",
            .good
        )
    }

    private static func table(_ result: SelftestResult) -> TextTable {
        func time(_ value: Double?) -> String { value.map { Figure.duration(milliseconds: $0) } ?? Figure.unknown }
        return TextTable(
            [
                TableColumn("streams") { Figure.count($0.streams) },
                TableColumn("requests") { Figure.count($0.requests) },
                TableColumn("tokens/s") { Figure.plain($0.tokensPerSecond) },
                TableColumn("first token", "p50") { time($0.waitError?.p50) },
                TableColumn("off by", "p99") { time($0.waitError?.p99) },
                TableColumn("gap off", "p99") { time($0.gapError?.p99) },
                TableColumn("dispatch", "lag p99") { time($0.dispatchLag?.p99) },
                TableColumn("read lag", "p99", dropRank: 1) { time($0.readLag?.p99) },
                TableColumn("CPU", "% of core") { Figure.plain($0.cpuPercent) },
                TableColumn("", alignment: .left) {
                    $0.isTrusted ? Span("trusted", .good) : Span("not trusted", .caution)
                },
            ],
            result.levels
        )
    }
}
