public import Measurement
public import Ticks
internal import Transport

/// One run, or several at the same time (`order: parallel`): one for each target, on loops and connections of its own,
/// under common caps.
public final class RunGroup: Sendable {
    private let runs: [Run]

    /// Starts at once; see `Run`. `options.loops` are those of each.
    /// - Parameter budget: of the parts of one run that follow each other; nil = the caps are this run's alone
    public init(programs: [Program], options: Run.Options, t0: Instant, sink: any RecordSink, budget: Budget? = nil) {
        let budget = budget ?? Budget(capping: options.caps)
        runs = programs.enumerated().map { index, program in
            Run(
                program: program,
                options: options,
                place: Run.Place(firstLoop: index * options.loops, runs: programs.count),
                budget: budget,
                t0: t0,
                sink: sink
            )
        }
    }

    /// Whether every loop has ended, so that `join` will not wait.
    public var isOver: Bool { runs.allSatisfy(\.isOver) }

    /// Why they stop early, if one does.
    public var stop: Conductor.Stop? { runs.lazy.compactMap(\.conductor.stop).first }

    /// Starts no more requests; what runs may end within the grace.
    public func stop(_ reason: Conductor.Stop) { for run in runs { run.conductor.stop(reason) } }

    public func pause() { for run in runs { run.conductor.pause() } }
    public func resume() { for run in runs { run.conductor.resume() } }
    public func skip() { for run in runs { run.conductor.skip() } }

    /// For how long nothing has been started, nanoseconds, where one of them is paused.
    public func pausedFor(at now: Instant) -> Int64? { runs.compactMap { $0.conductor.pausedFor(at: now) }.max() }
    /// A pause was asked for and has not begun everywhere.
    public var willPause: Bool { runs.contains { $0.conductor.willPause } }

    /// All of them together; the stage is that of the first that still has one, and whose place among the runs is given.
    public func snapshot(at now: Instant) -> (run: Int, feed: LiveFeed.Snapshot) {
        let all = runs.map { $0.feed.snapshot(at: now) }
        let shown = all.firstIndex { $0.stage != nil } ?? 0
        var sum = all[shown]
        for (index, other) in all.enumerated() where index != shown { sum.add(other) }
        return (shown, sum)
    }

    /// What the responses of each target (by id) said of its limits so far, up to a second late.
    public var rateLimits: [Int: RateLimitRecord] {
        runs.reduce(into: [:]) { sum, run in sum.merge(run.rateLimits) { $0.merging($1) } }
    }

    /// Waits for the end of all loops. Once.
    public func join() -> Run.Outcome {
        let outcomes = runs.map { $0.join() }
        var whole = outcomes[0]
        for outcome in outcomes.dropFirst() {
            whole.stop = whole.stop ?? outcome.stop
            whole.abandoned.merge(outcome.abandoned) { first, _ in first }
            whole.closesConnections.formUnion(outcome.closesConnections)
            whole.rateLimits.merge(outcome.rateLimits) { $0.merging($1) }
            whole.duration = max(whole.duration, outcome.duration)
        }
        return whole
    }
}

extension LiveFeed.Snapshot {
    mutating func add(_ other: LiveFeed.Snapshot) {
        inFlight += other.inFlight
        tokenEvents += other.tokenEvents
        requestsStarted += other.requestsStarted
        requestsEnded += other.requestsEnded
        unsuccessful.merge(other.unsuccessful, uniquingKeysWith: +)
        ttft.merge(other.ttft)
    }
}
