/// A phase as stages to run one after the other. It begins with nothing in flight and ends with a drain.
public struct PhasePlan: Sendable, Hashable {
    /// The kind's name, as in `run.sqlite` and `summary.json`.
    public enum Kind: String, Sendable, Hashable {
        case warmup, ramp, idle, burst, steady, rate, replay, batch, probe, keepwarm, trickle

        /// Whether requests start when they are due, whatever has ended.
        public var isOpenLoop: Bool {
            switch self {
            case .rate, .replay: true
            case .warmup, .ramp, .idle, .burst, .steady, .batch, .probe, .keepwarm, .trickle: false
            }
        }
    }

    public var name: String  // unique in the run
    public var kind: Kind
    public var stages: [Stage]
    /// Single probes beside its load, at most so many a second, in none of its figures.
    public var probeRate: Double?
    /// Stretches of a rate that an earlier part of the run has behind it.
    var past: [ArrivalPlan] = []
    /// Width of the bins of an earlier part of the run.
    var keptBinWidth: Duration?

    public init(name: String, kind: Kind, stages: [Stage]) {
        self.name = name
        self.kind = kind
        self.stages = stages
    }

    /// Width of the bins of its series: fine enough that the shortest measured window holds twenty.
    ///
    /// One of 1 s, 100 ms and 10 ms; all stages of a phase share it, so that a request's arrivals can be read in the
    /// bins of the stage that follows.
    public var binWidth: Duration {
        if let keptBinWidth { return keptBinWidth }
        let shortest = stages.compactMap(\.plannedWindow).min() ?? .seconds(20)
        if shortest >= .seconds(20) { return .seconds(1) }
        return shortest >= .seconds(2) ? .milliseconds(100) : .milliseconds(10)
    }
}

extension Stage {
    /// Length of the measured window if it closes as soon as time allows; nil when time does not decide.
    fileprivate var plannedWindow: Duration? {
        switch rule {
        case .level(let level): level.hold - level.settle
        case .edge(let edge), .control(let edge): edge.hold > .zero ? edge.hold : .seconds(2)
        case .arrivals(let arrivals): arrivals.duration - arrivals.settle
        case .batch: .seconds(10)  // how long it will take is not known; most take longer
        case .warmup, .idle, .baseline, .pause, .rewarm, .probe, .drain: nil
        }
    }
}
