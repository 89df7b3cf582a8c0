/// Finds out what the pieces of a synthetic prompt take in a target's own tokens, by a few prompts whose count it tells.
///
///     words          T1 = template + U × word         every word of the vocabulary as often as the others
///     words, twice   T2 = template + 2U × word        ⇒ word = (T2 − T1) / U, template = 2 T1 − T2
///     nonces         T3 = template + n × nonce        where prompts begin with one
///     trace words    T4 = template + n × trace word   where a trace is replayed
///
/// Pure: it asks for texts and is told counts. A prompt that a target refuses is asked for again in a smaller size, since
/// its context may be short.
public struct Calibration: Sendable, Hashable {
    public enum Piece: String, Sendable, Hashable, CaseIterable {
        case words, wordsTwice, nonces, traceWords
    }

    /// Words of a question, in sentences of twelve: all of the vocabulary, a quarter, a few.
    static let sizes = [Words.common.count / Words.perSentence * Words.perSentence, 84, 24]
    private static let longestForLeastSize = 100  // tokens asked for
    private static let longestForMiddleSize = 400
    /// What may be believed of a vocabulary: a token of 20 words, a word of 20 tokens.
    private static let plausible = 0.05...20.0

    private let pieces: [Piece]
    private let seed: UInt64
    private var size: Int  // index into `sizes`
    private var counted: [Piece: Int] = [:]
    private let longest: Int?  // tokens of the plan's longest prompt that is made of words
    private var refusedWords: Int?  // of the shortest text of words that was refused

    /// nil where no prompt of the plan is of a length that was asked for, or calibrating was not wanted.
    public init?(_ plan: RunPlan) {
        let workload = plan.workload
        guard workload.calibrates else { return nil }
        let traces = plan.phases.flatMap(\.stages).compactMap { stage in
            stage.replay.flatMap { $0.trace.saysTokens ? $0.trace : nil }
        }
        let asked = workload.longestSynthetic
        guard asked != nil || !traces.isEmpty else { return nil }
        var pieces: [Piece] = [.words, .wordsTwice]
        if asked != nil, workload.cache == .avoid { pieces.append(.nonces) }
        if !traces.isEmpty { pieces.append(.traceWords) }
        self.pieces = pieces
        seed = plan.seed
        longest = asked
        let longest = traces.isEmpty ? asked ?? 0 : .max
        size = longest < Self.longestForLeastSize ? 2 : longest < Self.longestForMiddleSize ? 1 : 0
    }

    /// What to ask for next; nil when all is known.
    public var upcoming: Piece? { pieces.first { counted[$0] == nil } }

    /// Requests that it takes, when none is refused.
    public var requests: Int { pieces.count }

    /// Bytes of all its texts, at the present size: a token has at least one.
    public var bytes: Int { pieces.reduce(0) { $0 + text(of: $1).utf8.count } }

    public func text(of piece: Piece) -> String {
        switch piece {
        case .words: return Self.prose(words)
        // The other way round first, so that no cache of prefixes finds the one in the other.
        case .wordsTwice: return Self.prose(words.reversed() + words)
        case .nonces: return (0..<nonces).map { Prompts.nonce(seed: seed &+ 1, index: $0) }.joined()
        case .traceWords: return TracePrompts.sample
        }
    }

    /// How many tokens the target counted in the prompt that was asked for.
    public mutating func note(tokens: Int) {
        if let upcoming { counted[upcoming] = tokens }
    }

    /// After a refusal: all over again with shorter prompts. False when they cannot be shorter.
    public mutating func shrink() -> Bool {
        let refused = upcoming == .words ? units : upcoming == .wordsTwice ? 2 * units : nil
        refusedWords = [refusedWords, refused].compactMap { $0 }.min()
        guard size + 1 < Self.sizes.count else { return false }
        size += 1
        counted = [:]
        return true
    }

    /// What was found; nil while something is not known, or where the counts make no sense together.
    public var costs: PromptCosts? {
        guard upcoming == nil, let once = counted[.words], let twice = counted[.wordsTwice] else { return nil }
        var costs = PromptCosts()
        costs.word = Double(twice - once) / Double(units)
        costs.template = Double(2 * once - twice)
        // A word at a border may become another token: not below 0 by more than a few.
        guard Self.plausible.contains(costs.word), costs.template > -4 else { return nil }
        costs.template = max(0, costs.template)
        costs.nonce *= costs.word
        if let tokens = counted[.nonces] {
            costs.nonce = max(0, (Double(tokens) - costs.template) / Double(nonces))
        }
        costs.traceWord = costs.word
        if let tokens = counted[.traceWords] {
            costs.traceWord = (Double(tokens) - costs.template) / Double(TracePrompts.sampleWords)
            guard Self.plausible.contains(costs.traceWord) else { return nil }
        }
        return costs
    }

    /// The plan's longest prompt in tokens, if it is at least as long as a text that was refused: it will be refused too.
    public var refusedLength: Int? {
        guard let refusedWords, let longest else { return nil }
        // Without costs prompts get a word for each token.
        let tokens = costs.map { $0.template + Double(refusedWords) * $0.word } ?? Double(refusedWords)
        return Double(longest) >= tokens ? longest : nil
    }

    private var units: Int { Self.sizes[size] / Words.perSentence * (Words.perSentence + 1) }

    private var nonces: Int { [16, 8, 8][size] }

    /// Of short and long words as many as the vocabulary has, in its own order.
    private var words: [String] {
        let (all, count) = (Words.common, Self.sizes[size])
        let byLength = all.indices.sorted { (all[$0].utf8.count, $0) < (all[$1].utf8.count, $1) }
        let chosen = (0..<count).map { byLength[($0 * 2 + 1) * all.count / (2 * count)] }
        return chosen.sorted().map { all[$0] }
    }

    private static func prose(_ words: [String]) -> String {
        var rest = words[...]
        return Words.prose(units: words.count / Words.perSentence * (Words.perSentence + 1)) {
            rest.popFirst() ?? ""
        }
    }
}

extension Workload {
    /// Tokens of the longest prompt that is made of words; nil where all are the user's.
    var longestSynthetic: Int? {
        if !mix.isEmpty { return mix.compactMap(\.workload.longestSynthetic).max() }
        return if case .synthetic(let tokens) = source { tokens } else { nil }
    }
}
