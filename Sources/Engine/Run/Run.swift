public import Measurement
public import Schedule
public import Ticks
internal import Transport
internal import Wire

/// A run under way: its loops' threads, and the doors through which the main thread watches and ends it.
public final class Run: Sendable {
    public struct Options: Sendable {
        /// Appears in each request's X-Request-Id, so that a server's log can be matched.
        public var id: String
        public var loops = 1
        public var caps = Limits()
        /// Of the secrets as they are known by then: keys may be renewed.
        public var redactor: @Sendable () -> Redactor = { Redactor(secrets: []) }
        /// Through which stages begin together with those of other shards.
        public var gate: (any StageGate)?
        var patience = ReplyEnd.Patience()

        public init(id: String) { self.id = id }
    }

    /// What is known when all loops have ended.
    public struct Outcome: Sendable {
        public var stop: Conductor.Stop?
        /// Targets that were given up, by id, with the reason.
        public var abandoned: [Int: String]
        /// Targets (by id) whose server closed its connections after each answer.
        public var closesConnections: Set<Int>
        /// What the responses of each target (by id) said of its limits.
        public var rateLimits: [Int: RateLimitRecord]
        public var duration: Int64  // nanoseconds
    }

    public let t0: Instant
    public let feed: LiveFeed
    public let conductor: Conductor
    private let threads: [LoopThread]
    private let learnt: LearntHabits
    private let loops: Int
    private let trickle: Trickle?

    /// Starts at once. `sink` gets everything that is recorded; `t0` is the instant all records count from.
    public convenience init(program: Program, options: Options, t0: Instant, sink: any RecordSink) {
        let budget = Budget(capping: options.caps)
        self.init(program: program, options: options, place: Place(), budget: budget, t0: t0, sink: sink)
    }

    /// Makes the texts of a run differ from those of an earlier one with the same seed. Shards have one, by the run's id: what
    /// prompts share they share on all machines, whose clocks tell different times.
    static func salt(of shard: Shard, id: String, t0: Instant) -> UInt64 {
        guard shard.count > 1 else { return UInt64(bitPattern: t0.nanoseconds) }
        return id.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }  // FNV-1a
    }

    /// One of several runs that go on at the same time: their loops have numbers of their own.
    struct Place: Sendable {
        var firstLoop = 0
        var runs = 1
        /// Of the load beside which this run sends probes; a run of probes has none itself.
        var load: TargetBreakers?
    }

    init(
        program: Program,
        options: Options,
        place: Place,
        budget: Budget,
        t0: Instant,
        sink: any RecordSink
    ) {
        let sink = RedactingSink(sink, options.redactor)
        self.t0 = t0
        loops = options.loops
        feed = LiveFeed(firstLoop: place.firstLoop, loops: options.loops)
        let breakers = TargetBreakers(
            program.targets,
            loops: options.loops,
            t0: t0,
            sink: sink,
            beside: place.load
        )
        let asks = place.load == nil && program.entries.contains { $0.probeRate != nil }
        trickle =
            asks
            ? Trickle(
                options: options,
                budget: budget,
                place: place,
                earlier: program.continuation,
                t0: t0,
                sink: sink,
                breakers: breakers
            ) : nil
        conductor = Conductor(
            program: program,
            loops: options.loops,
            t0: t0,
            sink: sink,
            feed: feed,
            trickle: trickle,
            gate: place.load == nil ? options.gate : nil
        )
        learnt = LearntHabits()
        let context = RunContext(
            id: options.id,
            program: program,
            loops: options.loops,
            firstLoop: place.firstLoop,
            loopsOfAllRuns: options.loops * place.runs,
            t0: t0,
            sink: sink,
            feed: feed,
            conductor: conductor,
            budget: budget,
            redactor: options.redactor,
            patience: options.patience,
            breakers: breakers,
            salt: Self.salt(of: program.targets.first?.plan.shard ?? .whole, id: options.id, t0: t0),
            learnt: learnt
        )
        let learnt = learnt
        threads = (place.firstLoop..<(place.firstLoop + options.loops)).map { index in
            LoopThread(name: "loop-\(index)") {
                let loop = EventLoop()
                let driver = LoopDriver(loopIndex: index, loop: loop, run: context)
                driver.begin()
                loop.run()
                learnt.end(loop: index, driver.lanes.connectionNotes, limits: driver.lanes.rateLimits)
            }
        }
    }

    /// Whether every loop has ended, so that `join` will not wait.
    public var isOver: Bool { learnt.loopsEnded == loops }

    /// What the responses of each target (by id) said of its limits so far, up to a second late.
    public var rateLimits: [Int: RateLimitRecord] { learnt.limits }

    /// Waits for the end of all loops. Once.
    public func join() -> Outcome {
        for thread in threads { thread.join() }
        trickle?.join()
        return Outcome(
            stop: conductor.stop,
            abandoned: conductor.abandoned,
            closesConnections: learnt.closing,
            rateLimits: learnt.limits,
            duration: MonotonicClock.now().nanoseconds(since: t0)
        )
    }
}

/// What every loop of a run is given.
struct RunContext: Sendable {
    let id: String
    let program: Program
    let loops: Int
    let firstLoop: Int
    let loopsOfAllRuns: Int
    let t0: Instant
    let sink: any RecordSink
    let feed: LiveFeed
    let conductor: Conductor
    let budget: Budget
    let redactor: @Sendable () -> Redactor
    let patience: ReplyEnd.Patience
    let breakers: TargetBreakers
    let salt: UInt64
    let learnt: LearntHabits

    /// Numbers of requests, prompts and conversations leave its index as the rest of a division by its count.
    var shard: Shard { program.targets.first?.plan.shard ?? .whole }
}
