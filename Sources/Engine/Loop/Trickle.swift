internal import Measurement
internal import Schedule
internal import Synchronization
internal import Ticks

/// Single requests beside a load, one at a time, on a thread, a loop and a connection of their own: what a client that is
/// not loaded sees of the same server at the same time.
///
/// A run of its own for each phase that asks for it, under the common caps; the phase's conductor begins and ends it.
final class Trickle: Sendable {
    private let options: Run.Options
    private let budget: Budget
    private let place: Run.Place
    private let t0: Instant
    private let sink: any RecordSink
    private let breakers: TargetBreakers
    private let earlier: Program.Continuation
    private let runs = Mutex<[Run]>([])

    /// - Parameters:
    ///   - place: of the run whose load is probed: targets in parallel have a run each.
    ///   - earlier: where the load goes on
    ///   - breakers: of the load, which hear of answers to its probes
    init(
        options: Run.Options,
        budget: Budget,
        place: Run.Place,
        earlier: Program.Continuation,
        t0: Instant,
        sink: any RecordSink,
        breakers: TargetBreakers
    ) {
        self.breakers = breakers
        self.earlier = earlier
        self.options = options
        self.budget = budget
        self.place = place
        self.t0 = t0
        self.sink = sink
    }

    /// Begins to probe a target, one request at a time and 1/rate seconds after each; gives what ends it.
    func begin(_ target: EngineTarget, beside load: Program.Entry, from start: Instant, rate: Double) -> Run {
        var probed = target
        let gap = Duration.nanoseconds(Int64((1e9 / rate).rounded()))
        let stages = [
            Stage.oneByOne(.probe, 1_000_000_000, gap: gap, grace: .seconds(10)), .drain(grace: .seconds(10)),
        ]
        probed.plan.phases = [PhasePlan(name: "\(load.phaseName) probes", kind: .trickle, stages: stages)]
        probed.plan.windows = TimeWindows()
        let replay = target.plan.phases.first { $0.name == load.phaseName }?.replay
        probed.plan.workload = target.plan.workload.probing(beside: replay)
        var continuation = Program.Continuation()
        let number = earlier.probeRuns + runs.withLock { $0.count }
        let numbers = Numbering.probes(number, beside: load.phase, of: place, loops: options.loops)
        continuation.begun = earlier.begun
        continuation.phase = numbers.phase
        continuation.step = numbers.step
        continuation.sequence = numbers.sequence
        continuation.beside = load.phase
        continuation.begins = start.nanoseconds(since: t0)
        var options = options
        options.loops = 1
        let run = Run(
            program: Program(targets: [probed], continuing: continuation),
            options: options,
            place: Run.Place(firstLoop: numbers.loop, runs: 1, load: breakers),
            budget: budget,
            t0: t0,
            sink: sink
        )
        runs.withLock { $0.append(run) }
        return run
    }

    /// Waits for all of them.
    func join() {
        for run in runs.withLock({ $0 }) {
            run.conductor.stop(.over)
            _ = run.join()
        }
    }
}
