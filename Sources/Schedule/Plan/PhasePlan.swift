public import Ticks

/// A phase as stages to run one after the other. It begins with nothing in flight and ends with a drain.
public struct PhasePlan: Sendable, Hashable {
    /// What a block is, where targets take turns.
    public enum Cut: Sendable, Hashable {
        case whole  // all of the phase
        case cycles  // a cycle of a burst
        case rows  // a level, or a part of it
    }

    public var name: String  // unique in the run
    public var kind: PhaseKind
    public var stages: [Stage]
    /// Single probes beside its load, at most so many a second, in none of its figures.
    public var probeRate: Double?
    /// Stretches of a rate that an earlier part of the run has behind it.
    var past: [ArrivalPlan] = []
    /// Width of the bins of an earlier part of the run.
    var keptBinWidth: Duration?
    public var cut = Cut.whole
    /// Whether warm-up requests may come before it.
    public var takesWarmup = false

    public init(name: String, kind: PhaseKind, stages: [Stage]) {
        self.name = name
        self.kind = kind
        self.stages = stages
    }

    /// Whether it only sends what prompts share: at the head of the plan, and of each time window.
    public var primes: Bool { stages.contains(where: \.primes) }

    /// Whether requests start when they are due, whatever has ended.
    public var isOpenLoop: Bool { stages.contains { $0.arrivals != nil } }

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
        switch load {
        case .closed(let load):
            // How long a job will take is not known; most take longer.
            guard let window = load.window else { return load.items == nil ? nil : .seconds(10) }
            return window.hold > .zero ? window.hold - window.settle : .seconds(2)
        case .open(let arrivals): return arrivals.duration - arrivals.settle
        case .wait, .drain: return nil
        }
    }
}
