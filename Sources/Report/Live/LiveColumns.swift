/// Rows of the steps that are over, in the columns of the final table: as many as the width takes.
enum LiveColumns {
    private struct Column {
        var title: String
        var width: Int
        var value: (LiveRow) -> String
    }

    private static let name = 18

    private static func columns(width: Int) -> [Column] {
        let all = [
            Column(title: "tok/s", width: 9) { $0.tokensPerSecond.map { "~" + Figure.rate($0) } ?? Figure.unknown },
            Column(title: "TTFT p50", width: 9) { Figure.duration(milliseconds: $0.ttftP50Milliseconds) },
            Column(title: "p95", width: 8) { Figure.duration(milliseconds: $0.ttftP95Milliseconds) },
            Column(title: "failed", width: 7) { Figure.count($0.unsuccessful) },
            Column(title: "user tok/s", width: 11) { $0.userTokensPerSecond.map { Figure.rate($0) } ?? Figure.unknown },
            Column(title: "kept", width: 6) { Figure.wholePercent(share: $0.kept) },
            Column(title: "e2e p95", width: 8) { Figure.duration(milliseconds: $0.e2eP95Milliseconds) },
            Column(title: "requests", width: 9) { Figure.count($0.ended) },
        ]
        // In the order of the final table; those at the end of the list above go first where there is no room.
        let order = [0, 4, 5, 1, 2, 6, 7, 3]
        var used = name + 2
        let kept = all.indices.prefix { index in
            used += all[index].width + 1
            return used < width
        }
        return order.filter(kept.contains).map { all[$0] }
    }

    static func header(width: Int) -> String { line("", columns(width: width).map { ($0.title, $0.width) }) }

    static func text(_ row: LiveRow, width: Int) -> String {
        line(SafeText.line(row.step, limit: name), columns(width: width).map { ($0.value(row), $0.width) })
    }

    private static func line(_ name: String, _ cells: [(String, Int)]) -> String {
        func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
        let first = name + blanks(Self.name - DisplayWidth.of(name))
        return first + cells.map { " " + blanks($0.1 - DisplayWidth.of($0.0)) + $0.0 }.joined()
    }
}
