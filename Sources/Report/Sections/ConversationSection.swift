import Measurement

/// TTFT by turn: what the growing history costs, and what the server's cache saves of it.
enum ConversationSection {
    static func blocks(_ phase: PhaseResult) -> [Block] {
        guard let conversations = phase.conversations else { return [] }
        let steps = phase.steps.filter { !$0.turns.isEmpty }
        let whole = phase.turns
        var text =
            "Each stream is a user in a conversation: each question carries all that was said so far, the server's "
            + "answers included. Conversations: \(Figure.count(conversations.begun)) begun, "
            + "\(Figure.count(conversations.finished)) finished, \(Figure.count(conversations.broken)) broken off by a failed "
            + "or empty answer, \(Figure.count(conversations.left)) cut by the end of the load."
        if let step = steps.first, steps.count == 1, let thinking = step.meanThinking {
            text += " \(Figure.rate(thinking)) users thought about their next question on average."
        }
        var blocks: [Block] = [.detail(.sentence(text))]
        if let turns = steps.count == 1 ? steps[0].turns : whole.isEmpty ? nil : whole {
            blocks.append(.table(turnTable(turns)))
        }
        if steps.count > 1 { blocks.append(.detail(.table(turnTable(of: steps)))) }
        if (steps.flatMap(\.turns) + whole).contains(where: { $0.cachedShare == nil }) {
            blocks.append(.detail(.sentence("Cached: a dash where the server did not say.", .dim)))
        }
        return blocks
    }

    /// One load: a row a turn.
    private static func turnTable(_ turns: [TurnResult]) -> TextTable {
        TextTable(
            [
                TableColumn("turn", tone: .strong) { Figure.count($0.turn) },
                TableColumn("requests") { Figure.count($0.requests) },
                TableColumn("input", "tokens p50") { Figure.plain($0.inputTokensPerRequest?.p50) },
                TableColumn("cached") { Figure.wholePercent(share: $0.cachedShare) },
                TableColumn("TTFT", "p50") { Figure.duration(milliseconds: $0.ttftMilliseconds?.p50) },
                TableColumn("TTFT", "p95") { Figure.duration(milliseconds: $0.ttftMilliseconds?.p95) },
                TableColumn("TTFT", "CV", dropRank: 1) { Figure.wholePercent($0.ttftMilliseconds?.cvPercent) },
            ],
            turns
        )
    }

    /// Several levels: the median by turn, a column a level; the widest are dropped first where the room is short.
    private static func turnTable(of steps: [StepResult]) -> TextTable {
        func turn(_ number: Int, of step: StepResult) -> TurnResult? { step.turns.first { $0.turn == number } }
        func largest(_ number: Int) -> TurnResult? {
            steps.compactMap { turn(number, of: $0) }.max { $0.requests < $1.requests }
        }
        let first: [TableColumn<Int>] = [
            TableColumn("turn", tone: .strong) { Figure.count($0) },
            TableColumn("input", "tokens p50") { Figure.plain(largest($0)?.inputTokensPerRequest?.p50) },
            TableColumn("cached") { Figure.wholePercent(share: largest($0)?.cachedShare) },
        ]
        let levels = steps.enumerated().map { place, step in
            TableColumn<Int>("TTFT p50", step.load, dropRank: place) {
                Figure.duration(milliseconds: turn($0, of: step)?.ttftMilliseconds?.p50)
            }
        }
        let most = steps.flatMap(\.turns).map(\.turn).max() ?? 0
        return TextTable(first + levels, Array(1...max(1, most)))
    }
}
