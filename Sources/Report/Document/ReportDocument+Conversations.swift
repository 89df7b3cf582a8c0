import Measurement

extension ReportDocument {
    /// TTFT by turn: what the growing history costs, and what the server's cache saves of it.
    static func conversations(_ phase: PhaseResult) -> [Block] {
        guard let conversations = phase.conversations else { return [] }
        let steps = phase.steps.filter { !$0.turns.isEmpty }
        var text =
            "Each stream is a user in a conversation: each question carries all that was said so far, the server's "
            + "answers included. Conversations: \(Figure.count(conversations.begun)) begun, "
            + "\(Figure.count(conversations.finished)) finished, \(Figure.count(conversations.broken)) broken off by a failed "
            + "or empty answer, \(Figure.count(conversations.left)) cut by the end of the load."
        if let step = steps.first, steps.count == 1, let thinking = step.meanThinking {
            text += " \(Figure.rate(thinking)) users thought about their next question on average."
        }
        var blocks: [Block] = [.detail(.sentence(text))]
        if steps.count == 1 { blocks.append(.table(turnTable(steps[0]))) }
        if steps.count > 1 { blocks.append(.detail(.table(turnTable(of: steps)))) }
        if steps.contains(where: { $0.turns.contains { $0.cachedShare == nil } }) {
            blocks.append(.detail(.sentence("Cached: a dash where the server did not say.", .dim)))
        }
        return blocks
    }

    /// One load: a row a turn.
    private static func turnTable(_ step: StepResult) -> TextTable {
        let columns: [TextTable.Column] = [
            .init("turn"), .init("requests"), .init("input", "tokens p50"), .init("cached"), .init("TTFT", "p50"),
            .init("TTFT", "p95"), .init("TTFT", "CV", dropRank: 1),
        ]
        let rows = step.turns.map { turn in
            TextTable.Row([
                Span(Figure.count(turn.turn), .strong), Span(Figure.count(turn.requests)),
                Span(Figure.plain(turn.inputTokensPerRequest?.p50)), Span(Figure.wholePercent(share: turn.cachedShare)),
                Span(Figure.duration(milliseconds: turn.ttftMilliseconds?.p50)),
                Span(Figure.duration(milliseconds: turn.ttftMilliseconds?.p95)),
                Span(Figure.wholePercent(turn.ttftMilliseconds?.cvPercent)),
            ])
        }
        return TextTable(columns: columns, rows: rows)
    }

    /// Several levels: the median by turn, a column a level; the widest are dropped first where the room is short.
    private static func turnTable(of steps: [StepResult]) -> TextTable {
        var columns: [TextTable.Column] = [.init("turn"), .init("input", "tokens p50"), .init("cached")]
        columns += steps.enumerated().map { place, step in
            .init("TTFT p50", step.load, dropRank: place)
        }
        let most = steps.flatMap(\.turns).map(\.turn).max() ?? 0
        let rows = (1...max(1, most)).map { number in
            let turns = steps.map { step in step.turns.first { $0.turn == number } }
            let largest = turns.compactMap { $0 }.max { $0.requests < $1.requests }
            return TextTable.Row(
                [
                    Span(Figure.count(number), .strong), Span(Figure.plain(largest?.inputTokensPerRequest?.p50)),
                    Span(Figure.wholePercent(share: largest?.cachedShare)),
                ] + turns.map { Span(Figure.duration(milliseconds: $0?.ttftMilliseconds?.p50)) }
            )
        }
        return TextTable(columns: columns, rows: rows)
    }
}
