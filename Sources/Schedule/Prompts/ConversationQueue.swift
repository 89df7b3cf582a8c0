public import Ticks

/// Conversations whose users think, by when they will ask again.
public struct ConversationQueue: Sendable {
    private var waiting: [(due: Instant, conversation: Conversation)] = []  // by due, the latest first

    public init() {}

    /// Ascending.
    public var dues: [Instant] { waiting.reversed().map(\.due) }

    public mutating func insert(_ conversation: Conversation, due: Instant) {
        var low = 0
        var high = waiting.count
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].due > due { low = middle + 1 } else { high = middle }
        }
        waiting.insert((due, conversation), at: low)
    }

    public mutating func take(dueBy instant: Instant) -> Conversation? {
        guard let last = waiting.last, last.due <= instant else { return nil }
        return waiting.removeLast().conversation
    }

    /// Only the first so many stay.
    public mutating func keep(_ count: Int) { waiting.removeFirst(max(0, waiting.count - count)) }

    public mutating func removeAll() { waiting.removeAll() }
}
