public import Ticks

/// One request of an open loop.
public struct Arrival: Sendable, Hashable {
    public var index: Int  // in the stage's plan
    public var scheduled: Instant
    /// How long it had to wait for a place under the cap, nanoseconds; 0 where there was one.
    public var queued: Int64 = 0
}

/// Lets arrivals go when they are due, as far as the cap allows: the open loop's part of `StageShaper`.
///
/// Those that wait for a place are not stored: they are the arrivals that are due and have not gone, in their order.
struct ArrivalPacer: Sendable {
    private var start: Instant
    private let limit: Int
    private let overflow: Arrivals.Overflow
    private var cursor: ArrivalCursor
    private var upcoming: (index: Int, due: Instant)?
    private var counter: ArrivalCursor  // runs ahead to count what is due
    private var counted: (taken: Int, upcoming: Instant?)
    private var gone = 0
    private var isBlocked = false
    private var freed: Instant  // when a place last became free for one that waited
    private var end = Instant.distantFuture  // nothing that is due later exists

    init(_ arrivals: Arrivals, start: Instant) {
        self.start = start
        limit = arrivals.limit
        overflow = arrivals.overflow
        cursor = arrivals.makeCursor()
        counter = cursor
        counted = (0, nil)
        freed = start
        upcoming = Self.advance(&cursor, start)
        counted.upcoming = Self.advance(&counter, start)?.due
    }

    private static func advance(_ cursor: inout ArrivalCursor, _ start: Instant) -> (index: Int, due: Instant)? {
        cursor.next().map { ($0.index, start.advanced(byNanoseconds: $0.offset)) }
    }

    /// Whether every arrival has gone or was given up.
    var isExhausted: Bool { upcoming == nil }

    /// When the next one is, or was, due; nil after the last.
    var due: Instant? { upcoming?.due }

    /// When the next one is due; nil after the last, and while those that are due wait for a place.
    var wake: Instant? { isBlocked ? nil : upcoming?.due }

    /// All that is to come comes later.
    mutating func delay(by nanoseconds: Int64) {
        start = start.advanced(byNanoseconds: nanoseconds)
        upcoming = upcoming.map { ($0.index, $0.due.advanced(byNanoseconds: nanoseconds)) }
        counted.upcoming = counted.upcoming?.advanced(byNanoseconds: nanoseconds)
        freed = freed.advanced(byNanoseconds: nanoseconds)
        if end < .distantFuture { end = end.advanced(byNanoseconds: nanoseconds) }
    }

    enum Step { case send(Arrival), shed(Arrival) }

    /// The next arrival that is due and can go, or must be given up for want of a place.
    mutating func next(at now: Instant, inFlight: Int) -> Step? {
        guard let (index, due) = upcoming, due <= now else { return nil }
        var arrival = Arrival(index: index, scheduled: due)
        if inFlight >= limit {
            if overflow == .queue {
                isBlocked = true
                return nil
            }
            take()
            return .shed(arrival)
        }
        isBlocked = false
        arrival.queued = max(0, freed.nanoseconds(since: due))
        take()
        return .send(arrival)
    }

    /// One in flight has ended.
    mutating func slotFreed(at now: Instant, inFlight: Int) {
        guard isBlocked, inFlight < limit else { return }
        isBlocked = false
        freed = now
    }

    /// Gives up the next arrival that was due by `instant`.
    mutating func giveUp(dueBy instant: Instant) -> Arrival? {
        guard let (index, due) = upcoming, due <= instant else { return nil }
        take()
        return Arrival(index: index, scheduled: due)
    }

    /// Forgets what is not due yet.
    mutating func cut(after instant: Instant) {
        end = min(end, instant)
        if let upcoming, upcoming.due > end { self.upcoming = nil }
    }

    /// Arrivals that are due and have not gone.
    mutating func backlog(at now: Instant) -> Int {
        while let due = counted.upcoming, due <= now {
            counted.taken += 1
            counted.upcoming = Self.advance(&counter, start)?.due
        }
        return max(0, counted.taken - gone)
    }

    private mutating func take() {
        gone += 1
        upcoming = Self.advance(&cursor, start)
        if let upcoming, upcoming.due > end { self.upcoming = nil }
    }
}
