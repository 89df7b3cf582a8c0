/// YAML to checked values: profiles, targets, providers, scenarios. The only place that knows YAML.
///
///     ProfileDocument (text, plus what flags lay over it) ─► Profile (checked values) ─► RunPlan
///                                                              └─► resolvedYAML: reading it gives the same again
///
/// Everything that is wrong is found in one go and reported as `file:line: key: what was read; what is allowed`, before
/// anything is sent. Names of files inside a profile count from the profile's own folder.
public import Schedule
public import Ticks

/// A run as a person describes it, complete and checked.
public struct Profile: Sendable, Hashable {
    /// Service level objectives.
    public struct Objectives: Sendable, Hashable {
        public var ttft: Duration?
        public var tpot: Duration?
        public var e2e: Duration?

        public init() {}
    }

    public struct Output: Sendable, Hashable {
        public var folder = "results"  // the parent of the run's own
        public var html = true
        public var requests = KeptRows.all

        public init() {}
    }

    /// A provider that the user's own file or the profile defines, complete.
    public struct ProviderDefinition: Sendable, Hashable {
        public var name: String
        public var json: String  // its keys
    }

    public var name: String
    public var seed: UInt64
    public var providers: [ProviderDefinition] = []  // those among the targets' that are no presets of ours
    public var targets: [Target]  // at least one, names unique
    public var order = TargetOrder.interleaved
    public var windows = TimeWindows()
    public var workload: Workload
    /// Of each list of prompts (a mix may have several) the file that it came from, absolute; nil = written out.
    public var promptFiles: [String?] = []
    public var warmupRequests = 3
    public var phases: [PhaseShape]  // at least one
    public var grace = Duration.seconds(30)
    public var timeouts = Timeouts()
    public var limits = Limits()
    public var retries = 0
    public var objectives = Objectives()
    public var thresholds: [String] = []  // as written; their grammar is Measurement's
    public var output = Output()

    /// Without phases yet.
    public init(name: String, seed: UInt64, targets: [Target], workload: Workload, phases: [PhaseShape] = []) {
        self.name = name
        self.seed = seed
        self.targets = targets
        self.workload = workload
        self.phases = phases
    }

    /// What is done to each target: the same for all of them, cut into blocks where they take turns.
    public func plan() -> RunPlan {
        var plan = RunPlan(
            seed: seed,
            workload: workload,
            warmupRequests: warmupRequests,
            shapes: phases,
            grace: grace,
            timeouts: timeouts,
            limits: limits
        )
        plan.retries = retries
        plan.windows = windows
        return targets.count > 1 && order == .interleaved ? plan.inBlocks() : plan
    }

    /// The same profile with its times and the simulated provider's divided: `--fast`. Refused for a real target.
    public func fast() throws(ProfileError) -> Profile {
        var fast = self
        let factor = phases.contains { $0.kind == .keepwarm } ? Fast.keepwarmFactor : Fast.factor
        fast.phases = phases.map { $0.fast(by: factor) }
        fast.workload = workload.fast(by: factor)
        fast.windows.every /= factor
        for (index, target) in targets.enumerated() {
            guard case .simulated(let scenario) = target.location else {
                let message =
                    "\(target.name) is a real target, whose times cannot be scaled; --fast is for the simulated one"
                throw ProfileError([.init(place: .init(source: "--fast"), key: "targets.\(index)", message: message)])
            }
            fast.targets[index].location = .simulated(scenario.fast(by: factor))
        }
        return fast
    }
}
