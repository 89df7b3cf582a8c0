import Ticks

/// All that a run will send to a target, and when: settled before the first byte.
public struct RunPlan: Sendable, Hashable {
    public var seed: UInt64
    public var workload: Workload
    public var phases: [PhasePlan]
    public var timeouts: Timeouts
    public var limits: Limits
    /// How often all of the phases are run.
    public var windows = TimeWindows()
    /// What the pieces of synthetic prompts take in tokens. Not in the plan's hash: the plan says how long prompts are to
    /// be, this how that is done.
    public var costs = PromptCosts.assumed
    /// What the prompts of its list have in common, once it is `drawn`; not in the plan's hash.
    public internal(set) var beginnings: ListBeginnings?
    /// How often a request that was refused or lost is sent again.
    public var retries = 0
    /// How long the target may bring nothing but failures before it is given up; nil = as long as it likes.
    public var breakerAfter: Duration? = .seconds(30)
    /// Which part of a run over several machines it is. Not in the plan's hash, which is that of the whole.
    public internal(set) var shard = Shard.whole
    /// Over how many machines it is split, each of which primes for itself; of a machine's own part 1. Not in the plan's hash.
    public var machines = 1

    /// - Parameters:
    ///   - workload: with what its prompts share sent first of all, where it `primes`.
    ///   - warmupRequests: sent once, as a phase of their own, before the first phase that takes them: not before idle
    ///     times and bursts, which look for what a warm-up would spoil.
    ///   - grace: how long measured requests and drains may take to end.
    public init(
        seed: UInt64,
        workload: Workload,
        warmupRequests: Int,
        shapes: [PhaseShape],
        grace: Duration,
        timeouts: Timeouts = Timeouts(),
        limits: Limits = Limits()
    ) {
        self.seed = seed
        self.workload = workload
        self.timeouts = timeouts
        self.limits = limits
        phases = []
        if workload.primes, workload.sharedBeginnings > 0 {
            var load = ClosedLoad(1, .requests(workload.sharedBeginnings))
            (load.isMeasured, load.primes) = (false, true)
            let stages = [Stage(.warmup, .closed(load), grace: grace), .drain(grace: grace)]
            var prime = PhasePlan(name: "prime", kind: .warmup, stages: stages)
            prime.cut = .whole
            phases.append(prime)
        }
        var count: [PhaseKind: Int] = [:]
        let warmedUp = warmupRequests > 0 ? shapes.firstIndex { type(of: $0.load).takesWarmup } : nil
        for (index, shape) in shapes.enumerated() {
            if index == warmedUp {
                let stages: [Stage] = [.oneByOne(.warmup, warmupRequests, grace: grace), .drain(grace: grace)]
                phases.append(PhasePlan(name: "warmup", kind: .warmup, stages: stages))
            }
            let ordinal = count[shape.kind, default: 0] + 1
            count[shape.kind] = ordinal
            let name = ordinal == 1 ? shape.kind.rawValue : "\(shape.kind.rawValue)-\(ordinal)"
            var phase = shape.load.plan(name: name, grace: grace, seed: seed)
            for place in phase.stages.indices {
                phase.stages[place].settle(seed: seed, phase: index, limits: limits)
                if workload.conversations != nil { phase.stages[place].staysWhenSaturated() }
            }
            phases.append(phase)
        }
        self = placed()
    }
}

extension RunPlan {
    /// Whether it has a list of prompts to be answered, each once.
    public var hasJob: Bool { phases.contains { $0.kind == .batch } }
}

/// How long a request may take to get so far; each is an outcome of its own.
public struct Timeouts: Sendable, Hashable {
    public var connect: Duration
    public var firstToken: Duration  // from dispatch
    public var idle: Duration  // between two reads
    public var total: Duration  // from dispatch

    public init(
        connect: Duration = .seconds(10),
        firstToken: Duration = .seconds(120),
        idle: Duration = .seconds(60),
        total: Duration = .seconds(600)
    ) {
        self.connect = connect
        self.firstToken = firstToken
        self.idle = idle
        self.total = total
    }
}
