internal import Measurement
internal import Schedule
internal import Ticks
internal import Wire

/// Users who ask again: what they say next, and when.
extension LoopDriver {
    /// What the place that is free from `instant` on is for: the question of a user who has thought, or of a new one. nil
    /// where requests stand alone.
    func nextTurn(dueBy instant: Instant) -> Conversation? {
        let entry = run.program.entries[index]
        guard entry.stage.takesConversations else { return nil }
        return thinking.take(dueBy: instant) ?? newConversation(entry.target)
    }

    func newConversation(_ target: Int) -> Conversation? {
        guard run.program.entries[index].stage.takesConversations,
            let conversation = maker(of: target).conversation(nextConversation)
        else { return nil }
        nextConversation += run.shard.count * (run.program.countsPromptsByTurn ? run.loops : run.loopsOfAllRuns)
        return conversation
    }

    /// The conversation at its next question, and how long its user thinks before; nil where it ends here: it was the
    /// last question, or the answer is none to go on from.
    func followUp(to request: LiveRequest, _ record: inout RequestRecord) -> (
        conversation: Conversation, think: Duration
    )? {
        guard let conversation = request.conversation else { return nil }
        record.conversation = conversation.number
        record.turn = conversation.turn
        let answer = request.decoder.text.choices[0]?.content ?? ""
        guard record.outcomeClass == .success, !conversation.isAtLastTurn, !answer.isEmpty else { return nil }
        let (next, think) = maker(of: request.target).continued(conversation, with: answer)
        record.think = think.nanoseconds
        return (next, think)
    }
}
