import Ticks

/// The prompt and the token cap of the request with a given index: a pure function of seed and index.
///
/// Requests of a run have indices 0, 1, 2, ... in one sequence for all its phases; loop k of n takes k, k + n, k + 2n.
/// Texts come out equal for equal seeds. The nonce that `cache: avoid` puts first depends on `salt` too: with the same
/// seed an hour later a server's prefix cache must miss again, and the engine gives each run a salt of its own.
public struct Prompts: Sendable {
    let workload: Workload
    private let salt: UInt64
    private let costs: PromptCosts
    private let texts: UInt64  // key of the stream of texts
    private let caps: UInt64  // key of the stream of token caps
    private let lengths: UInt64  // of lengths of prompts
    private let users: UInt64  // of who gives up
    private let choices: UInt64  // of parts of a mix
    let turnCounts: UInt64  // of questions a conversation
    let thinks: UInt64  // of the time between an answer and the next question
    let isScripted: Bool  // its list's prompts are whole conversations
    let beginnings: ListBeginnings?
    let parts: [(upTo: Double, prompts: Prompts)]  // shares added up

    /// - Parameters:
    ///   - costs: what its pieces take in tokens; by them a prompt of n tokens is written.
    ///   - beginnings: what the prompts of its list have in common; nil = nobody asks
    public init(
        workload: Workload,
        seed: UInt64,
        salt: UInt64 = 0,
        costs: PromptCosts = .assumed,
        beginnings: ListBeginnings? = nil
    ) {
        self.workload = workload
        self.salt = salt
        self.costs = costs
        self.beginnings = beginnings
        var textKeys = SplitMix64(seed: seed, stream: "prompts")
        texts = textKeys.next()
        var capKeys = SplitMix64(seed: seed, stream: "max_tokens")
        caps = capKeys.next()
        func key(_ stream: StaticString) -> UInt64 {
            var keys = SplitMix64(seed: seed, stream: stream)
            return keys.next()
        }
        lengths = key("input lengths")
        users = key("users")
        choices = key("mix")
        turnCounts = key("turns")
        thinks = key("think")
        isScripted = workload.isScripted
        let whole = workload.mix.reduce(0) { $0 + $1.weight }
        var sum = 0.0
        parts = workload.mix.enumerated().map { place, part in
            sum += part.weight / whole
            // Each part has texts of its own: the same index in two of them is not the same prompt.
            let prompts = Prompts(
                workload: part.workload,
                seed: seed &+ UInt64(place + 1),
                salt: salt,
                costs: costs,
                beginnings: beginnings?.part(place)
            )
            return (sum, prompts)
        }
    }

    /// The part of a mix that a request is of; nil without a mix.
    func part(at index: Int) -> Prompts? {
        guard let last = parts.last else { return nil }
        var generator = generator(key: choices, index: index)
        let draw = generator.unit()
        return (parts.first { draw < $0.upTo } ?? last).prompts
    }

    /// The place of that part in the mix.
    public func partIndex(at index: Int) -> Int? {
        guard !parts.isEmpty else { return nil }
        var generator = generator(key: choices, index: index)
        let draw = generator.unit()
        return parts.firstIndex { draw < $0.upTo } ?? parts.count - 1
    }

    /// How long after it was sent the user gives up on the request of that number; nil = waits for the end.
    public func patience(at index: Int) -> Duration? {
        guard let impatience = workload.impatience else { return nil }
        var generator = generator(key: users, index: index)
        guard generator.unit() < impatience.share else { return nil }
        return impatience.after.draw(using: &generator)
    }

    /// What the prompt brings besides its messages; nil for synthetic ones.
    public func prompt(at index: Int) -> Prompt? {
        if let part = part(at: index) { return part.prompt(at: index) }
        guard case .list(let prompts) = workload.source, !prompts.isEmpty else { return nil }
        return prompts[index % prompts.count]
    }

    /// The cap on output tokens: the prompt's own where it brings one, else the workload's.
    public func maxTokens(at index: Int) -> Int {
        if let part = part(at: index) { return part.maxTokens(at: index) }
        if let own = prompt(at: index)?.maxTokens { return own }
        var generator = generator(key: caps, index: index)
        return workload.maxTokens.draw(using: &generator)
    }

    /// Tokens that the prompt of that index is to have; nil where its text is the user's.
    public func askedTokens(at index: Int) -> Int? {
        if let part = part(at: index) { return part.askedTokens(at: index) }
        guard case .synthetic(let most) = workload.source else { return nil }
        return inputTokens(at: index, most: most)
    }

    func inputTokens(at index: Int, most: Int) -> Int {
        guard let length = workload.inputLength else { return most }
        var generator = generator(key: lengths, index: index)
        return length.draw(using: &generator)
    }

    /// - Parameter nonce: the number of the nonce, where it is not the prompt's: two requests with one prompt.
    public func text(at index: Int, nonce: Int? = nil) -> PromptText {
        let number = nonce ?? index
        if let place = partIndex(at: index) {
            var text = parts[place].prompts.text(at: index, nonce: number)
            text.repetition = text.repetition.ofKind(place)
            return text
        }
        switch workload.source {
        case .synthetic(let most):
            let tokens = inputTokens(at: index, most: most)
            return synthetic(tokens: tokens, index: index, nonce: number)
        case .list(let prompts):
            guard !prompts.isEmpty else { return PromptText([]) }
            let place = index % prompts.count
            var messages = prompts[place].messages
            guard workload.cache == .avoid else {
                return PromptText(messages, Repetition(prompt: place, share: beginnings?.share(at: place) ?? 0))
            }
            if !messages.isEmpty { messages[0].content = self.nonce(index: number) + messages[0].content }
            return PromptText(messages)
        }
    }

    public func messages(at index: Int, nonce: Int? = nil) -> [Prompt.Message] {
        text(at: index, nonce: nonce).messages
    }

    /// A prompt that is none of the user's: a job's warm-up must not have its prompts answered, or cached, beforehand.
    public func warmup(at index: Int) -> PromptText {
        switch workload.source {
        case .synthetic: text(at: index)
        case .list: synthetic(tokens: Self.warmupTokens, index: index, nonce: index)
        }
    }

    /// Of a warm-up's prompt where the prompts are the user's.
    public static let warmupTokens = 64

    /// About `tokens` tokens by `costs`: the nonce, words and full stops, the closing request.
    ///
    /// The words are among the commonest of English, which byte-pair vocabularies hold whole, with the space before. The
    /// target's own usage figures are what is reported.
    ///
    /// A conversation's first question is as any prompt; later ones come after it, so that they need no nonce, share no
    /// beginning, and have the template's words but once.
    func synthetic(tokens: Int, index: Int, nonce number: Int? = nil, turn: Int = 0) -> PromptText {
        var left = Double(tokens) - (turn == 0 ? costs.template : 0)
        let shared = sharedPrefix(tokens: turn == 0 ? Int(workload.sharedPrefix * max(0, left)) : 0)
        left -= Double(shared.tokens)
        if left <= 0, !shared.text.isEmpty { return PromptText(user: shared.text, shared: shared.text.utf8.count) }
        var text = ""
        var generator = generator(key: texts, index: workload.cache == .avoid ? index : turn)
        if workload.cache == .avoid, turn == 0 {
            text = nonce(index: number ?? index)
            left -= costs.nonce
        }
        let asks = left > 2 * costs.closing
        if asks { left -= costs.closing }
        text += Words.prose(units: max(1, costs.units(left)), follows: !text.isEmpty) { Self.word(&generator) }
        let whole = shared.text + (asks ? text + ".\n\n" + Self.closing : text)
        guard turn == 0 else { return PromptText(user: whole, shared: 0) }
        if workload.cache == .avoid { return PromptText(user: whole, shared: shared.text.utf8.count) }
        // Of one length all are one text; of several they part at the end of the shorter one, or of its shared part.
        let common = shared.text.isEmpty ? text : shared.text
        return PromptText(user: whole, shared: common.utf8.count, number: tokens)
    }

    /// The beginning that all prompts of the run share: the run's own nonce, then the same words for all, the first so
    /// many of them. Two prompts of different lengths agree as far as the shorter beginning goes.
    private func sharedPrefix(tokens: Int) -> (text: String, tokens: Int) {
        guard tokens > 0 else { return ("", 0) }
        var generator = SplitMix64(seed: texts &+ 1)
        let begin = workload.cache == .avoid ? nonce(index: -1) : ""
        let units = costs.units(Double(tokens) - (begin.isEmpty ? 0 : costs.nonce))
        return (begin + Words.prose(units: units) { Self.word(&generator) } + "\n\n", tokens)
    }

    /// That of a prompt of so many tokens.
    func sharedPrefix(of tokens: Int) -> String {
        sharedPrefix(tokens: Int(workload.sharedPrefix * max(0, Double(tokens) - costs.template))).text
    }

    private static func word(_ generator: inout SplitMix64) -> String {
        Words.common[Int(generator.unit() * Double(Words.common.count))]
    }

    private static let closing = "Tell a long story that uses all of these words, without an end."

    func nonce(index: Int) -> String { Self.nonce(seed: texts ^ salt, index: index) }

    /// Sixteen hexadecimal digits that no other index of the run has, and an empty line: SplitMix64's output is a
    /// bijection of its state.
    static func nonce(seed: UInt64, index: Int) -> String {
        var generator = SplitMix64(seed: seed &+ UInt64(bitPattern: Int64(index)) &* gamma)
        let digits = Array("0123456789abcdef".utf8)
        let value = generator.next()
        let text = stride(from: UInt64(60), through: 0, by: -4).map { digits[Int(value >> $0 & 15)] }
        return String(decoding: text, as: UTF8.self) + "\n\n"
    }

    /// Hashing the index twice keeps the streams of neighbours apart; seeds one step apart would give shifted copies.
    func generator(key: UInt64, index: Int) -> SplitMix64 {
        var hash = SplitMix64(seed: key ^ UInt64(bitPattern: Int64(index)) &* Self.gamma)
        return SplitMix64(seed: hash.next())
    }

    private static let gamma: UInt64 = 0xd134_2543_de82_ef95  // odd, so a bijection; not SplitMix64's own
}

extension PromptText {
    /// One message, of which so many bytes at its head are what other prompts begin with.
    fileprivate init(user text: String, shared: Int, number: Int? = nil) {
        self.init([Prompt.Message(role: "user", content: text)])
        guard shared > 0 else { return }
        repetition = Repetition(prompt: number, prefix: 0, share: Double(shared) / Double(max(1, text.utf8.count)))
    }
}
