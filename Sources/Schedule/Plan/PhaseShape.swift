public import Ticks

/// A phase as a person asks for it: one entry of a profile's `phases`. What is known of each is in the file of its load.
public enum PhaseShape: Sendable, Hashable {
    case ramp(Ramp)
    case idle(Duration)
    case burst(Burst)
    case steady(Steady)
    case rate(RateShape)
    case replay(Replay)
    case batch(Batch)
    case probe(Probe)
    case keepwarm(Keepwarm)

    public var load: any LoadShape {
        switch self {
        case .ramp(let load): load
        case .idle(let duration): Idle(duration)
        case .burst(let load): load
        case .steady(let load): load
        case .rate(let load): load
        case .replay(let load): load
        case .batch(let load): load
        case .probe(let load): load
        case .keepwarm(let load): load
        }
    }

    public var kind: PhaseKind { load.kind }

    /// Its stages in order, `grace` being how long a drain may last, `seed` that of what is drawn.
    public func stages(grace: Duration, seed: UInt64 = 1) -> [Stage] { load.stages(grace: grace, seed: seed) }

    /// The same with all times divided by `factor`, as `Fast` says.
    public func fast(by factor: Int = Fast.factor) -> PhaseShape { load.fast(by: factor).shape }
}

/// One way to load a server, as a person asks for it: all that a plan has to know of it.
public protocol LoadShape: Sendable, Hashable {
    static var kind: PhaseKind { get }
    /// How it is cut where targets take turns.
    static var cut: PhasePlan.Cut { get }
    /// Whether warm-up requests may come before it; not where they would spoil what it looks for.
    static var takesWarmup: Bool { get }
    /// Single probes beside the load: one at a time, with a pause of 1/rate seconds after each.
    var probeRate: Double? { get }
    var shape: PhaseShape { get }

    func stages(grace: Duration, seed: UInt64) -> [Stage]
    func fast(by factor: Int) -> Self
}

extension LoadShape {
    public static var cut: PhasePlan.Cut { .rows }
    public static var takesWarmup: Bool { true }
    public var probeRate: Double? { nil }
    public var kind: PhaseKind { Self.kind }

    /// Its stages as a phase of that name.
    func plan(name: String, grace: Duration, seed: UInt64) -> PhasePlan {
        var plan = PhasePlan(name: name, kind: kind, stages: stages(grace: grace, seed: seed))
        plan.cut = Self.cut
        plan.takesWarmup = Self.takesWarmup
        plan.probeRate = probeRate
        return plan
    }
}
