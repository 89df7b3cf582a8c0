extension RecordedRun {
    /// The last instant that anything stored tells of, since t0.
    public var lastInstant: Int64 { RunIndex(self).lastInstant }
}

/// A recorded run with its rows found by what they belong to.
struct RunIndex: Sendable {
    let recorded: RecordedRun
    /// All requests whose step is known, by dispatch; `byStep` holds the same in parts.
    let requests: RequestSet
    /// Requests that name no known step: they belong to no target and to no figure.
    let unplaced: Int
    private let byStep: [Int: RequestSet]
    private let stepsByID: [Int: StepRecord]
    private let phasesByID: [Int: PhaseRecord]
    private let stepsByPhase: [Int: [StepRecord]]
    private let binsByStep: [Int: [BinRecord]]
    private let histogramsByStep: [Int: [HistogramRecord]]

    init(_ recorded: RecordedRun) {
        self.recorded = recorded
        let phases = Dictionary(recorded.phases.map { ($0.id, $0) }) { _, later in later }
        let steps = Dictionary(recorded.steps.map { ($0.id, $0) }) { _, later in later }
        let targets = Set(recorded.targets.map(\.id))
        let placed = steps.filter { phases[$0.value.phase].map { targets.contains($0.target) } ?? false }
        stepsByID = placed
        phasesByID = phases
        stepsByPhase = Dictionary(grouping: placed.values, by: \.phase)
            .mapValues { $0.sorted { ($0.ordinal, $0.id) < ($1.ordinal, $1.id) } }
        requests = RequestSet(ordering: recorded.requests).only { placed[$0.step] != nil }
        unplaced = recorded.requests.count - requests.count
        byStep = requests.grouped(by: \.step)
        binsByStep = Dictionary(grouping: recorded.bins, by: \.step)
        histogramsByStep = Dictionary(grouping: recorded.histograms, by: \.step)
    }

    func step(of request: RequestRecord) -> StepRecord? { stepsByID[request.step] }

    func phase(of request: RequestRecord) -> PhaseRecord? { step(of: request).flatMap { phasesByID[$0.phase] } }

    /// In the order they were stored.
    func phases(of target: Int) -> [PhaseRecord] {
        var seen: Set<Int> = []
        return recorded.phases.filter { phase in
            phasesByID[phase.id]?.target == target && seen.insert(phase.id).inserted
        }.compactMap { phasesByID[$0.id] }
    }

    func steps(of phase: PhaseRecord) -> [StepRecord] { stepsByPhase[phase.id] ?? [] }

    func requests(of step: StepRecord) -> RequestSet { byStep[step.id] ?? RequestSet([], []) }

    func requests(of target: TargetRecord) -> RequestSet {
        requests.only { phase(of: $0)?.target == target.id && !isProbe($0) }
    }

    func bins(of step: StepRecord) -> [BinRecord] { binsByStep[step.id] ?? [] }

    func histograms(of step: StepRecord) -> [HistogramRecord] { histogramsByStep[step.id] ?? [] }

    /// Sent only to get ready: in no figure, counted apart.
    func isWarmup(_ request: RequestRecord) -> Bool {
        step(of: request)?.kind == .warmup || phase(of: request)?.kind == .warmup
    }

    /// Sent beside another phase's load: in no figure of it.
    func isProbe(_ request: RequestRecord) -> Bool { phase(of: request)?.kind == .trickle }

    /// The last instant that anything stored tells of, since t0.
    var lastInstant: Int64 {
        var last: Int64 = 0
        for request in requests {
            last = max(last, request.instant(request.ended) ?? request.dispatched ?? 0)
        }
        for health in recorded.health { last = max(last, health.at) }
        for step in recorded.steps { last = max(last, step.drained ?? step.windowEnded ?? step.started ?? 0) }
        for phase in recorded.phases { last = max(last, phase.ended ?? phase.started ?? 0) }
        return last
    }

    /// A phase from its start to its end; of one that was cut off, to the last thing stored of the run.
    func span(of phase: PhaseRecord) -> MeasuredWindow? {
        MeasuredWindow(exactlyFrom: phase.started, to: phase.ended ?? lastInstant)
    }

    /// When a phase was run: whole, or one stretch for each of its blocks without their warm-ups, in order of time.
    func spans(of phase: PhaseRecord) -> [MeasuredWindow] {
        let steps = steps(of: phase)
        guard steps.contains(where: { $0.block != nil }) else { return span(of: phase).map { [$0] } ?? [] }
        let blocks = Dictionary(grouping: steps) { $0.block ?? 0 }.values
        return blocks.compactMap { steps in
            let start = steps.filter { $0.kind != .warmup && $0.kind != .drain }.compactMap(\.started).min()
            let end = steps.compactMap { $0.drained ?? ($0.started == nil ? nil : lastInstant) }.max()
            return MeasuredWindow(exactlyFrom: start, to: end)
        }.sorted { $0.start < $1.start }
    }

    /// A histogram over the steps: all of it, or the whole seconds inside a window.
    func histogram(
        _ metric: HistogramRecord.Metric,
        of steps: [StepRecord],
        in window: MeasuredWindow? = nil
    ) -> Histogram {
        let seconds = window.map { $0.bins(ofWidth: 1_000_000_000) ?? 0..<0 }
        var total = Histogram()
        for step in steps {
            for record in histograms(of: step) where record.metric == metric {
                if let seconds, !seconds.contains(record.second) { continue }
                total.merge(record.histogram)
            }
        }
        return total
    }
}
