/// What a few requests before the run found of a target's tokens, by which synthetic prompts got their length.
public struct CalibrationRecord: Sendable, Hashable, Codable {
    /// The target that was asked; its text went to all.
    public var target = ""
    public var requests = 0  // sent for it, refused ones too
    public var inputTokens: Int64 = 0
    public var outputTokens: Int64 = 0
    public var dollars: Double?  // nil = not known
    /// What the target adds around any prompt, and what a common word takes; nil = not found, see `problem`.
    public var templateTokens: Double?
    public var tokensPerWord: Double?
    public var nonceTokens: Double?  // of the digits that make each prompt its own
    public var tokensPerTraceWord: Double?  // of the words of a trace's prompts
    /// Why the lengths stay as assumed: a token a word.
    public var problem: String?

    public init() {}

    public var isApplied: Bool { tokensPerWord != nil && problem == nil }

    /// Whether prompts sized by both are, for the same lengths, the same text to a percent.
    func agrees(with other: CalibrationRecord) -> Bool {
        func near(_ a: Double?, _ b: Double?, within: Double) -> Bool {
            guard let a, let b else { return a == nil && b == nil }
            return abs(a - b) <= within
        }
        let word = 0.01 * (tokensPerWord ?? 1)
        return near(tokensPerWord, other.tokensPerWord, within: word)
            && near(templateTokens, other.templateTokens, within: 4)
            && near(nonceTokens, other.nonceTokens, within: 4)
    }
}
