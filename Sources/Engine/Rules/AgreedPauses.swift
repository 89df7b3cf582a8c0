internal import Ticks

/// When nothing is sent, by agreement. Beginning and end of a pause are agreed some milliseconds ahead, so that the next one
/// may be agreed before the last is over.
struct AgreedPauses: Sendable, Hashable {
    private var beginning: Instant?  // of the one whose end is not agreed yet
    private var last: Range<Instant>?

    mutating func begin(at instant: Instant) { beginning = beginning ?? instant }

    /// - Returns: how long the pause was, nanoseconds; nil where there was none.
    @discardableResult
    mutating func end(at instant: Instant) -> Int64? {
        guard let begun = beginning else { return nil }
        beginning = nil
        last = begun..<max(begun, instant)
        return max(0, instant.nanoseconds(since: begun))
    }

    /// Until when nothing is sent, where that is so: `distantFuture` while no end is agreed.
    func ends(after now: Instant) -> Instant? {
        if let beginning, now >= beginning { return .distantFuture }
        return last.flatMap { $0.contains(now) ? $0.upperBound : nil }
    }

    /// Whether a request of this time ran into a pause, in which the load went away under it.
    func began(from start: Instant, to end: Instant) -> Bool {
        if let beginning, end > beginning { return true }
        return last.map { start < $0.lowerBound && end > $0.lowerBound } ?? false
    }

    /// What of it holds in the next stage.
    var past: AgreedPauses {
        var past = self
        past.beginning = nil
        return past
    }
}
