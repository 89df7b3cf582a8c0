import Ticks

/// The prompt and the token cap of the request with a given index: a pure function of seed and index.
///
/// Requests of a run have indices 0, 1, 2, ... in one sequence for all its phases; loop k of n takes k, k + n, k + 2n.
/// Texts come out equal for equal seeds. The nonce that `cache: avoid` puts first depends on `salt` too: with the same
/// seed an hour later a server's prefix cache must miss again, and the engine gives each run a salt of its own.
public struct Prompts: Sendable {
    let workload: Workload
    private let salt: UInt64
    private let texts: UInt64  // key of the stream of texts
    private let caps: UInt64  // key of the stream of token caps
    private let lengths: UInt64  // of lengths of prompts
    private let users: UInt64  // of who gives up
    private let choices: UInt64  // of parts of a mix
    let turnCounts: UInt64  // of questions a conversation
    let thinks: UInt64  // of the time between an answer and the next question
    let isScripted: Bool  // its list's prompts are whole conversations
    private let parts: [(upTo: Double, prompts: Prompts)]  // shares added up

    public init(workload: Workload, seed: UInt64, salt: UInt64 = 0) {
        self.workload = workload
        self.salt = salt
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
            return (sum, Prompts(workload: part.workload, seed: seed &+ UInt64(place + 1), salt: salt))
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

    /// Tokens of the synthetic prompt with that index, about.
    func inputTokens(at index: Int, most: Int) -> Int {
        guard let length = workload.inputLength else { return most }
        var generator = generator(key: lengths, index: index)
        return length.draw(using: &generator)
    }

    /// - Parameter nonce: the number of the nonce, where it is not the prompt's: two requests with one prompt.
    public func messages(at index: Int, nonce: Int? = nil) -> [Prompt.Message] {
        let number = nonce ?? index
        if let part = part(at: index) { return part.messages(at: index, nonce: number) }
        switch workload.source {
        case .synthetic(let most):
            let tokens = inputTokens(at: index, most: most)
            return [Prompt.Message(role: "user", content: synthetic(tokens: tokens, index: index, nonce: number))]
        case .list(let prompts):
            guard !prompts.isEmpty else { return [] }
            var messages = prompts[index % prompts.count].messages
            if workload.cache == .avoid && !messages.isEmpty {
                messages[0].content = self.nonce(index: number) + "\n\n" + messages[0].content
            }
            return messages
        }
    }

    /// A prompt that is none of the user's: a job's warm-up must not have its prompts answered, or cached, beforehand.
    public func warmup(at index: Int) -> [Prompt.Message] {
        switch workload.source {
        case .synthetic: messages(at: index)
        case .list:
            [Prompt.Message(role: "user", content: synthetic(tokens: Self.warmupTokens, index: index, nonce: index))]
        }
    }

    private static let warmupTokens = 64

    /// About `tokens` tokens: the nonce about ten, each word and each full stop one, the closing request fifteen.
    ///
    /// The words are among the commonest of English, which byte-pair vocabularies hold whole, with the space before.
    /// What a server counts besides (its chat template) is not in this; its own usage figures are what is reported.
    ///
    /// A conversation's first question is as any prompt; later ones come after it, so that they need no nonce and share
    /// no beginning.
    func synthetic(tokens: Int, index: Int, nonce number: Int? = nil, turn: Int = 0) -> String {
        var left = tokens
        let shared = sharedPrefix(tokens: turn == 0 ? Int(workload.sharedPrefix * Double(tokens)) : 0)
        left -= shared.tokens
        if left <= 0 { return shared.text }
        var text = ""
        var generator = generator(key: texts, index: workload.cache == .avoid ? index : turn)
        if workload.cache == .avoid, turn == 0 {
            text = nonce(index: number ?? index) + "\n\n"
            left -= Self.nonceTokens
        }
        let asks = left > 2 * Self.closingTokens
        if asks { left -= Self.closingTokens }
        var inSentence = 0
        repeat {
            if inSentence == 12 {
                text += "."
                inSentence = 0
            } else {
                let word = Words.common[Int(generator.unit() * Double(Words.common.count))]
                text += (inSentence == 0 && text.isEmpty ? "" : " ") + word
                inSentence += 1
            }
            left -= 1
        } while left > 0
        return shared.text + (asks ? text + ".\n\n" + Self.closing : text)
    }

    /// The beginning that all prompts of the run share: the run's own nonce, then the same words for all, the first so
    /// many of them. Two prompts of different lengths agree as far as the shorter beginning goes.
    private func sharedPrefix(tokens: Int) -> (text: String, tokens: Int) {
        guard tokens > 0 else { return ("", 0) }
        var text = workload.cache == .avoid ? nonce(index: -1) + "\n\n" : ""
        var generator = SplitMix64(seed: texts &+ 1)
        for word in 0..<max(0, tokens - (text.isEmpty ? 0 : Self.nonceTokens)) {
            text += (word == 0 ? "" : " ") + Words.common[Int(generator.unit() * Double(Words.common.count))]
        }
        return (text + "\n\n", tokens)
    }

    private static let nonceTokens = 10
    private static let closingTokens = 15
    private static let closing = "Tell a long story that uses all of these words, without an end."

    /// Sixteen hexadecimal digits that no other index of the run has: SplitMix64's output is a bijection of its state.
    func nonce(index: Int) -> String {
        var generator = SplitMix64(seed: texts ^ salt &+ UInt64(bitPattern: Int64(index)) &* Self.gamma)
        let digits = Array("0123456789abcdef".utf8)
        let value = generator.next()
        let text = stride(from: UInt64(60), through: 0, by: -4).map { digits[Int(value >> $0 & 15)] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Hashing the index twice keeps the streams of neighbours apart; seeds one step apart would give shifted copies.
    func generator(key: UInt64, index: Int) -> SplitMix64 {
        var hash = SplitMix64(seed: key ^ UInt64(bitPattern: Int64(index)) &* Self.gamma)
        return SplitMix64(seed: hash.next())
    }

    private static let gamma: UInt64 = 0xd134_2543_de82_ef95  // odd, so a bijection; not SplitMix64's own
}

/// Common short English words of which synthetic prompts are made.
///
/// A byte-pair vocabulary holds each of them whole, so a word is a token. Their mean length also fits the rule of thumb
/// of four bytes a token, by which servers without a tokenizer count (the simulated provider is one).
enum Words {
    static let common: [String] = """
        the and for that with this from they have not are but was his her all one out who when what some time into \
        then them only over also back use two how our work well way even new want any give day most find tell ask \
        seem feel try call good own old big high next few bad same able long hand part eye man life case week home \
        room area fact lot book job word side head hour game line end law car city name team idea body face door art \
        war girl guy air boy age plan role rate mind view road town tax form need oil data is it of to in as at be \
        by he on or we do no go up so if me my us an see get now she you can did has had its let say may too yet set \
        run put sun sea top yes low hot red far ago add arm bit box buy cup cut dog dry eat egg fit fly fun got hit \
        ice key leg lie lip map mix net odd pay pen pot row sad sit six sky ten tie tip toy wet win won act aim bag \
        bar bed bus cat cow base bear best blue boat bone both busy cold come cook cool dark dead deal deep desk \
        down draw each east easy edge else ever
        """.split(separator: " ").map(String.init)
}
