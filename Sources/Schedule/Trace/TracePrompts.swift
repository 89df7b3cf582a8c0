import Ticks

/// Prompts of a given number of tokens, for requests of a trace: common words of three letters, so that a word is four
/// bytes with the space before it: a token by a byte-pair vocabulary and by the rule of thumb alike, unless a calibration
/// found otherwise.
///
/// Where the trace names a prompt's blocks, equal blocks are equal text, and nothing else is: a server's prefix cache
/// finds what it would have found. Where it does not, prompts differ from the first token on. The words that tell a
/// block's name are its first eight (55 bits); the rest is taken from a text made once, since a prompt of a hundred
/// thousand tokens must not take long to write.
public struct TracePrompts: Sendable {
    private static let naming = 8
    private static let poolWords = 1 << 16
    private static let bytesPerWord = 4

    private let blocks: UInt64  // key of the blocks' texts
    private let singles: UInt64  // key of the prompts that share nothing
    private let pool: [UInt8]  // " abc" after " abc"
    private let costs: PromptCosts

    /// - Parameters:
    ///   - salt: makes the texts of this run differ from those of an earlier one with the same seed.
    ///   - costs: what the words take in tokens.
    public init(seed: UInt64, salt: UInt64 = 0, costs: PromptCosts = .assumed) {
        self.costs = costs
        var keys = SplitMix64(seed: seed ^ salt, stream: "trace")
        (blocks, singles) = (keys.next(), keys.next())
        var generator = SplitMix64(seed: keys.next())
        var pool: [UInt8] = []
        pool.reserveCapacity(Self.poolWords * Self.bytesPerWord)
        for _ in 0..<Self.poolWords { pool += Words.short[Int(generator.next() % UInt64(Words.short.count))] }
        self.pool = pool
    }

    /// Bytes of the prompt of so many tokens.
    public func bytes(tokens: Int) -> Int { Self.bytesPerWord * costs.traceWords(prompt: tokens) }

    /// Every word once: what a word takes on average.
    static var sample: String { String(decoding: Words.short.flatMap(\.self).dropFirst(), as: UTF8.self) }
    static var sampleWords: Int { Words.short.count }

    /// Appends the text of a row's prompt: ASCII letters and spaces, `bytes(tokens:)` of them.
    /// - Parameter index: tells it from the other rows where no blocks do.
    public func append(_ row: Trace.Row, tokens: Int, index: Int, blockTokens: Int, to text: inout [UInt8]) {
        let begin = text.count
        let words = costs.traceWords(prompt: tokens)
        if row.blocks.isEmpty {
            append(words, named: mixed(singles, index), to: &text)
        } else {
            var left = words
            let ofBlock = costs.traceWords(text: blockTokens)
            for (place, block) in row.blocks.enumerated() where left > 0 {
                let isLast = place == row.blocks.count - 1  // takes what rounding left
                append(isLast ? left : min(left, ofBlock), named: mixed(blocks, Int(block)), to: &text)
                left -= ofBlock
            }
        }
        // No space at the head: a word of four letters takes the place of space and three.
        guard text.count - begin >= Self.bytesPerWord else { return }
        let first = Words.long[Int(text[begin + 1] &+ text[begin + 2] &* 7 &+ text[begin + 3] &* 31) % Words.long.count]
        text.replaceSubrange(begin..<begin + Self.bytesPerWord, with: first)
    }

    /// The same of a row that is replayed: those of one conversation begin with one text.
    public func append(_ arrival: Int, of replay: Replay, tokens: Int, to text: inout [UInt8]) {
        append(
            replay.trace[arrival],
            tokens: tokens,
            index: replay.beginning(of: arrival),
            blockTokens: replay.blockTokens,
            to: &text
        )
    }

    private func mixed(_ key: UInt64, _ index: Int) -> UInt64 {
        var hash = SplitMix64(seed: key ^ UInt64(bitPattern: Int64(index)) &* 0xd134_2543_de82_ef95)
        return hash.next()
    }

    private func append(_ words: Int, named name: UInt64, to text: inout [UInt8]) {
        var rest = name
        let count = UInt64(Words.short.count)
        for _ in 0..<min(words, Self.naming) {
            text += Words.short[Int(rest % count)]
            rest /= count
        }
        var left = words - Self.naming
        var place = Int(name >> 40) % Self.poolWords
        while left > 0 {
            let run = min(left, Self.poolWords - place)
            text += pool[place * Self.bytesPerWord..<(place + run) * Self.bytesPerWord]
            left -= run
            place = 0
        }
    }
}

extension Words {
    /// A space and three letters.
    fileprivate static let short: [[UInt8]] = common.filter { $0.utf8.count == 3 }.map { Array((" " + $0).utf8) }
    /// Four letters.
    fileprivate static let long: [[UInt8]] = common.filter { $0.utf8.count == 4 }.map { Array($0.utf8) }
}
