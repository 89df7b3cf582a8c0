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
    public typealias TokenCap = TokenLength

    /// One kind of prompt among several, in proportion to its weight.
    public struct Part: Sendable, Hashable {
        public var weight: Double
        public var workload: Workload

        public init(weight: Double, workload: Workload) {
            self.weight = weight
            self.workload = workload
        }
    }

    /// A user who does not wait for the end: the connection is closed so long after the request was sent.
    public struct Impatience: Sendable, Hashable {
        public var share: Double  // of the requests, 0...1
        public var after: DurationDistribution

        public init(share: Double, after: DurationDistribution) {
            self.share = share
            self.after = after
        }
    }

    /// What the traffic is for, and with it what a report leads with (PRODUCT, section 8).
    public enum Kind: String, Sendable, Hashable, CaseIterable { case chat, batch, rag, production }

    public enum Reasoning: String, Sendable, Hashable, CaseIterable { case `default`, off, low, medium, high }

    public var kind: Kind?
    public var source: Source
    /// Lengths of synthetic prompts where they differ; the source then names the greatest.
    public var inputLength: TokenLength?
    /// The share of a synthetic prompt, 0...1, that it has in common with all others of the run, at its beginning.
    public var sharedPrefix = 0.0
    /// Whether what prompts share is sent once before anything is measured.
    public var primes = false
    /// Kinds of prompts to choose from, for each request by seed and index; the source above is then not asked.
    public var mix: [Part] = []
    public var impatience: Impatience?
    /// nil = every request stands alone.
    public var conversations: Conversations?
    public var cache = Cache.avoid
    public var maxTokens = TokenCap.fixed(256)
    /// Texts that a request for embeddings carries; each is a prompt of its own. 1 in all other APIs.
    public var inputsPerRequest = 1
    public var temperature: Double? = 0  // nil = not sent
    public var ignoreEOS = false
    public var reasoning = Reasoning.default
    /// Whether answers are asked for as streams; else in one piece, which has an end and no first token.
    public var streams = true
    /// Whether a few requests before the run tell how long prompts must be to have the tokens asked for.
    public var calibrates = true
    /// What answers must be to be of use, unless a prompt says otherwise.
    public var expectation: AnswerExpectation?
    /// Whether an answer that its cap cut short is of use; nil = where the plan fixes the length.
    public var lengthIsUseful: Bool?
    /// A JSON object whose members go into every request body.
    public var extraBody: String?

    public init(source: Source) { self.source = source }

    /// Whether requests that stand alone send prompts that others send word for word; a nonce makes each its own.
    public var sharesPrompts: Bool {
        guard cache == .allow, mix.isEmpty, inputLength == nil, conversations == nil else { return false }
        if case .list(let prompts) = source { return !prompts.isEmpty }
        return true
    }

    /// Whether the plan fixes the length of answers, so that one cut by its cap is what was asked for.
    public var fixesLength: Bool {
        if !mix.isEmpty { return ignoreEOS || mix.allSatisfy(\.workload.fixesLength) }
        return switch source {
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
    public var id: String?  // what its owner calls it: `custom_id` of a batch file
    /// A JSON object whose members go into this prompt's body and replace others of the same name.
    public var extraBody: String?

    public init(messages: [Message], maxTokens: Int? = nil, expectation: AnswerExpectation? = nil) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.expectation = expectation
    }

    public init(_ text: String) { self.init(messages: [Message(role: "user", content: text)]) }
}
