public import Schedule
public import Ticks

/// The provider as a pure discrete model: requests go in with the time, tokens come out with theirs.
///
///     admit ─► queue (FIFO, limited) ─► slot of the least loaded ready replica ─► prefill ─► tokens, step by step
///     cancel ─► place in the queue or slot free at once, and given to the next
///
/// It knows no clock: `advance(to:)` does everything due up to an instant, in order of time, and `nextDeadline` says
/// when to call it again. The same seed and the same calls give the same events.
public struct ServerModel: Sendable {
    /// Names a sequence from its admission to its last token or cancellation; used again afterwards.
    public typealias SequenceID = Int

    public enum Event: Sendable, Hashable {
        /// The sequence got a slot. Cold: it waited while the replica that serves it was starting.
        case dequeued(SequenceID, replica: Int, cold: Bool, at: Instant)
        /// A step gave the sequence so many tokens; after the last its identifier is free.
        case tokens(SequenceID, count: Int, isLast: Bool, at: Instant)
        case replicaStarting(Int, at: Instant)
        case replicaReady(Int, at: Instant)
        case replicaGone(Int, at: Instant)
    }

    public enum Admission: Sendable, Hashable {
        case accepted(SequenceID)
        /// The queue is full.
        case refused(retryAfter: Duration)
    }

    private struct Sequence: Sendable {
        var serial: Int  // of the admission; 0 = free
        var arrived: Instant
        var promptTokens: Int
        var tokens: Int
        var speed: Double
        var wanted: Int?  // the replica that a router chose; nil = any
        var replica: Int?
    }

    private let scenario: Scenario
    private let start: Instant
    private var pool: ReplicaPool
    private var sequences: [Sequence] = []
    private var free: [SequenceID] = []
    private var queue: [(id: SequenceID, serial: Int)] = []  // from `queueHead`; stale where the serial differs
    private var queueHead = 0
    private var lastSerial = 0
    private var prefillGenerator: SplitMix64

    /// The instant the model has been brought to.
    public private(set) var now: Instant
    /// Requests in the queue.
    public private(set) var waiting = 0
    /// Requests in a slot.
    public private(set) var running = 0

    /// A provider that begins at `start` with `replicasMin` ready replicas.
    public init(scenario: Scenario, start: Instant) {
        let scaled = scenario.scaled()
        self.scenario = scaled
        self.start = start
        now = start
        pool = ReplicaPool(scenario: scaled, start: start)
        prefillGenerator = SplitMix64(seed: scaled.seed, stream: "prefill")
    }

    /// Of the ready replicas, in order of age: number and sequences in its slots.
    var loads: [(number: Int, running: Int)] {
        pool.replicas.filter(\.isReady).map { (number: $0.number, running: $0.members.count) }
    }

    public var readyReplicas: Int { pool.readyCount }
    public var startingReplicas: Int { pool.startingCount }

    /// When the model next does something by itself; nil if it only waits for requests.
    public var nextDeadline: Instant? {
        let due = nextAction.at
        return due == .distantFuture ? nil : due
    }

    /// Takes in, at `now`, a request that arrived at `arrived` (`now` or shortly before) and will be given `tokens` (1 or
    /// more). Bring the model to the present first and deal with its events: they may free the identifier returned here.
    /// - Parameter speed: of its prefill and tokens, in times the scenario's.
    public mutating func admit(
        promptTokens: Int,
        tokens: Int,
        speed: Double = 1,
        replica wanted: Int? = nil,
        arrived: Instant,
        into events: inout [Event]
    ) -> Admission {
        precondition(tokens > 0, "a sequence without tokens would never end")
        if waiting >= scenario.queueLimit, waiting > 0 || pool.leastLoaded == nil {
            return .refused(retryAfter: retryAfter)
        }
        lastSerial += 1
        let sequence = Sequence(
            serial: lastSerial,
            arrived: arrived,
            promptTokens: promptTokens,
            tokens: tokens,
            speed: speed,
            wanted: wanted
        )
        let id: SequenceID
        if let reused = free.popLast() {
            id = reused
            sequences[id] = sequence
        } else {
            id = sequences.count
            sequences.append(sequence)
        }
        queue.append((id, lastSerial))
        waiting += 1
        dispatch(into: &events)
        advance(to: now, into: &events)
        return .accepted(id)
    }

    /// Takes a sequence out at `now`, wherever it is, and gives its slot to the next in the queue at once. Bring the model
    /// to the present first.
    public mutating func cancel(_ id: SequenceID, into events: inout [Event]) {
        guard sequences.indices.contains(id), sequences[id].serial != 0 else { return }
        if let replica = sequences[id].replica {
            pool.leave(sequence: id, replica: replica, at: now)
            running -= 1
        } else {
            waiting -= 1
        }
        release(id)
        dispatch(into: &events)
    }

    /// Does everything due up to and including `instant`, in order of time; an earlier instant changes nothing.
    public mutating func advance(to instant: Instant, into events: inout [Event]) {
        while true {
            let action = nextAction
            guard action.at <= instant else { break }
            now = max(now, action.at)
            perform(action.kind, into: &events)
        }
        now = max(now, instant)
    }

    // MARK: What is due

    private enum Action {
        case nothing
        case becomeReady(Int)  // the index of the replica in each
        case step(Int)
        case letGo(Int)
        case scaleUp
    }

    /// The earliest thing due; among equals replicas in order of age, then scaling.
    private var nextAction: (at: Instant, kind: Action) {
        var at = Instant.distantFuture
        var kind = Action.nothing
        let readyCount = pool.readyCount
        for (index, replica) in pool.replicas.enumerated() {
            if !replica.isReady {
                if replica.readyAt < at { (at, kind) = (replica.readyAt, .becomeReady(index)) }
                continue
            }
            let step = replica.nextStep
            if step < at { (at, kind) = (step, .step(index)) }
            if let idle = pool.idleDeadline(of: index, readyCount: readyCount), idle < at {
                (at, kind) = (idle, .letGo(index))
            }
        }
        if let scale = pool.scaleUpDue(load: waiting + running), max(scale, now) < at {
            (at, kind) = (max(scale, now), .scaleUp)
        }
        return (at, kind)
    }

    private mutating func perform(_ action: Action, into events: inout [Event]) {
        switch action {
        case .nothing: break
        case .becomeReady(let index):
            pool.becomeReady(at: index)
            events.append(.replicaReady(pool.replicas[index].number, at: now))
            dispatch(into: &events)
        case .step(let index):
            var finished = 0
            let instant = now
            pool.takeStep(at: now, index: index) { id, count, isLast in
                events.append(.tokens(id, count: count, isLast: isLast, at: instant))
                if isLast {
                    finished += 1
                    sequences[id].serial = 0
                    free.append(id)
                }
            }
            if finished > 0 {
                running -= finished
                dispatch(into: &events)
            }
        case .letGo(let index):
            events.append(.replicaGone(pool.replicas[index].number, at: now))
            pool.remove(at: index)
        case .scaleUp: events.append(.replicaStarting(pool.startReplica(at: now), at: now))
        }
    }

    // MARK: The queue

    /// Fills free slots from the head of the queue; who waits for a certain replica lets those behind go first.
    private mutating func dispatch(into events: inout [Event]) {
        var place = queueHead
        while waiting > 0, place < queue.count, let least = pool.leastLoaded {
            let (id, serial) = queue[place]
            place += 1
            guard sequences[id].serial == serial, sequences[id].replica == nil else {  // cancelled, or served before
                if place == queueHead + 1 { queueHead = place }
                continue
            }
            guard let index = sequences[id].wanted.map({ pool.free(number: $0) }) ?? least else { continue }
            if place == queueHead + 1 { queueHead = place }
            let number = pool.replicas[index].number
            let cold = pool.replicas[index].startsCold && sequences[id].arrived < pool.replicas[index].readyAt
            sequences[id].replica = number
            let readyAt = now.advanced(byNanoseconds: prefillNanoseconds(of: sequences[id]))
            let (tokens, speed) = (sequences[id].tokens, sequences[id].speed)
            pool.join(sequence: id, tokens: tokens, speed: speed, readyAt: readyAt, at: index)
            waiting -= 1
            running += 1
            events.append(.dequeued(id, replica: number, cold: cold, at: now))
        }
        if waiting == 0 {
            queue.removeAll(keepingCapacity: true)
            queueHead = 0
        } else if queueHead > 1024, queueHead > queue.count / 2 {
            queue.removeSubrange(0..<queueHead)
            queueHead = 0
        }
    }

    private mutating func release(_ id: SequenceID) {
        sequences[id].serial = 0
        free.append(id)
    }

    private mutating func prefillNanoseconds(of sequence: Sequence) -> Int64 {
        let nominal = scenario.prefill.duration(promptTokens: sequence.promptTokens).nanoseconds
        let draw = 1 + scenario.jitter * (2 * prefillGenerator.unit() - 1)
        let factor = draw / sequence.speed / scenario.speed(at: .nanoseconds(now.nanoseconds(since: start)))
        return max(0, factor == 1 ? nominal : Int64(Double(nominal) * factor))
    }

    /// Until the first starting replica is ready, rounded up to seconds; one second otherwise.
    private var retryAfter: Duration {
        guard let ready = pool.firstReady else { return .seconds(1) }
        let nanoseconds = max(0, ready.nanoseconds(since: now))
        return .seconds(max(1, (nanoseconds + 999_999_999) / 1_000_000_000))
    }
}
