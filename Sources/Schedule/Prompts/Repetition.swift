/// What a request's prompt has in common with others of its run, from its first word on: what a server that forgets nothing
/// would find in its prefix cache.
public struct Repetition: Sendable, Hashable {
    /// The number of the whole prompt, where others are the same word for word; nil = none is.
    public var prompt: Int?
    /// The number of its beginning, where others begin with it, or with a shorter or longer piece of it; nil = none does.
    public var prefix: Int?
    /// That beginning's share of the prompt's text, by bytes, 0...1. Without a number: of what surely was sent before it, such
    /// as the conversation so far.
    public var share = 0.0

    public init(prompt: Int? = nil, prefix: Int? = nil, share: Double = 0) {
        (self.prompt, self.prefix, self.share) = (prompt, prefix, share)
    }

    public static let none = Repetition()

    /// Prompts of different kinds in one run share nothing: each kind has numbers of its own.
    func ofKind(_ kind: Int) -> Repetition {
        let first = (kind + 1) << 40
        return Repetition(prompt: prompt.map { first + $0 }, prefix: prefix.map { first + $0 }, share: share)
    }

    /// Of a trace's row: its blocks that rows before it have, too, and itself where the trace is replayed again.
    public static func ofTrace(row: Int, share: Double) -> Repetition {
        Repetition(prompt: row, share: share).ofKind(1 << 20)
    }
}

/// A prompt as it is sent, and what it repeats.
public struct PromptText: Sendable, Hashable {
    public var messages: [Prompt.Message]
    public var repetition = Repetition.none

    init(_ messages: [Prompt.Message], _ repetition: Repetition = .none) {
        (self.messages, self.repetition) = (messages, repetition)
    }
}

/// For each prompt of a list the longest beginning that it has in common with one before it in the list.
public struct ListBeginnings: Sendable, Hashable {
    private var shares: [Float] = []  // of the prompt's text
    private var parts: [ListBeginnings] = []  // of a mix

    /// Looks for them where prompts are sent as they are: behind a nonce nothing is common.
    init(_ workload: Workload) {
        parts = workload.mix.map { ListBeginnings($0.workload) }
        guard workload.cache == .allow, case .list(let prompts) = workload.source, prompts.count > 1 else { return }
        shares = Self.shares(prompts.map(\.messages))
    }

    func share(at place: Int) -> Double { shares.indices.contains(place) ? Double(shares[place]) : 0 }

    func part(_ place: Int) -> ListBeginnings? { parts.indices.contains(place) ? parts[place] : nil }

    /// In order of their texts the longest common beginning is with a neighbour. The last of the list is looked at with all
    /// others there and then taken out, so that each has only those before it as neighbours.
    private static func shares(_ prompts: [[Prompt.Message]]) -> [Float] {
        let order = prompts.indices.sorted { a, b in
            let common = common(prompts[a], prompts[b])
            return common.isEqual ? a < b : common.isAscending
        }
        var (before, after) = (prompts.map { _ in -1 }, prompts.map { _ in -1 })
        for (left, right) in zip(order, order.dropFirst()) { (after[left], before[right]) = (right, left) }
        var shares = prompts.map { _ in Float(0) }
        for place in prompts.indices.reversed() {
            let (left, right) = (before[place], after[place])
            let longest = [left, right].filter { $0 >= 0 }.map { common(prompts[place], prompts[$0]).bytes }.max()
            let whole = prompts[place].reduce(0) { $0 + $1.content.utf8.count }
            if let longest, whole > 0 { shares[place] = Float(longest) / Float(whole) }
            if left >= 0 { after[left] = right }
            if right >= 0 { before[right] = left }
        }
        return shares
    }

    /// Bytes of text in common from the beginning on, and the order of what comes behind.
    private static func common(
        _ a: [Prompt.Message],
        _ b: [Prompt.Message]
    ) -> (bytes: Int, isAscending: Bool, isEqual: Bool) {
        var bytes = 0
        for (one, other) in zip(a, b) {
            guard one.role == other.role else { return (bytes, one.role < other.role, false) }
            let (same, order) = one.content.commonBeginning(other.content)
            bytes += same
            if order != 0 { return (bytes, order < 0, false) }
        }
        return (bytes, a.count < b.count, a.count == b.count)
    }
}

extension String {
    /// Bytes in common from the beginning on, and how this text stands to the other in the order of bytes: −1, 0, 1.
    func commonBeginning(_ other: String) -> (bytes: Int, order: Int) {
        let found = utf8.withContiguousStorageIfAvailable { a in
            other.utf8.withContiguousStorageIfAvailable { b in
                let shorter = Swift.min(a.count, b.count)
                var place = 0
                while place < shorter, a[place] == b[place] { place += 1 }
                if place < shorter { return (place, a[place] < b[place] ? -1 : 1) }
                return (place, (a.count - b.count).signum())
            }
        }
        if case .some(.some(let found)) = found { return found }
        var (one, two) = (self, other)  // texts that are not kept in one piece
        one.makeContiguousUTF8()
        two.makeContiguousUTF8()
        return one.commonBeginning(two)
    }
}
