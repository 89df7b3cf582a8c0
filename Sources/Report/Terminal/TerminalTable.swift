/// A table in the columns of a terminal: first the gaps shrink, then columns go, and a line says which.
struct TerminalTable {
    private let table: TextTable
    private let style: TerminalStyle
    private let widths: [Int]  // of each column's cells and header
    private let kept: [Int]  // indices of the columns shown
    private let gap: Int
    private let lead: Int  // room for the mark of disturbed rows
    private let isMarkShort: Bool

    private static let indent = 1
    /// Cells a flexible column is left before other columns go.
    private static let leastFlexible = 30

    init(_ source: TextTable, style: TerminalStyle) {
        var table = source
        for column in table.columns.indices {
            table.columns[column].header = table.columns[column].header.map(style.shown)
        }
        for row in table.rows.indices {
            table.rows[row].cells = table.rows[row].cells.map { Span(style.shown($0.text), $0.tone) }
            table.rows[row].mark = table.rows[row].mark.map(style.shown)
        }
        var widths = table.columns.indices.map { column in
            (table.columns[column].header + table.rows.map { $0.cells[column].text }).map(DisplayWidth.of).max() ?? 0
        }
        // A question mark before a row says that the load generator disturbed it.
        let lead = table.rows.contains(where: \.isDisturbed) ? 2 : 0
        let longest = table.rows.compactMap { $0.mark.map(DisplayWidth.of) }.max()
        var mark = longest.map { $0 + 2 } ?? 0
        func needed(_ columns: [Int], gap: Int) -> Int {
            let least = columns.map { column in
                table.columns[column].flexible ? min(widths[column], Self.leastFlexible) : widths[column]
            }
            return Self.indent + lead + least.reduce(0, +) + gap * max(0, columns.count - 1) + mark
        }
        var kept = Array(table.columns.indices)
        var gap = 2
        if needed(kept, gap: gap) > style.width { gap = 1 }
        if longest != nil, needed(kept, gap: gap) > style.width { mark = 2 }
        while needed(kept, gap: gap) > style.width,
            let last = kept.filter({ table.columns[$0].dropRank > 0 }).max(by: {
                table.columns[$0].dropRank < table.columns[$1].dropRank
            })
        {
            kept.removeAll { $0 == last }
        }
        if let column = kept.first(where: { table.columns[$0].flexible }) {
            let others = needed(kept.filter { $0 != column }, gap: gap) + gap
            widths[column] = min(widths[column], max(Self.leastFlexible, style.width - others))
        }
        self.table = table
        self.style = style
        self.widths = widths
        self.kept = kept
        self.gap = gap
        self.lead = lead
        isMarkShort = longest != nil && mark == 2
    }

    var lines: [String] {
        let height = kept.map { table.columns[$0].header.count }.max() ?? 0
        var lines = (0..<height).map { line in
            let cells = kept.map { column in
                let header = table.columns[column].header
                let index = line - (height - header.count)  // headers stand on the rows
                return Span(index >= 0 ? header[index] : "", .dim)
            }
            return joined(cells, mark: nil)
        }
        for row in table.rows { lines += self.lines(of: row) }
        if kept.count < table.columns.count {
            let dropped = table.columns.indices.filter { !kept.contains($0) }.map { table.columns[$0].title }
            let note = "(too narrow for: \(dropped.joined(separator: ", ")); a wider terminal or --json shows them)"
            lines += TerminalLines(style: style).wrapped([Span(note, .dim)], indent: Self.indent, hanging: Self.indent)
        }
        return lines
    }

    /// One line, or as many as its longest flexible cell takes.
    private func lines(of row: TextTable.Row) -> [String] {
        let cells = kept.enumerated().map { position, column in
            (pieces(row.cells[column].text, widths[column]), row.cells[column].tone)
        }
        let height = cells.map(\.0.count).max() ?? 1
        return (0..<max(1, height)).map { line in
            let spans = cells.map { pieces, tone in Span(line < pieces.count ? pieces[line] : "", tone) }
            let mark = line == 0 ? row.mark : nil
            return joined(
                spans,
                mark: isMarkShort ? mark.map { String($0.prefix(1)) } : mark,
                isDisturbed: row.isDisturbed && line == 0
            )
        }
    }

    private func joined(_ cells: [Span], mark: String?, isDisturbed: Bool = false) -> String {
        var line = String(repeating: " ", count: Self.indent)
        if lead > 0 { line += isDisturbed ? style.painted("?", .caution) + " " : "  " }
        var pending = 0  // blanks that only matter if something follows
        for (position, cell) in cells.enumerated() {
            let column = kept[position]
            let padding = max(0, widths[column] - DisplayWidth.of(cell.text))
            if position > 0 { pending += gap }
            if table.columns[column].alignment == .right { pending += padding }
            if !cell.text.isEmpty {
                line += String(repeating: " ", count: pending) + style.painted(cell.text, cell.tone)
                pending = 0
            }
            if table.columns[column].alignment == .left { pending += padding }
        }
        if let mark {
            line += String(repeating: " ", count: pending + (isMarkShort ? 1 : 2)) + style.painted(mark, .caution)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private func pieces(_ text: String, _ width: Int) -> [String] {
        guard DisplayWidth.of(text) > width else { return [text] }
        return TerminalLines(style: .init(width: width, colour: false, unicode: true), least: 1)
            .wrapped([Span(text)], indent: 0, hanging: 0, width: width)
    }
}
