public import Schedule
public import Transport
public import Wire

/// One endpoint and model, ready to be asked.
public struct EngineTarget: Sendable {
    public var id: Int
    public var name: String
    public var endpoint: Endpoint
    /// Path of the base URL, without the API's own: "/v1".
    public var basePath: String
    public var model: String
    public var provider: Provider
    /// Sent with each request, the key's among them.
    public var headers: [Header]
    public var plan: RunPlan

    public init(
        id: Int,
        name: String,
        endpoint: Endpoint,
        basePath: String,
        model: String,
        provider: Provider,
        headers: [Header],
        plan: RunPlan
    ) {
        self.id = id
        self.name = name
        self.endpoint = endpoint
        self.basePath = basePath
        self.model = model
        self.provider = provider
        self.headers = headers
        self.plan = plan
    }

    var modelsPath: String { basePath + provider.api.modelsPath }
    var requestPath: String { basePath + provider.api.path(model: model, streams: provider.streams) }
}

/// Everything a run does, in order: stages of phases of targets, numbered as the store will know them.
public struct Program: Sendable {
    public struct Entry: Sendable {
        public var target: Int  // index into `targets`
        public var phase: Int  // `PhaseRecord.id`
        public var phaseName: String
        public var phaseKind: PhasePlan.Kind
        public var step: Int  // `StepRecord.id`
        public var ordinal: Int  // within the phase
        public var stage: Stage
        public var binWidth: Duration
        public var isFirstOfPhase: Bool
        public var isLastOfPhase: Bool
    }

    /// Where an earlier program of the same run left off: a search decides each level when the one before has ended.
    public struct Continuation: Sendable {
        public var phase = 1  // id of the first phase
        public var phaseStarted: Int64?  // when an earlier program began it, since t0
        public var step = 1  // id of the first step
        public var ordinal = 0  // of that step within its phase
        public var sequence: Int64 = 0  // of the first request

        public init() {}
    }

    public let targets: [EngineTarget]
    public let continuation: Continuation
    public let entries: [Entry]

    /// Phase by phase, and within a phase target by target, so that targets share the time of day.
    public init(targets: [EngineTarget], continuing continuation: Continuation = Continuation()) {
        self.targets = targets
        self.continuation = continuation
        var entries: [Entry] = []
        var phaseID = continuation.phase - 1
        let phases = targets.map(\.plan.phases.count).max() ?? 0
        for number in 0..<phases {
            for (index, target) in targets.enumerated() where number < target.plan.phases.count {
                let phase = target.plan.phases[number]
                phaseID += 1
                for (ordinal, stage) in phase.stages.enumerated() {
                    entries.append(
                        Entry(
                            target: index,
                            phase: phaseID,
                            phaseName: phase.name,
                            phaseKind: phase.kind,
                            step: continuation.step + entries.count,
                            ordinal: ordinal + (entries.count < phase.stages.count ? continuation.ordinal : 0),
                            stage: stage,
                            binWidth: phase.binWidth,
                            isFirstOfPhase: ordinal == 0,
                            isLastOfPhase: ordinal == phase.stages.count - 1
                        )
                    )
                }
            }
        }
        self.entries = entries
    }

    /// The edge that follows an idle time or a pause, for which connections and requests are made ready.
    func edge(after index: Int) -> Stage.Edge? {
        guard index + 1 < entries.count, entries[index + 1].target == entries[index].target else { return nil }
        switch (entries[index].stage.rule, entries[index + 1].stage.rule) {
        case (.idle, .edge(let edge)), (.pause, .control(let edge)): return edge
        default: return nil
        }
    }
}
