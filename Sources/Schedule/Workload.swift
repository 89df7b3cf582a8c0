/// What every request asks: its prompt, its cap on output tokens, its sampling.
public struct Workload: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        case synthetic(inputTokens: Int)  // made of common words, about so many tokens long
        case list([Prompt])  // taken in order, from the start again at the end
    }

    /// Whether a server may find a prompt in its prefix cache.
    public enum Cache: String, Sendable, Hashable, CaseIterable {
        case avoid  // a nonce comes first: no two prompts agree beyond it
        case allow  // synthetic prompts are all the same text
    }

    /// The cap on output tokens of a request.
    public enum TokenCap: Sendable, Hashable {
        case fixed(Int)
        case uniform(Int, Int)  // least, greatest, both possible

        public var least: Int {
            switch self {
            case .fixed(let tokens): tokens
            case .uniform(let least, _): least
            }
        }

        public var greatest: Int {
            switch self {
            case .fixed(let tokens): tokens
            case .uniform(_, let greatest): greatest
            }
        }

        public var mean: Double { Double(least + greatest) / 2 }
    }

    public enum Reasoning: String, Sendable, Hashable, CaseIterable { case `default`, off, low, medium, high }

    public var source: Source
    public var cache = Cache.avoid
    public var maxTokens = TokenCap.fixed(256)
    public var temperature: Double? = 0  // nil = not sent
    public var ignoreEOS = false
    public var reasoning = Reasoning.default
    /// Whether answers are asked for as streams; else in one piece, which has an end and no first token.
    public var streams = true
    /// What answers must be to be of use, unless a prompt says otherwise.
    public var expectation: AnswerExpectation?
    /// A JSON object whose members go into every request body.
    public var extraBody: String?

    public init(source: Source) { self.source = source }

    /// The number of the prompt that a request with this index sends word for word, nil where no two requests send the
    /// same: a nonce makes each its own.
    public func sharedPrompt(at index: Int) -> Int? {
        guard cache == .allow else { return nil }
        switch source {
        case .synthetic: return 0
        case .list(let prompts): return prompts.isEmpty ? nil : index % prompts.count
        }
    }

    /// Whether the plan fixes the length of answers, so that one cut by its cap is what was asked for.
    public var fixesLength: Bool {
        switch source {
        case .synthetic: true
        case .list: ignoreEOS
        }
    }
}

/// One conversation to send.
public struct Prompt: Sendable, Hashable {
    public struct Message: Sendable, Hashable {
        public var role: String
        public var content: String

        public init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    public var messages: [Message]
    public var maxTokens: Int?  // its own cap, where it brings one
    public var expectation: AnswerExpectation?  // in place of the workload's

    public init(messages: [Message], maxTokens: Int? = nil, expectation: AnswerExpectation? = nil) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.expectation = expectation
    }

    public init(_ text: String) { self.init(messages: [Message(role: "user", content: text)]) }
}
