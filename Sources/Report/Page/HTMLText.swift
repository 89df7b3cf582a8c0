import Measurement

/// Blocks of a report as HTML. All text is escaped; nothing that was read can open an element or leave an attribute.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where SafeText.isHarmful(scalar): break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Bars are left out: the page draws what they show.
    static func blocks(_ blocks: [Block]) -> String { blocks.map(block).joined() }

    private static func block(_ block: Block) -> String {
        switch block {
        case .banner(let word, let tone, let text):
            "<p class=\"banner \(name(tone))\"><strong>\(escaped(word))</strong> \(escaped(text))</p>\n"
        case .heading(let text): "<h3>\(escaped(text))</h3>\n"
        case .paragraph(let spans): "<p>\(spans.map(span).joined(separator: " "))</p>\n"
        case .list(let items): "<ul>\(items.map { "<li>\(escaped($0))</li>" }.joined())</ul>\n"
        case .table(let table): self.table(table)
        case .bars: ""
        }
    }

    static func span(_ span: Span) -> String {
        span.tone == .plain ? escaped(span.text) : "<span class=\"\(name(span.tone))\">\(escaped(span.text))</span>"
    }

    private static func name(_ tone: Tone) -> String {
        switch tone {
        case .plain: "plain"
        case .strong: "strong"
        case .dim: "dim"
        case .good: "good"
        case .caution: "caution"
        case .bad: "bad"
        }
    }

    static func table(_ table: TextTable) -> String {
        let hasMarks = table.rows.contains { $0.mark != nil }
        let alignment = { (column: TextTable.Column) in column.alignment == .right ? " class=\"n\"" : "" }
        let head = table.columns.map { "<th scope=\"col\"\(alignment($0))>\(escaped($0.title))</th>" }.joined()
        let rows = table.rows.map { row in
            let cells = zip(row.cells, table.columns).map { "<td\(alignment($1))>\(span($0))</td>" }.joined()
            return "<tr>\(cells)\(hasMarks ? "<td class=\"mark\">\(escaped(row.mark ?? ""))</td>" : "")</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr>\(head)\(hasMarks ? "<td></td>" : "")</tr></thead><tbody>"
            + rows.joined(separator: "\n") + "</tbody></table></div>\n"
    }
}
