/// A table in the columns of a terminal: first the gaps shrink, then columns go, and a line says which.
struct TerminalTable {
    private let table: TextTable
    private let style: TerminalStyle
    private let widths: [Int]  // of each column's cells and header
    private let kept: [Int]  // indices of the columns shown
    private let gap: Int

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
        let mark = table.rows.compactMap { $0.mark.map { DisplayWidth.of($0) + 2 } }.max() ?? 0
        func needed(_ columns: [Int], gap: Int) -> Int {
            let least = columns.map { column in
                table.columns[column].flexible ? min(widths[column], Self.leastFlexible) : widths[column]
            }
            return Self.indent + least.reduce(0, +) + gap * max(0, columns.count - 1) + mark
        }
        var kept = Array(table.columns.indices)
        var gap = 2
        if needed(kept, gap: gap) > style.width { gap = 1 }
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
    }

    var lines: [String] {
        let height = kept.map { table.columns[$0].header.count }.max() ?? 0
        var lines = (0..<height).map { line in
            joined(
                kept.map { column in
                    let header = table.columns[column].header
                    let index = line - (height - header.count)  // headers stand on the rows
                    return Span(index >= 0 ? header[index] : "", .dim)
                },
                mark: nil
            )
        }
        lines += table.rows.map { row in joined(kept.map { row.cells[$0] }, mark: row.mark) }
        if kept.count < table.columns.count {
            let dropped = table.columns.indices.filter { !kept.contains($0) }.map { table.columns[$0].title }
            let note = "(too narrow for: \(dropped.joined(separator: ", ")); summary.json has them)"
            lines += TerminalLines(style: style).wrapped([Span(note, .dim)], indent: Self.indent, hanging: Self.indent)
        }
        return lines
    }

    private func joined(_ cells: [Span], mark: String?) -> String {
        var line = String(repeating: " ", count: Self.indent)
        var pending = 0  // blanks that only matter if something follows
        for (position, cell) in cells.enumerated() {
            let column = kept[position]
            let text = cut(cell.text, to: widths[column])
            let padding = max(0, widths[column] - DisplayWidth.of(text))
            if position > 0 { pending += gap }
            if table.columns[column].alignment == .right { pending += padding }
            if !text.isEmpty {
                line += String(repeating: " ", count: pending) + style.painted(text, cell.tone)
                pending = 0
            }
            if table.columns[column].alignment == .left { pending += padding }
        }
        if let mark { line += String(repeating: " ", count: pending + 2) + style.painted(mark, .caution) }
        return line
    }

    private func cut(_ text: String, to width: Int) -> String {
        guard DisplayWidth.of(text) > width else { return text }
        let ellipsis = style.shown("…")
        return DisplayWidth.prefix(text, width: max(0, width - ellipsis.count)) + ellipsis
    }
}
