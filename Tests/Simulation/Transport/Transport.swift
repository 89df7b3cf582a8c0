public import Ticks

/// The network and the machine of a simulation, in the names of the real module: requests go nowhere, time passes when
/// nothing else is left to do.

public enum MonotonicClock {
    public static func now() -> Instant { Instant(nanoseconds: World.current.look()) }
    public static func realtimeOffset() -> Int64 { World.current.realtimeOffset }
    public static func boottimeOffset() -> Int64 { World.current.boottimeOffset }
}

public enum ProcessResources {
    public static func threadCPU() -> Int64 { 0 }
    public static func processCPU() -> Int64 { 0 }
    public static func residentBytes() -> Int64 { 50_000_000 }
    public static func descriptors() -> Int { 10 }
    public static func listenOverflows() -> Int64 { 0 }
    public static func stolenTime() -> Int64? { nil }
    public static func throttledTime() -> Int64? { nil }
    public static func loadAverage() -> Double? { nil }
}

public final class RunQueueWait {
    public init() {}
    public func nanoseconds() -> Int64 { 0 }
}

/// Begins when somebody waits for it, or when another one waits for what happens next.
public final class LoopThread: @unchecked Sendable {
    private let body: @Sendable () -> Void
    private var hasBegun = false

    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        self.body = body
        World.current.threads.append(self)
    }

    func begin() {
        World.current.threads.removeAll { $0 === self }
        guard !hasBegun else { return }
        hasBegun = true
        body()
    }

    public func join() { begin() }
    public func detach() {}
    public static func giveWay() {}
    public static func sleep(microseconds: UInt32) {}
}

public final class EventLoop {
    private var afterPoll: [() -> Void] = []
    private var woken: () -> Void = {}
    private var isStopped = false
    private var goesOn = false
    /// Nothing happens on it before: its thread does not run.
    var heldUntil: Int64 = 0
    public private(set) var turnNanoseconds: Int64 = 0
    public let waker = Waker()

    public init() {
        waker.loop = self
        World.current.loops.append(self)
    }

    public func run() { while !isStopped, World.current.step() {} }
    public func stop() { isStopped = true }
    public func onAfterPoll(_ body: @escaping () -> Void) { afterPoll.append(body) }
    public func onBeforePoll(_ body: @escaping () -> Void) {}
    public func onClose(_ body: @escaping () -> Void) {}
    public func onWake(_ body: @escaping () -> Void) { woken = body }
    public func beats(next due: Instant, queued: Int64, by runQueue: RunQueueWait) {}
    public func noteStolen(_ nanoseconds: Int64?) {}

    public func turnAgain() {
        guard !goesOn else { return }
        goesOn = true
        World.current.at(World.current.now, on: self) { [unowned self] in goesOn = false }
    }

    func turn(_ body: () -> Void) {
        guard !isStopped else { return }
        let began = World.current.now
        body()
        turnNanoseconds = World.current.now - began
        for hook in afterPoll where !isStopped { hook() }
    }

    public final class Waker: @unchecked Sendable {
        weak var loop: EventLoop?

        public func wake() {
            guard let loop else { return }
            World.current.at(World.current.now + World.current.draw(200_000), on: loop) { loop.woken() }
        }
    }
}

public final class PreciseTimer {
    private let loop: EventLoop
    private let fire: (Instant) -> Void
    private var armed: Instant?
    private var event: Happening?

    public init(loop: EventLoop, _ fire: @escaping (Instant) -> Void) {
        self.loop = loop
        self.fire = fire
    }

    public func arm(at deadline: Instant) {
        guard armed != deadline else { return }
        disarm()
        armed = deadline
        // A timer is late by a little, and at times by much.
        let world = World.current
        let late = world.chance(0.02) ? world.draw(20_000_000) : world.draw(100_000)
        event = world.at(max(world.now, deadline.nanoseconds) + late, on: loop) { [weak self] in
            guard let self, armed == deadline else { return }
            armed = nil
            fire(deadline)
        }
    }

    public func disarm() {
        armed = nil
        event?.isCancelled = true
        event = nil
    }
}

public enum Resolver {
    public struct Answer: Sendable {
        public var addresses: [String] = []
        public var nanoseconds: Int64 = 0
        public var problem: String?
    }

    public static func resolve(_ host: String, loop: EventLoop, done: @escaping (Answer) -> Void) {
        World.current.at(World.current.now, on: loop) { done(Answer(addresses: ["127.0.0.1"])) }
    }
}
