import Measurement

/// A column of a table and what a row has in it, in one place: header, when it is shown, when it goes, and the cell.
struct TableColumn<Row> {
    let column: TextTable.Column
    let isShown: Bool
    let cell: (Row) -> Span

    /// - Parameters:
    ///   - header: its lines
    ///   - isShown: whether the table has it at all
    ///   - dropRank: where the table is too wide, the column with the highest rank goes first; 0 never goes
    ///   - flexible: takes what is left of the line; longer text goes on in the next
    init(
        _ header: String...,
        alignment: TextTable.Alignment = .right,
        dropRank: Int = 0,
        flexible: Bool = false,
        when isShown: Bool = true,
        cell: @escaping (Row) -> Span
    ) {
        column = TextTable.Column(header, alignment: alignment, dropRank: dropRank, flexible: flexible)
        self.isShown = isShown
        self.cell = cell
    }

    /// The same where all of its cells have one tone.
    init(
        _ header: String...,
        alignment: TextTable.Alignment = .right,
        dropRank: Int = 0,
        flexible: Bool = false,
        tone: Tone = .plain,
        when isShown: Bool = true,
        text: @escaping (Row) -> String
    ) {
        column = TextTable.Column(header, alignment: alignment, dropRank: dropRank, flexible: flexible)
        self.isShown = isShown
        cell = { Span(text($0), tone) }
    }

    /// The same column of rows that hold such a row.
    func of<Other>(_ part: @escaping (Other) -> Row) -> TableColumn<Other> {
        TableColumn<Other>(column, isShown: isShown) { cell(part($0)) }
    }

    private init(_ column: TextTable.Column, isShown: Bool, cell: @escaping (Row) -> Span) {
        (self.column, self.isShown, self.cell) = (column, isShown, cell)
    }
}

extension TableColumn where Row == RequestStatistics {
    /// A figure of the catalogue; of a distribution one of its statistics.
    init(
        _ header: String...,
        dropRank: Int = 0,
        when isShown: Bool = true,
        of figure: CatalogueFigure,
        at statistic: String? = nil
    ) {
        column = TextTable.Column(header, alignment: .right, dropRank: dropRank, flexible: false)
        self.isShown = isShown
        cell = { Span(Figure.text(figure.value(of: $0, at: statistic), figure.dimension(of: statistic))) }
    }
}

extension TextTable {
    /// - Parameters:
    ///   - mark: stands after a row's last cell
    ///   - isDisturbed: the load generator itself disturbed what the row shows
    init<Source>(
        _ columns: [TableColumn<Source>],
        _ rows: [Source],
        mark: (Source) -> String? = { _ in nil },
        isDisturbed: (Source) -> Bool = { _ in false }
    ) {
        let shown = columns.filter(\.isShown)
        self.columns = shown.map(\.column)
        self.rows = rows.map { row in
            Row(shown.map { $0.cell(row) }, mark: mark(row), isDisturbed: isDisturbed(row))
        }
    }
}
