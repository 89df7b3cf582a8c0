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

    /// Bars are left out: the page draws what they show. What only the full report has is folded away below the rest.
    static func blocks(_ blocks: [Block]) -> String {
        var (shown, folded) = ("", "")
        for block in blocks {
            if case .detail(let inner) = block { folded += self.block(inner) } else { shown += self.block(block) }
        }
        if folded.isEmpty { return shown }
        return shown + "<details class=\"more\"><summary>What explains this</summary>\n\(folded)</details>\n"
    }

    private static func block(_ block: Block) -> String {
        switch block {
        case .banner(let word, let tone, let text):
            "<p class=\"banner \(name(tone))\"><strong>\(escaped(word))</strong> \(escaped(text))</p>\n"
        case .heading(let text): "<h3>\(escaped(text))</h3>\n"
        case .paragraph(let spans): "<p>\(spans.map(span).joined(separator: " "))</p>\n"
        case .list(let items): "<ul>\(items.map { "<li>\(escaped($0))</li>" }.joined())</ul>\n"
        case .table(let table): self.table(table)
        case .bars, .courses: ""
        case .findings(let lines): "<ul class=\"headline\">\(lines.map { "<li>\(span($0))</li>" }.joined())</ul>\n"
        case .detail(let inner): self.block(inner)
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
        // A sentence goes on in the next line, as in a terminal; a figure does not.
        let alignment = { (column: TextTable.Column) in
            column.flexible ? " class=\"w\"" : column.alignment == .right ? " class=\"n\"" : ""
        }
        let head = table.columns.map { "<th scope=\"col\"\(alignment($0))>\(escaped($0.title))</th>" }.joined()
        let rows = table.rows.map { row in
            let cells = zip(row.cells, table.columns).enumerated().map { place, pair in
                let mark = place == 0 && row.isDisturbed ? "? " : ""
                return "<td\(alignment(pair.1))>\(mark)\(span(pair.0))</td>"
            }.joined()
            return
                "<tr\(row.isDisturbed ? " class=\"disturbed\"" : "")>\(cells)\(hasMarks ? "<td class=\"mark\">\(escaped(row.mark ?? ""))</td>" : "")</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr>\(head)\(hasMarks ? "<td></td>" : "")</tr></thead><tbody>"
            + rows.joined(separator: "\n") + "</tbody></table></div>\n"
    }
}
