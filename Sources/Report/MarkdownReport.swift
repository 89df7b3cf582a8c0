public import Measurement

/// The same report for a pull request or a page: GitHub-flavoured Markdown.
public enum MarkdownReport {
    public static func render(_ result: RunResult, files: [String] = [], isFull: Bool = false) -> String {
        render(ReportDocument(result, files: files, isFull: isFull))
    }

    /// `spate compare`.
    public static func render(
        _ comparison: ComparisonResult,
        regressions: [RegressionResult],
        matrix: ProviderMatrix = ProviderMatrix()
    ) -> String {
        render(ReportDocument(comparison, regressions: regressions, matrix: matrix))
    }

    static func render(_ document: ReportDocument) -> String {
        document.blocks.map(text).filter { !$0.isEmpty }.joined(separator: "\n").replacing("\u{A0}", with: " ")
    }

    private static func text(_ block: Block) -> String {
        switch block {
        case .banner(let word, _, let text): "> **\(escaped(word))** \(escaped(text))\n"
        case .findings(let lines): lines.map { "- \(escaped($0.text))\n" }.joined()
        case .detail(let block): text(block)
        case .heading(let text): "## \(escaped(text))\n"
        case .paragraph(let spans): spans.map { escaped($0.text) }.joined(separator: " ") + "\n"
        case .list(let items): items.map { "- \(escaped($0))\n" }.joined()
        case .table(let table): self.table(table)
        case .courses: ""  // the table says it
        case .bars(let chart):
            "```\n" + TerminalBars(chart, style: .init(width: 80)).lines.map { $0 + "\n" }.joined() + "```\n"
        }
    }

    private static func table(_ table: TextTable) -> String {
        let hasMarks = table.rows.contains { $0.mark != nil }
        func row(_ cells: [String], _ mark: String) -> String {
            "| " + (cells + (hasMarks ? [mark] : [])).joined(separator: " | ") + " |\n"
        }
        let rules = table.columns.map { $0.alignment == .right ? "---:" : ":---" }
        return row(table.columns.map { escaped($0.title) }, "") + row(rules, ":---")
            + table.rows.map { line in
                var cells = line.cells.map { escaped($0.text) }
                if line.isDisturbed, let first = cells.first { cells[0] = "? " + first }
                return row(cells, line.mark.map(escaped) ?? "")
            }.joined()
    }

    /// Every character that Markdown or HTML gives a meaning inside a line or a cell.
    private static func escaped(_ text: String) -> String {
        var result = ""
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars where !SafeText.isHarmful(scalar) {
            defer { previous = scalar }
            switch scalar {
            case "(" where previous == "]": result += "\\("  // the address of a link
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "|", "\\", "`", "*", "_", "[", "]", "#", "~", "!": result += "\\" + String(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
