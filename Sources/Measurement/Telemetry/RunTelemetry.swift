import Ticks

/// What a run has done so far, by target and phase, as counters, gauges and histograms: fed with the records on their way to
/// the store, and so the same figures as the summary's counts. Warm-ups stand apart, as they do there.
public struct RunTelemetry: Sendable {
    /// A phase of a target.
    public struct Place: Sendable, Hashable, Comparable {
        public var target: String
        public var phase: String

        public static func < (a: Place, b: Place) -> Bool { (a.target, a.phase) < (b.target, b.phase) }
    }

    /// Times in cumulative buckets, as Prometheus has them.
    public struct Times: Sendable, Hashable {
        /// Upper bounds, seconds, inclusive; one more bucket holds all.
        public static let bounds: [Double] = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100,
        ]

        public private(set) var counts = [Int](repeating: 0, count: Times.bounds.count + 1)  // each bucket alone
        public private(set) var sum = 0.0  // seconds

        public var count: Int { counts.reduce(0, +) }

        mutating func add(milliseconds: Double?) {
            guard let milliseconds else { return }
            let seconds = milliseconds / 1000
            counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            sum += seconds
        }
    }

    /// Of the requests of a place.
    public struct Part: Sendable, Hashable {
        public var outcomes: [Outcome: Int] = [:]
        public var useful = 0
        public var inputTokens: Int64 = 0
        public var cachedInputTokens: Int64 = 0
        public var outputTokens: Int64 = 0
        public var reasoningTokens: Int64 = 0
        /// Of successes.
        public var ttft = Times()
        public var ttftScheduled = Times()
        public var e2e = Times()
        public var inFlight = 0
    }

    /// What the load generator is like; of one loop.
    public struct Loop: Sendable, Hashable {
        public var cpuSeconds = 0.0
        public var inFlight = 0
        public var connectionsOpened: Int64 = 0
    }

    public private(set) var parts: [Place: Part] = [:]
    public private(set) var warmups: [Place: Part] = [:]
    /// By kind and whose doing it was.
    public private(set) var incidents: [[String]: Int] = [:]
    public private(set) var loops: [Int: Loop] = [:]
    public private(set) var residentBytes: Int64 = 0
    public private(set) var descriptors = 0
    /// When something was last measured, seconds since the run's start.
    public private(set) var elapsedSeconds = 0.0
    /// The step that began last and is not over.
    public private(set) var current: (place: Place, step: StepRecord)?
    private var targets: [Int: String] = [:]
    private var phases: [Int: PhaseRecord] = [:]
    private var steps: [Int: StepRecord] = [:]

    public init() {}

    public mutating func note(_ batch: RecordBatch) {
        for target in batch.targets { targets[target.id] = target.name }
        for phase in batch.phases { phases[phase.id] = phase }
        for step in batch.steps {
            steps[step.id] = step
            if step.drained == nil {
                current = place(ofStep: step.id).map { ($0, step) }
            } else if current?.step.id == step.id {
                current = nil
            }
        }
        for bin in batch.bins { note(bin) }
        for request in batch.requests { note(request) }
        for incident in batch.incidents {
            incidents[[incident.kind.rawValue, incident.side?.rawValue ?? "none"], default: 0] += 1
        }
        for health in batch.health {
            loops[health.loop] = Loop(
                cpuSeconds: Double(health.loopCPU) / 1e9,
                inFlight: health.inFlight,
                connectionsOpened: health.connectionsOpened
            )
            (residentBytes, descriptors) = (health.residentBytes, health.descriptors)
            elapsedSeconds = max(elapsedSeconds, Double(health.at) / 1e9)
        }
    }

    private func place(ofStep id: Int) -> Place? {
        guard let step = steps[id], let phase = phases[step.phase], let target = targets[phase.target] else {
            return nil
        }
        return Place(target: target, phase: phase.name)
    }

    private func isWarmup(_ step: StepRecord) -> Bool { step.kind == .warmup || phases[step.phase]?.kind == .warmup }

    private mutating func note(_ bin: BinRecord) {
        guard let step = steps[bin.step], let place = place(ofStep: bin.step) else { return }
        let change = bin.started - bin.ended
        if isWarmup(step) {
            warmups[place, default: Part()].inFlight += change
        } else {
            parts[place, default: Part()].inFlight += change
        }
    }

    private mutating func note(_ request: RequestRecord) {
        guard let step = steps[request.step], let place = place(ofStep: request.step) else { return }
        if isWarmup(step) {
            warmups[place, default: Part()].add(request)
        } else {
            parts[place, default: Part()].add(request)
        }
    }
}

extension RunTelemetry.Part {
    fileprivate mutating func add(_ request: RequestRecord) {
        outcomes[request.outcome, default: 0] += 1
        if request.useful { useful += 1 }
        inputTokens = inputTokens.saturatingAdd(max(0, request.inputTokens ?? 0))
        cachedInputTokens = cachedInputTokens.saturatingAdd(max(0, request.cachedInputTokens ?? 0))
        outputTokens = outputTokens.saturatingAdd(request.countedOutputTokens ?? 0)
        reasoningTokens = reasoningTokens.saturatingAdd(max(0, request.reasoningTokens ?? 0))
        guard request.outcomeClass == .success else { return }
        ttft.add(milliseconds: request.ttftMilliseconds)
        ttftScheduled.add(milliseconds: request.ttftScheduledMilliseconds)
        e2e.add(milliseconds: request.e2eMilliseconds)
    }
}
