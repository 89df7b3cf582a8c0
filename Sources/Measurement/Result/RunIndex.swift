import Ticks

extension RecordedRun {
    /// The last instant that anything stored tells of, since t0.
    public var lastInstant: Int64 { RunIndex(self).lastInstant }

    /// Up to where a target's requests are all stored, since t0, if the run was cut off.
    public func wholeUntil(target: TargetRecord) -> Int64 {
        let index = RunIndex(self, choosesTries: false)
        return index.wholeUntil(index.requests(of: target))
    }
}

/// A recorded run with its rows found by what they belong to.
struct RunIndex: Sendable {
    let recorded: RecordedRun
    let workers: Workers
    /// Tries that another one of the same level stands for, by step, with their verdicts: they count as warm-ups.
    let replaced: [Int: ValidityResult.Verdict]
    /// All requests whose step is known, by dispatch; `byStep` holds the same in parts.
    let requests: RequestSet
    /// Requests that name no known step: they belong to no target and to no figure.
    let unplaced: Int
    /// In which nothing was started, for somebody had paused the run.
    let pauses: [MeasuredWindow]
    private let byStep: [Int: RequestSet]
    private let byTarget: [Int: RequestSet]
    private let places: Places
    private let stepsByID: [Int: StepRecord]
    private let phasesByID: [Int: PhaseRecord]
    private let stepsByPhase: [Int: [StepRecord]]
    private let binsByStep: [Int: [BinRecord]]
    private let histogramsByStep: [Int: [HistogramRecord]]

    /// What a step says of each of its requests.
    private struct Place: Sendable {
        var target: Int
        var phase: Int
        var binWidth: Int64
        var isWarmup: Bool  // sent only to get ready
        var isProbe: Bool  // sent beside another phase's load
        var isOpenLoop: Bool
    }

    /// By the id of the step. Steps are numbered from 1, and a list finds the place of each of a million requests sooner than
    /// a dictionary; what a file numbers otherwise is found as well.
    private struct Places: Sendable {
        private var listed: [Place?] = []
        private var others: [Int: Place] = [:]

        init(_ places: [Int: Place]) {
            listed = [Place?](repeating: nil, count: 2 * places.count + 16)
            for (id, place) in places {
                if listed.indices.contains(id) { listed[id] = place } else { others[id] = place }
            }
        }

        @inline(__always) subscript(id: Int) -> Place? { listed.indices.contains(id) ? listed[id] : others[id] }
    }

    /// - Parameter choosesTries: leaves one try of each level that was measured again
    init(_ recorded: RecordedRun, choosesTries: Bool = true, workers: Workers = .one) {
        let (recorded, replaced) = choosesTries ? Tries.chosen(in: recorded) : (run: recorded, replaced: [:])
        self.recorded = recorded
        self.workers = workers
        self.replaced = replaced
        let phases = Dictionary(recorded.phases.map { ($0.id, $0) }) { _, later in later }
        let steps = Dictionary(recorded.steps.map { ($0.id, $0) }) { _, later in later }
        let targets = Set(recorded.targets.map(\.id))
        let placed = steps.filter { phases[$0.value.phase].map { targets.contains($0.target) } ?? false }
        let places = Places(
            placed.compactMapValues { step in
                phases[step.phase].map { phase in
                    Place(
                        target: phase.target,
                        phase: phase.id,
                        binWidth: step.binWidth,
                        isWarmup: step.kind == .warmup || phase.kind == .warmup,
                        isProbe: phase.kind == .trickle,
                        isOpenLoop: phase.loop == .open
                    )
                }
            }
        )
        self.places = places
        stepsByID = placed
        phasesByID = phases
        stepsByPhase = Dictionary(grouping: placed.values, by: \.phase)
            .mapValues { $0.sorted { ($0.ordinal, $0.id) < ($1.ordinal, $1.id) } }
        requests = RequestSet(ordering: recorded.requests).only { places[$0.step] != nil }
        unplaced = recorded.requests.count - requests.count
        byStep = requests.grouped(by: \.step)
        byTarget = requests.only { places[$0.step]?.isProbe == false }.grouped { places[$0.step]?.target ?? 0 }
        let lastBeat = recorded.health.map(\.at).max()
        pauses =
            recorded.incidents.filter { $0.kind == .pause }.compactMap {
                MeasuredWindow(exactlyFrom: $0.at, to: $0.ended)
            }
            + recorded.steps.compactMap { step in
                step.paused.flatMap { MeasuredWindow(exactlyFrom: $0, to: lastBeat) }  // a kill came amid it
            }
        binsByStep = Dictionary(grouping: recorded.bins, by: \.step)
        histogramsByStep = Dictionary(grouping: recorded.histograms, by: \.step)
    }

    func step(of request: RequestRecord) -> StepRecord? { stepsByID[request.step] }

    /// `TargetRecord.id`; nil = its step is not known.
    func target(of request: RequestRecord) -> Int? { places[request.step]?.target }

    /// `PhaseRecord.id`.
    func phase(of request: RequestRecord) -> Int? { places[request.step]?.phase }

    /// Milliseconds, by the view of its phase: from the schedule in an open loop and at an edge, else from dispatch.
    func ttft(of request: RequestRecord) -> Double? {
        request.rank != nil || places[request.step]?.isOpenLoop == true
            ? request.ttftScheduledMilliseconds : request.ttftMilliseconds
    }

    /// Of its step's bins and its own arrivals.
    func binWidth(of request: RequestRecord) -> Int64? { places[request.step]?.binWidth }

    /// In the order they were stored.
    func phases(of target: Int) -> [PhaseRecord] {
        var seen: Set<Int> = []
        return recorded.phases.filter { phase in
            phasesByID[phase.id]?.target == target && seen.insert(phase.id).inserted
        }.compactMap { phasesByID[$0.id] }
    }

    func steps(of phase: PhaseRecord) -> [StepRecord] { stepsByPhase[phase.id] ?? [] }

    func requests(of step: StepRecord) -> RequestSet { byStep[step.id] ?? .empty }

    /// Warm-ups included, probes beside its load not.
    func requests(of target: TargetRecord) -> RequestSet { byTarget[target.id] ?? .empty }

    /// What came of packed requests, by the width of their step's bins; of probes beside its load not.
    func arrived(of target: TargetRecord) -> [(width: Int64, record: ArrivedRecord)] {
        recorded.arrived.compactMap { record in
            guard let place = places[record.step], place.target == target.id, !place.isProbe else { return nil }
            return (place.binWidth, record)
        }
    }

    func bins(of step: StepRecord) -> [BinRecord] { binsByStep[step.id] ?? [] }

    func histograms(of step: StepRecord) -> [HistogramRecord] { histogramsByStep[step.id] ?? [] }

    /// Sent only to get ready: in no figure, counted apart.
    func isWarmup(_ request: RequestRecord) -> Bool { places[request.step]?.isWarmup ?? false }

    /// Sent beside another phase's load: in no figure of it.
    func isProbe(_ request: RequestRecord) -> Bool { places[request.step]?.isProbe ?? false }

    /// The last instant that anything stored tells of, since t0.
    var lastInstant: Int64 {
        var last: Int64 = 0
        requests.forEach { last = max(last, $0.instant($0.ended) ?? $0.dispatched ?? 0) }
        for health in recorded.health { last = max(last, health.at) }
        for incident in recorded.incidents { last = max(last, incident.ended ?? incident.at) }
        for step in recorded.steps { last = max(last, step.drained ?? step.windowEnded ?? step.started ?? 0) }
        for phase in recorded.phases { last = max(last, phase.ended ?? phase.started ?? 0) }
        return last
    }

    /// Where the record of a target's requests stops being whole in a run that was cut off: requests in flight at its end were
    /// never stored, and what had ended may have waited a second to be.
    func wholeUntil(_ requests: RequestSet) -> Int64 {
        var longest: Int64 = 0
        requests.forEach { request in
            guard let ended = request.ended else { return }
            longest = max(longest, ended.saturatingAdd(request.dispatchLag ?? 0))
        }
        return lastInstant.saturatingAdd(-longest).saturatingAdd(-1_000_000_000)
    }

    /// A phase from its start to its end; of one that was cut off, to the last thing stored of the run.
    func span(of phase: PhaseRecord) -> MeasuredWindow? {
        MeasuredWindow(exactlyFrom: phase.started, to: phase.ended ?? lastInstant)
    }

    /// The same without pauses: what counts as time that the phase took.
    func activeSpans(of phase: PhaseRecord) -> [MeasuredWindow] { spans(of: phase).flatMap { $0.without(pauses) } }

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
