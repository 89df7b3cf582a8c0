extension Trace {
    /// By row the first row of its conversation, with whose text it begins; empty where the trace names no sessions, or blocks,
    /// which tell more.
    ///
    /// Who asks again sends all that was said before. So a row goes on with its session's conversation where its prompt is at
    /// least as long as the prompt and the answer before it; else it begins another.
    func conversations() -> [Int32] {
        guard hasSessions, !hasBlocks else { return [] }
        // By session: the conversation it is at, and what was said in it.
        var last: [Int: (first: Int32, tokens: Int)] = [:]
        return (0..<count).map { index in
            let row = self[index]
            guard let session = row.session, let input = row.inputTokens else { return Int32(index) }
            let before = last[session].flatMap { input >= $0.tokens ? $0.first : nil }
            last[session] = (before ?? Int32(index), input + (row.outputTokens ?? 0))
            return before ?? Int32(index)
        }
    }

    /// By row the share of its prompt that the row before it in its conversation was.
    func repeatedShares(of conversations: [Int32]) -> [Float] {
        var asked: [Int32: Int] = [:]  // tokens of the last prompt, by conversation
        return conversations.enumerated().map { index, first in
            guard let input = self[index].inputTokens, input > 0 else { return 0 }
            defer { asked[first] = input }
            return asked[first].map { Float($0) / Float(input) } ?? 0
        }
    }
}
