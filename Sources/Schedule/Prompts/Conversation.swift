internal import Ticks

extension Workload {
    /// Users who ask again: each has a conversation, and what was said so far comes with every question.
    public struct Conversations: Sendable, Hashable {
        /// Longest that a conversation may be.
        public static let mostTurns = 1000

        public var turns: TokenLength  // questions of a conversation; drawn as lengths are
        public var think: DurationDistribution  // from the end of an answer to the next question
        public var session: Session?  // nil = the server is told nothing of what belongs together

        /// How the server is told which questions belong together.
        public enum Session: Sendable, Hashable {
            case preset  // as the target's preset knows
            case header(String)  // with a value for each conversation
            case body(String)  // a member of the body, likewise
            case echo(String)  // the response's header, sent back with the next question
        }

        public init(turns: TokenLength, think: DurationDistribution, session: Session? = nil) {
            self.turns = turns
            self.think = think
            self.session = session
        }
    }
}

/// One conversation under way: the question that it is at, and all that was said before.
///
///     question 0 ─► answer 0 ── think ──► question 1 ─► answer 1 ── think ──► ... question `turns` − 1 ─► answer
///
/// The server gets the whole of it each time, so that prompts grow and their beginnings stay the same.
public struct Conversation: Sendable, Hashable {
    public let number: Int  // in the run
    public let turns: Int  // questions, if all are answered
    /// The present question, from 0.
    public private(set) var turn = 0
    /// What was said before it, by the user and by the model.
    public private(set) var said: [Prompt.Message] = []
    /// What the server gave to be sent back with the next question.
    public var token: String?

    init(number: Int, turns: Int) {
        self.number = number
        self.turns = turns
    }

    public var isAtLastTurn: Bool { turn + 1 >= turns }

    /// The present question with all that was said before it, which was sent with the question before.
    public func text(asking question: [Prompt.Message]) -> PromptText {
        func bytes(_ messages: [Prompt.Message]) -> Double {
            Double(messages.reduce(0) { $0 + $1.content.utf8.count })
        }
        let (before, new) = (bytes(said), bytes(question))
        return PromptText(said + question, Repetition(share: before / max(1, before + new)))
    }

    /// The same conversation at its next question.
    public func answered(_ question: [Prompt.Message], with answer: String) -> Conversation {
        var next = self
        next.turn += 1
        next.said += question
        next.said.append(Prompt.Message(role: "assistant", content: answer))
        return next
    }
}

/// Conversations are pure functions of (seed, number, turn), but for the answers in them, which are the server's own.
extension Prompts {
    /// The conversation of that number at its beginning; nil where every request stands alone.
    public func conversation(_ number: Int) -> Conversation? {
        guard let law = workload.conversations else { return nil }
        var generator = generator(key: turnCounts, index: number)
        let drawn = min(law.turns.draw(using: &generator), Workload.Conversations.mostTurns)
        let script = source(of: number).script(number)
        return Conversation(number: number, turns: script.map { min($0.count, drawn) } ?? drawn)
    }

    /// All that is sent with the present question, and what of it was sent before.
    public func text(of conversation: Conversation) -> PromptText {
        let asked = asked(in: conversation)
        return conversation.turn == 0 ? asked : conversation.text(asking: asked.messages)
    }

    /// What the user says at the present turn: the question, and before the first what the prompt's owner put there.
    public func question(of conversation: Conversation) -> [Prompt.Message] { asked(in: conversation).messages }

    private func asked(in conversation: Conversation) -> PromptText {
        let source = source(of: conversation.number)
        var asked = source.ownQuestion(of: conversation, place: place(of: conversation))
        if let kind = partIndex(at: conversation.number) { asked.repetition = asked.repetition.ofKind(kind) }
        return asked
    }

    private func ownQuestion(of conversation: Conversation, place: Int) -> PromptText {
        let turn = conversation.turn
        // Numbers that no single request has: the same nonce would be the same prompt.
        let own = Self.firstOwnNumber + place
        switch workload.source {
        case .synthetic(let most): return synthetic(tokens: inputTokens(at: own, most: most), index: own, turn: turn)
        case .list(let prompts):
            guard !prompts.isEmpty else { return PromptText([]) }
            let listed = (isScripted ? conversation.number : place) % prompts.count
            var question: [Prompt.Message]
            if let script = script(conversation.number) {
                question = script[min(turn, script.count - 1)]
            } else {
                question = prompts[listed].messages
                if turn > 0 { question.removeAll { $0.role == "system" } }
            }
            guard turn == 0, !question.isEmpty else { return PromptText(question) }
            if workload.cache == .avoid {
                question[0].content = nonce(index: own) + question[0].content
                return PromptText(question)
            }
            return PromptText(
                question,
                Repetition(prompt: listed, share: isScripted ? 0 : beginnings?.share(at: listed) ?? 0)
            )
        }
    }

    /// What the list's prompt brings besides its messages; nil for synthetic ones.
    public func prompt(of conversation: Conversation) -> Prompt? {
        let source = source(of: conversation.number)
        guard case .list(let prompts) = source.workload.source, !prompts.isEmpty else { return nil }
        return prompts[listPlace(of: conversation) % prompts.count]
    }

    /// Which prompt of a list it is at, counted on beyond the list's end.
    public func listPlace(of conversation: Conversation) -> Int {
        source(of: conversation.number).isScripted ? conversation.number : place(of: conversation)
    }

    public func maxTokens(of conversation: Conversation) -> Int {
        if let own = prompt(of: conversation)?.maxTokens { return own }
        return source(of: conversation.number).maxTokens(at: Self.firstOwnNumber + place(of: conversation))
    }

    /// How long its user thinks after the answer to the present question.
    public func think(after conversation: Conversation) -> Duration {
        guard let law = workload.conversations else { return .zero }
        var generator = generator(key: thinks, index: place(of: conversation))
        return law.think.draw(using: &generator)
    }

    /// The number of its present question among all questions of the run.
    public func place(of conversation: Conversation) -> Int {
        conversation.number * workload.mostTurns + conversation.turn
    }

    private static let firstOwnNumber = 1 << 52

    /// The part of a mix that a conversation is of: the same for all its turns.
    private func source(of number: Int) -> Prompts { part(at: number) ?? self }

    /// The questions of a list's prompt that is a whole conversation: what comes before an answer of the list's own is
    /// one; those answers are left out, as the server gives its own. nil where prompts are single questions.
    private func script(_ number: Int) -> [[Prompt.Message]]? {
        guard isScripted, case .list(let prompts) = workload.source else { return nil }
        var questions: [[Prompt.Message]] = []
        var before: [Prompt.Message] = []
        for message in prompts[number % prompts.count].messages where message.role != "assistant" {
            before.append(message)
            guard message.role == "user" else { continue }
            questions.append(before)
            before = []
        }
        return questions.isEmpty ? [before] : questions
    }
}

extension Workload {
    /// Whether a list has prompts with several questions: each is then a conversation of its own.
    var isScripted: Bool {
        guard case .list(let prompts) = source else { return false }
        return prompts.contains { $0.messages.count { $0.role == "user" } > 1 }
    }

    /// Most questions of a conversation; 1 where every request stands alone.
    var mostTurns: Int { conversations.map { min($0.turns.greatest, Conversations.mostTurns) } ?? 1 }
}
