/// What waits for its instant, taken out by when it is due.
public struct DueQueue<Element> {
    private var waiting: [(due: Instant, element: Element)] = []  // by due, the latest first

    public init() {}

    public var count: Int { waiting.count }
    public var nextDue: Instant? { waiting.last?.due }

    /// Ascending.
    public var dues: [Instant] { waiting.reversed().map(\.due) }

    public mutating func insert(_ element: Element, due: Instant) {
        var low = 0
        var high = waiting.count
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].due > due { low = middle + 1 } else { high = middle }
        }
        waiting.insert((due, element), at: low)
    }

    /// The first of those that are due by then; nil = none is.
    public mutating func take(dueBy instant: Instant) -> Element? {
        guard let last = waiting.last, last.due <= instant else { return nil }
        return waiting.removeLast().element
    }

    public mutating func takeAll() -> [Element] {
        defer { waiting.removeAll() }
        return waiting.map(\.element)
    }

    public mutating func removeAll() { waiting.removeAll() }

    /// Only the first so many stay.
    public mutating func keep(_ count: Int) { waiting.removeFirst(max(0, waiting.count - count)) }
}

extension DueQueue: Sendable where Element: Sendable {}
