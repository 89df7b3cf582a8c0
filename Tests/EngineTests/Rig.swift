import Measurement
import Schedule
import Synchronization
import TestSupport
import Ticks
import Transport
import Wire

@testable import Engine

/// A run against servers of this machine, as a value to adjust.
struct Rig {
    struct Target {
        var port: Int
        var shapes: [PhaseShape]
        var warmup = 0
        var headers: [Header] = []
        var change: @Sendable (inout EngineTarget) -> Void = { _ in }
    }

    var targets: [Target]
    var maxTokens = 8
    var loops = 1
    var grace = Duration.seconds(5)
    var timeouts = Timeouts()
    var caps = Limits()
    var price = Price()
    var redactor = Redactor(secrets: [])
    var interruptAfter: Duration?
    var retries = 0
    var breakerAfter: Duration? = .seconds(30)
    var patience = ReplyEnd.Patience()

    init(port: Int, _ shapes: [PhaseShape], warmup: Int = 0) {
        targets = [Target(port: port, shapes: shapes, warmup: warmup)]
    }

    init(_ targets: [Target]) { self.targets = targets }

    /// Longest that a run of these tests may take; one that takes longer is interrupted and says so.
    private static let bound = Duration.seconds(15)

    func run() -> Driven {
        let sink = MemorySink()
        var options = Run.Options(id: "t")
        options.loops = loops
        options.caps = caps
        options.redactor = { [redactor] in redactor }
        options.patience = patience
        let program = Program(targets: targets.indices.map(engineTarget), order: .sequential)
        let t0 = MonotonicClock.now()
        let run = Run(program: program, options: options, t0: t0, sink: sink)
        let isOver = Flag()
        let tookTooLong = Flag()
        let worstNap = Mutex<Int64>(0)
        let conductor = run.conductor
        let interrupt = interruptAfter.map { t0.advanced(by: $0) }
        let guardian = LoopThread(name: "guardian") {
            var before = MonotonicClock.now()
            while !isOver.isSet {
                pause(milliseconds: 2)
                let now = MonotonicClock.now()
                worstNap.withLock { $0 = max($0, now.nanoseconds(since: before)) }
                before = now
                if let interrupt, now >= interrupt { conductor.stop(.interrupt) }
                if now >= t0.advanced(by: Self.bound) {
                    tookTooLong.set()
                    conductor.stop(.interrupt)
                }
            }
        }
        let outcome = run.join()
        isOver.set()
        guardian.join()
        var recorded = sink.run
        recorded.targets = targets.indices.map { index in
            var target = TargetRecord()
            target.id = index + 1
            target.name = "target-\(index + 1)"
            return target
        }
        return Driven(
            run: recorded,
            outcome: outcome,
            t0: t0,
            snapshot: run.feed.snapshot(at: MonotonicClock.now()),
            tookTooLong: tookTooLong.isSet,
            isSteady: worstNap.withLock { $0 } < 60_000_000
        )
    }

    private func engineTarget(_ index: Int) -> EngineTarget {
        var workload = Workload(source: .synthetic(inputTokens: 16))
        workload.maxTokens = .fixed(maxTokens)
        var plan = RunPlan(
            seed: 7,
            workload: workload,
            warmupRequests: targets[index].warmup,
            shapes: targets[index].shapes,
            grace: grace,
            timeouts: timeouts
        )
        plan.retries = retries
        plan.breakerAfter = breakerAfter
        let provider = Provider(name: "test", authentication: .none)
        var target = EngineTarget(
            id: index + 1,
            name: "target-\(index + 1)",
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: targets[index].port),
            basePath: "/v1",
            model: "m",
            provider: provider,
            headers: provider.api.headers + targets[index].headers,
            plan: plan
        )
        target.price = price
        targets[index].change(&target)
        return target
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }
}

/// What a run left behind.
struct Driven {
    var run: RecordedRun
    var outcome: Run.Outcome
    var t0: Instant
    var snapshot: LiveFeed.Snapshot
    var tookTooLong: Bool
    /// Whether the machine gave a thread that naps for 2 ms its turn within 60 ms all along. On one that did not, nothing
    /// can be said of when things happened, only that the books are sound.
    var isSteady: Bool

    var requests: [RequestRecord] {
        run.requests.sorted { ($0.sequence, $0.attempt) < ($1.sequence, $1.attempt) }
    }
    var sent: [RequestRecord] { requests.filter { $0.dispatchLag != nil } }
    var outcomes: [Outcome: Int] { run.requests.reduce(into: [:]) { $0[$1.outcome, default: 0] += 1 } }

    func steps(_ kind: StageKind) -> [StepRecord] {
        run.steps.filter { $0.kind == kind }.sorted { $0.id < $1.id }
    }

    func requests(of step: StepRecord) -> [RequestRecord] { requests.filter { $0.step == step.id } }
    func bins(of step: StepRecord) -> [BinRecord] { run.bins.filter { $0.step == step.id } }
}

extension PhaseShape {
    /// A closed loop for a short while.
    static func steady(_ concurrency: Int, milliseconds: Int, settle: Int = 0) -> PhaseShape {
        var steady = Steady(concurrency: concurrency, duration: .milliseconds(milliseconds))
        steady.settle = .milliseconds(settle)
        return .steady(steady)
    }

    /// One request after the other.
    static func oneByOne(_ requests: Int) -> PhaseShape {
        var probe = Probe(requests: requests)
        probe.gap = .zero
        return .probe(probe)
    }
}
