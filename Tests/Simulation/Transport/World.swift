public import Ticks

/// Everything there is in a simulation: its clock, what will happen next, and what the server does with a request.
///
/// One thread, one world at a time: what happens is decided by the seed alone.
public final class World {
    nonisolated(unsafe) public static var current = World(seed: 0)

    /// Nanoseconds; a little passes with every look at the clock, as it does in truth.
    public private(set) var now: Int64 = 1_000_000_000_000
    public var random: Chance
    /// CLOCK_REALTIME and CLOCK_BOOTTIME less CLOCK_MONOTONIC.
    public var realtimeOffset: Int64 = 1_700_000_000_000_000_000
    public var boottimeOffset: Int64 = 0
    /// When the simulation is given up.
    public var limit: Int64 = .max
    /// What becomes of a request.
    public var serve: (Request) -> Script = { _ in Script([]) }
    /// What was sent, in order.
    public internal(set) var journal: [Request] = []
    /// Why it cannot go on; nil while it can.
    public private(set) var standstill: String?
    public private(set) var steps = 0

    private var future = EventHeap()
    private var order: UInt64 = 0
    var threads: [LoopThread] = []  // that have not begun
    var loops: [EventLoop] = []

    public init(seed: UInt64) { random = Chance(seed: seed) }

    func look() -> Int64 {
        now += 40
        return now
    }

    /// A number from 0 on below `bound`.
    public func draw(_ bound: Int64) -> Int64 { bound <= 1 ? 0 : Int64(random.next() % UInt64(bound)) }

    public func chance(_ share: Double) -> Bool { random.unit() < share }

    /// - Parameter loop: on which it happens; nil: on none, as a signal does
    @discardableResult
    public func at(_ instant: Int64, on loop: EventLoop? = nil, _ body: @escaping () -> Void) -> Happening {
        order += 1
        let event = Happening(at: max(instant, now), order: order, loop: loop, body: body)
        future.insert(event)
        return event
    }

    /// Nothing happens any more. What never happened holds the world that it would have happened in.
    public func end() {
        (future, threads, loops) = (EventHeap(), [], [])
        serve = { _ in Script([]) }
    }

    /// No loop's thread runs for so long; every clock goes on.
    public func stopThreads(for nanoseconds: Int64) {
        haveStood = true
        standstills.append(now..<now + nanoseconds)
        for loop in loops { loop.heldUntil = max(loop.heldUntil, now + nanoseconds) }  // one stop may fall into another
    }
    /// When its threads stood still; one may fall into another.
    public private(set) var standstills: [Range<Int64>] = []
    /// Whether they have.
    public private(set) var haveStood = false

    /// Lets the next thing happen; false when nothing ever will.
    func step() -> Bool {
        steps += 1
        if let thread = threads.first {
            thread.begin()
            return true
        }
        guard standstill == nil, let event = future.removeFirst() else {
            standstill = standstill ?? "nothing is left to happen, and the run has not ended"
            return false
        }
        guard event.at <= limit else {
            standstill = "the run does not end"
            return false
        }
        if event.isCancelled { return true }
        if let loop = event.loop, loop.heldUntil > event.at {
            event.at = loop.heldUntil
            future.insert(event)
            return true
        }
        now = max(now, event.at)
        if let loop = event.loop { loop.turn(event.body) } else { event.body() }
        return true
    }
}

/// Something that is going to happen.
public final class Happening {
    fileprivate(set) var at: Int64
    let order: UInt64
    let loop: EventLoop?
    let body: () -> Void
    var isCancelled = false

    init(at: Int64, order: UInt64, loop: EventLoop?, body: @escaping () -> Void) {
        (self.at, self.order, self.loop, self.body) = (at, order, loop, body)
    }

    func isBefore(_ other: Happening) -> Bool { at != other.at ? at < other.at : order < other.order }
}

/// The next event first.
private struct EventHeap {
    private var events: [Happening] = []

    mutating func insert(_ event: Happening) {
        events.append(event)
        var place = events.count - 1
        while place > 0, events[place].isBefore(events[(place - 1) / 2]) {
            events.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() -> Happening? {
        guard let first = events.first, let last = events.popLast() else { return nil }
        guard !events.isEmpty else { return first }
        events[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < events.count && events[child].isBefore(events[least]) {
                least = child
            }
            if least == place { return first }
            events.swapAt(place, least)
            place = least
        }
    }
}

/// SplitMix64: Steele, Lea and Flood (OOPSLA 2014).
public struct Chance: Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
