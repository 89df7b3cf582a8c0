import Ticks

/// The prompt and the token cap of the request with a given index: a pure function of seed and index.
///
/// Requests of a run have indices 0, 1, 2, ... in one sequence for all its phases; loop k of n takes k, k + n, k + 2n.
/// Texts come out equal for equal seeds. The nonce that `cache: avoid` puts first depends on `salt` too: with the same
/// seed an hour later a server's prefix cache must miss again, and the engine gives each run a salt of its own.
public struct Prompts: Sendable {
    private let workload: Workload
    private let salt: UInt64
    private let texts: UInt64  // key of the stream of texts
    private let caps: UInt64  // key of the stream of token caps

    public init(workload: Workload, seed: UInt64, salt: UInt64 = 0) {
        self.workload = workload
        self.salt = salt
        var textKeys = SplitMix64(seed: seed, stream: "prompts")
        texts = textKeys.next()
        var capKeys = SplitMix64(seed: seed, stream: "max_tokens")
        caps = capKeys.next()
    }

    /// The cap on output tokens: the prompt's own where it brings one, else the workload's.
    public func maxTokens(at index: Int) -> Int {
        if case .list(let prompts) = workload.source, !prompts.isEmpty,
            let own = prompts[index % prompts.count].maxTokens
        {
            return own
        }
        switch workload.maxTokens {
        case .fixed(let tokens): return tokens
        case .uniform(let least, let greatest):
            var generator = generator(key: caps, index: index)
            return least + Int(generator.unit() * Double(greatest - least + 1))
        }
    }

    public func messages(at index: Int) -> [Prompt.Message] {
        switch workload.source {
        case .synthetic(let inputTokens):
            return [Prompt.Message(role: "user", content: synthetic(tokens: inputTokens, index: index))]
        case .list(let prompts):
            guard !prompts.isEmpty else { return [] }
            var messages = prompts[index % prompts.count].messages
            if workload.cache == .avoid && !messages.isEmpty {
                messages[0].content = nonce(index: index) + "\n\n" + messages[0].content
            }
            return messages
        }
    }

    /// About `tokens` tokens: the nonce about ten, each word and each full stop one, the closing request fifteen.
    ///
    /// The words are among the commonest of English, which byte-pair vocabularies hold whole, with the space before.
    /// What a server counts besides (its chat template) is not in this; its own usage figures are what is reported.
    private func synthetic(tokens: Int, index: Int) -> String {
        var left = tokens
        var text = ""
        var generator = generator(key: texts, index: workload.cache == .avoid ? index : 0)
        if workload.cache == .avoid {
            text = nonce(index: index) + "\n\n"
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
        return asks ? text + ".\n\n" + Self.closing : text
    }

    private static let nonceTokens = 10
    private static let closingTokens = 15
    private static let closing = "Tell a long story that uses all of these words, without an end."

    /// Sixteen hexadecimal digits that no other index of the run has: SplitMix64's output is a bijection of its state.
    private func nonce(index: Int) -> String {
        var generator = SplitMix64(seed: texts ^ salt &+ UInt64(bitPattern: Int64(index)) &* Self.gamma)
        let digits = Array("0123456789abcdef".utf8)
        let value = generator.next()
        let text = stride(from: UInt64(60), through: 0, by: -4).map { digits[Int(value >> $0 & 15)] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Hashing the index twice keeps the streams of neighbours apart; seeds one step apart would give shifted copies.
    private func generator(key: UInt64, index: Int) -> SplitMix64 {
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
