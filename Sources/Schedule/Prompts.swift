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

/// Common English words of which synthetic prompts are made.
enum Words {
    static let common: [String] = """
        the and for that with this from they have not are but was his her all one out who when what some time could \
        people than other about into then them these only over think also back after use two how our work first well \
        way even new want because any give day most find tell ask work seem feel try leave call good great little own \
        old right big high different small large next early young important few public bad same able water long place \
        world still nation hand part child eye woman life man case week company system program question government \
        number night point home room mother area money story fact month lot study book job word business issue side \
        kind head house service friend father power hour game line end member law car city community name president \
        team minute idea body information parent face level office door health person art war history party result \
        change morning reason research girl guy moment air teacher force education foot boy age policy process music \
        market sense plan interest death experience effect class control field development role effort rate heart drug \
        show light voice wife police mind price decision son view relationship town road difference value building \
        action model season society tax director position player record paper space ground form event matter center \
        project activity star table need court oil situation cost industry figure street image phone data picture
        """.split(separator: " ").map(String.init)
}
