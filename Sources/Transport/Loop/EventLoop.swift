internal import CCurl
internal import CLibuv
internal import Glibc
internal import Synchronization
public import Ticks

/// Owns a libuv loop. Everything it calls back runs on the thread that calls `run()`.
///
/// One turn: timers, then `beforePoll` hooks, then the sockets' callbacks, then `afterPoll` hooks. Hooks are where work
/// that callbacks noted gets done, so that nothing is freed under the feet of libcurl or libuv.
public final class EventLoop {
    let raw: UnsafeMutablePointer<uv_loop_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private let async: UnsafeMutablePointer<uv_async_t>
    private var beforePoll: [() -> Void] = []
    private var afterPoll: [() -> Void] = []
    private var gathering: [(Instant) -> Void] = []
    private var standing: [(Range<Instant>) -> Void] = []
    private var onWake: () -> Void = {}
    private var closing: [() -> Void] = []
    private var idling = false
    private var stopped = false

    private(set) var turn = TurnTimes(at: MonotonicClock.now())
    /// Whether `turn.behindSince` is wanted; it costs two system calls a turn while it is not nil.
    var tellsWhenBehind = false
    private var switches: Int64?  // how often this thread had waited for anything before the present poll
    private var firstEvent: Instant?  // of the present turn
    private var runQueue: RunQueueWait?
    private var starvedAtBeat: Int64 = 0
    private var starvedInTurn: Int64?  // since the beat before this turn; asked for at most once a turn
    private var starvedInTurnBefore: Int64?
    private var stolen: Int64?  // as it was last read
    private var machineStood: Bool?  // in the latest poll

    /// Nanoseconds the latest turn spent in the callbacks of its events: what the last of them had to wait.
    public private(set) var turnNanoseconds: Int64 = 0

    /// Told by whoever gets an event first, before it does anything. libuv's own measure of its idle time costs a second
    /// wait for events in each turn.
    func eventBegins() {
        guard firstEvent == nil else { return }
        let now = MonotonicClock.now()
        firstEvent = now
        wakes(at: now)
    }

    private func wakes(at now: Instant) {
        let waited = switches.map { ProcessResources.threadWaits() > $0 } ?? false
        turn.wakes(at: now, waited: waited || !tellsWhenBehind)
        if let standstill = turn.standstill { for hook in standing { hook(standstill) } }
        starvedInTurnBefore = starvedInTurn
        starvedInTurn = nil
        machineStood = nil
    }

    // MARK: what it was kept from

    /// Tells when the loop will be woken next, whatever happens, and how long its thread has waited for a core so far. A
    /// loop without beats does not know when it was stopped.
    public func beats(next due: Instant, queued: Int64, by runQueue: RunQueueWait) {
        turn.wakesBy = due
        // Reads that follow in this turn must still know what its poll was.
        if self.runQueue != nil, starvedInTurn == nil { starvedInTurn = max(0, queued - starvedAtBeat) }
        starvedAtBeat = queued
        self.runQueue = runQueue
    }

    /// Tells the machine's stolen time, now and then.
    public func noteStolen(_ nanoseconds: Int64?) { stolen = nanoseconds }

    /// By how much bytes of a read of this turn may have arrived before `stamp`, nanoseconds; for those with others behind
    /// them.
    func lateness(of stamp: Instant) -> Int64 {
        if starvedInTurn == nil { starvedInTurn = runQueue.map { max(0, $0.nanoseconds() - starvedAtBeat) } ?? 0 }
        let starved = starvedInTurn ?? 0
        // Where nobody asked in the turn before, what is known since the beat holds its part.
        return turn.lateness(of: stamp, starved: starved, before: starvedInTurnBefore ?? starved)
    }

    /// Whether in the latest poll the whole machine stood still, so that the kernel stamped nothing in time. The host says
    /// so in steps of 10 ms: at least half of the time held must be told as stolen.
    var machineStoodStill: Bool {
        guard turn.held > 0, let before = stolen else { return false }
        if let machineStood { return machineStood }
        stolen = ProcessResources.stolenTime()
        let stood = (stolen ?? before) - before >= turn.held / 2
        machineStood = stood
        return stood
    }

    func ledger(at now: Instant) -> LoopLedger {
        LoopLedger(
            busy: turn.busy + now.nanoseconds(since: turn.woke),
            stopped: turn.stopped,
            starved: runQueue?.nanoseconds() ?? 0,
            cpu: ProcessResources.threadCPU()
        )
    }

    /// The one door from another thread.
    public let waker: Waker

    public init() {
        raw = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        check = .allocate(capacity: 1)
        idle = .allocate(capacity: 1)
        async = .allocate(capacity: 1)
        SystemFailure.check(uv_loop_init(raw), "make an event loop")
        uv_prepare_init(raw, prepare)
        uv_check_init(raw, check)
        uv_idle_init(raw, idle)
        waker = Waker(address: UInt(bitPattern: async))
        let made = uv_async_init(raw, async) { handle in
            let loop = EventLoop.of(handle?.pointee.data)
            loop.eventBegins()
            loop.onWake()
        }
        SystemFailure.check(made, "make an event loop's door")
        let me = Unmanaged.passUnretained(self).toOpaque()
        prepare.pointee.data = me
        check.pointee.data = me
        async.pointee.data = me
        uv_prepare_start(prepare) { handle in EventLoop.of(handle?.pointee.data).willPoll() }
        uv_check_start(check) { handle in EventLoop.of(handle?.pointee.data).didPoll() }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> EventLoop {
        guard let pointer else { preconditionFailure("a libuv handle without its loop") }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Runs until `stop()`; then closes every handle and returns. A loop runs once.
    public func run() {
        while !stopped { uv_run(raw, UV_RUN_DEFAULT) }
        for close in closing.reversed() { close() }
        waker.disconnect()
        close(prepare)
        close(check)
        close(idle)
        close(async)
        while uv_loop_close(raw) == UV_EBUSY.rawValue { uv_run(raw, UV_RUN_ONCE) }
        // Only now has libuv let go of every handle, whose memory the closures' owners hold.
        closing.removeAll()
        beforePoll.removeAll()
        afterPoll.removeAll()
        gathering.removeAll()
        standing.removeAll()
        onWake = {}
        spate_forget_sockets()
    }

    /// Ends `run()` after the present turn.
    public func stop() {
        stopped = true
        uv_stop(raw)
    }

    /// Adds work for each turn, before the loop waits.
    public func onBeforePoll(_ body: @escaping () -> Void) { beforePoll.append(body) }
    /// Adds what takes bytes of its own accord in each turn, behind the sockets' callbacks and as one of them.
    func onGather(_ body: @escaping (Instant) -> Void) { gathering.append(body) }
    /// Adds work for each turn, after the sockets' callbacks.
    public func onAfterPoll(_ body: @escaping () -> Void) { afterPoll.append(body) }
    /// Adds what is told, before anything is read, that the loop had not looked for `TurnTimes.shortestStandstill` or more.
    func onStandstill(_ body: @escaping (Range<Instant>) -> Void) { standing.append(body) }
    /// What `waker.wake()` calls, on this loop's thread. Several wakes may give one call.
    public func onWake(_ body: @escaping () -> Void) { onWake = body }
    /// Adds what must be closed before the loop is.
    public func onClose(_ body: @escaping () -> Void) { closing.append(body) }

    /// Makes the next turn start at once, and not wait for an event where its hooks have been called already.
    public func turnAgain() {
        guard !idling else { return }
        idling = true
        uv_idle_start(idle) { _ in }
    }

    private func willPoll() {
        guard !stopped else { return }
        for hook in beforePoll { hook() }
        spate_turn_ends()
        turn.polls(at: MonotonicClock.now())
        switches = tellsWhenBehind && turn.behindSince != nil ? ProcessResources.threadWaits() : nil
    }

    private func didPoll() {
        guard !stopped else { return }
        let now = MonotonicClock.now()
        if firstEvent == nil { wakes(at: now) }  // by libuv's own timer
        if idling {  // not before: libuv asks only now whether it may wait
            idling = false
            uv_idle_stop(idle)
        }
        for body in gathering { body(now) }
        let end = gathering.isEmpty ? now : MonotonicClock.now()
        turnNanoseconds = end.nanoseconds(since: firstEvent ?? now)
        firstEvent = nil
        for hook in afterPoll { hook() }
    }

    private func close<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
        handle.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
    }

    deinit {
        raw.deallocate()
        prepare.deallocate()
        check.deallocate()
        idle.deallocate()
        async.deallocate()
    }

    /// Wakes a loop from any thread; harmless once the loop has ended.
    public final class Waker: Sendable {
        private let address: Mutex<UInt>

        fileprivate init(address: UInt) { self.address = Mutex(address) }

        public func wake() {
            address.withLock { bits in
                guard let handle = UnsafeMutablePointer<uv_async_t>(bitPattern: bits) else { return }
                uv_async_send(handle)
            }
        }

        fileprivate func disconnect() { address.withLock { $0 = 0 } }
    }
}

@available(*, unavailable) extension EventLoop: Sendable {}  // a loop never changes threads
