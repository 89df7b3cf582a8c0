import Testing

@testable import Report

@Suite struct LayoutTests {
    private let table = TextTable(
        [
            TableColumn("name", alignment: .left) { $0[0] }, TableColumn("two", "lines") { $0[1] },
            TableColumn("spare", dropRank: 1) { $0[2] }, TableColumn("never", when: false) { $0[9] },
            TableColumn("more", dropRank: 2) { $0[3] },
        ],
        [["a", "1", "x", "y"], ["long name", "12,345", "", "–"]],
        mark: { $0[0] == "a" ? "← here" : nil }
    )

    private func lines(width: Int, unicode: Bool = true) -> [String] {
        TerminalTable(table, style: .init(width: width, unicode: unicode)).lines
    }

    @Test func `columns stand under their headers, numbers to the right and words to the left`() {
        #expect(
            lines(width: 60) == [
                "               two",
                " name        lines  spare  more",
                " a               1      x     y  ← here",
                " long name  12,345            –",
            ]
        )
    }

    @Test
    func `a narrow table loses its gaps first, then the words of its marks, then its columns by rank, and says which`()
    {
        #expect(lines(width: 36)[1] == " name       lines spare more")
        #expect(
            lines(width: 31) == [
                "              two", " name       lines spare more", " a              1     x    y ←",
                " long name 12,345          –",
            ]
        )
        #expect(
            lines(width: 25) == [
                "              two", " name       lines spare", " a              1     x ←", " long name 12,345",
                " (too narrow for: more; a", " wider terminal or --json", " shows them)",
            ]
        )
    }

    @Test func `ASCII stands in before the columns are measured`() {
        #expect(lines(width: 60, unicode: false)[2] == " a               1      x     y  <- here")
    }

    @Test func `a flexible column goes on in the next line, and nothing of it is lost`() {
        let words = String(repeating: "word ", count: 30)
        let table = TextTable(
            [
                TableColumn("n") { _ in "1" },
                TableColumn("words", alignment: .left, flexible: true) { $0 },
            ],
            [words]
        )
        let lines = TerminalTable(table, style: .init(width: 50)).lines.dropFirst()
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.count <= 50 })
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    word") })
        #expect(lines.joined().split(separator: " ").count == 31)
    }

    @Test func `sentences break at blanks, but never between a number and its unit`() {
        let lines = TerminalLines(style: .init(width: 20)).wrapped(
            [Span("seven words that end in"), Span("210\u{A0}ms of time", .strong)],
            indent: 1,
            hanging: 3
        )
        #expect(lines == [" seven words that", "   end in 210\u{A0}ms of", "   time"])
    }

    @Test func `a number keeps its percent sign`() {
        let lines = TerminalLines(style: .init(width: 20)).wrapped(
            [Span("for shares it is 95 % of them")],
            indent: 1,
            hanging: 1
        )
        #expect(lines == [" for shares it is", " 95 % of them"])
    }

    @Test func `a word longer than the line is cut, and nothing of it is lost`() {
        let word = String(repeating: "0123456789", count: 5)
        let lines = TerminalLines(style: .init(width: 20)).wrapped([Span("a \(word) b")], indent: 1, hanging: 1)
        #expect(lines.allSatisfy { $0.count <= 20 })
        #expect(lines.joined().filter { $0 != " " } == "a\(word)b")
    }

    @Test func `a bar's length is its share of the longest, to an eighth of a cell`() {
        let chart = BarChart(
            labelTitle: "n",
            series: [.init(title: "up")],
            rows: [
                .init(label: "1", values: [1]), .init(label: "2", values: [2]), .init(label: "4", values: [16]),
                .init(label: "8", values: [nil]), .init(label: "9", values: [0]),
            ]
        )
        // 20 columns: 1 indent, 1 label, 2 gap, 4 figures, 1 blank: 11 cells of bar.
        #expect(
            TerminalBars(chart, style: .init(width: 20)).lines == [
                " n  up", " 1  ▊ 1.00", " 2  █▍ 2.00", " 4  ███████████ 16.0", " 8   –", " 9   0",
            ]
        )
        #expect(
            TerminalBars(chart, style: .init(width: 20, unicode: false)).lines == [
                " n  up", " 1  # 1.00", " 2  # 2.00", " 4  ########### 16.0", " 8   -", " 9   0",
            ]
        )
    }
}
