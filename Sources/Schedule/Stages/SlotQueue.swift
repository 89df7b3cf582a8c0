import Ticks

/// Free slots, each with the instant from which it may be used, the earliest first.
///
/// Instants come almost sorted (now, or now plus a short pause), so an insertion from the back costs next to nothing.
struct SlotQueue: Sendable {
    private var instants: [Instant] = []  // ascending from `head`
    private var head = 0

    var count: Int { instants.count - head }
    var first: Instant? { head < instants.count ? instants[head] : nil }

    mutating func reserve(_ capacity: Int) { instants.reserveCapacity(capacity) }

    mutating func insert(_ instant: Instant) {
        if head > 64 && head * 2 > instants.count {
            instants.removeFirst(head)
            head = 0
        }
        var position = instants.count
        while position > head && instants[position - 1] > instant { position -= 1 }
        instants.insert(instant, at: position)
    }

    /// Takes the slots that share the earliest instant, if it is not after `now`.
    mutating func takeFirst(notAfter now: Instant, atMost limit: Int) -> (count: Int, instant: Instant)? {
        guard limit > 0, let first, first <= now else { return nil }
        var count = 0
        while count < limit && head < instants.count && instants[head] == first {
            head += 1
            count += 1
        }
        if head == instants.count { removeAll() }
        return (count, first)
    }

    /// Σ time from each slot's instant, or `start` where that is later, to `end`, nanoseconds.
    func area(from start: Instant, to end: Instant) -> Int64 {
        instants[head...].reduce(0) { $0 + max(0, end.nanoseconds(since: max($1, start))) }
    }

    /// No slot may be used before it opens: the n-th one at `opening(n)`.
    mutating func postpone(until opening: (Int) -> Instant) {
        let free = instants[head...]
        removeAll()
        for (place, instant) in Array(free).enumerated() { insert(max(instant, opening(place))) }
    }

    mutating func removeAll() {
        instants.removeAll(keepingCapacity: true)
        head = 0
    }
}
