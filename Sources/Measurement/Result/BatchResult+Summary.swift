import Ticks

/// A stretch of a job that ran without an interruption: one step.
struct BatchPart: Sendable {
    let step: StepRecord
    let requests: RequestSet
    let start: Int64
    /// The end of its last request; of one that was cut off, the last instant that anything stored tells of.
    let end: Int64
    private let pauses: [MeasuredWindow]  // in it
    let isWhole: Bool  // it ended because nothing was left to start

    /// nil while nothing was dispatched.
    init?(_ step: StepRecord, before next: StepRecord?, _ index: RunIndex) {
        let requests = index.requests(of: step)
        guard let start = step.started, let last = requests.compactMap({ $0.instant($0.ended) }).max() else {
            return nil
        }
        self.step = step
        self.requests = requests
        self.start = start
        pauses = index.pauses
        let recorded = index.recorded
        let phase = recorded.phases.first { $0.id == step.phase }
        let target = recorded.targets.first { $0.id == phase?.target }
        let wasStopped = recorded.incidents.contains { incident in
            (target.map { incident.concerns($0, of: recorded.targets) } ?? true)
                && (incident.kind == .interrupt || incident.kind == .limit || incident.kind == .unusable)
                && incident.at >= start && incident.at <= step.drained ?? .max
        }
        let isOver = step.drained != nil && step.cut == nil
        isWhole = isOver && !wasStopped
        // What runs on after a resumption starts where the stored part ended.
        end = isOver ? Swift.max(last, start) : Swift.max(last, next?.started ?? step.drained ?? index.lastInstant)
    }

    /// Without pauses.
    var nanoseconds: Int64 {
        MeasuredWindow(exactlyFrom: start, to: end)?.without(pauses).reduce(0) { $0 + $1.nanoseconds } ?? 0
    }

    private var lastDispatch: Int64? { requests.compactMap(\.dispatched).max() }

    /// From the last dispatch on, when slots that come free stay empty: its length, and the slot time that was idle.
    var tail: (nanoseconds: Int64, idle: Double)? {
        guard isWhole, let from = lastDispatch, let window = MeasuredWindow(exactlyFrom: from, to: end) else {
            return nil
        }
        let busy = requests.reduce(0.0) { sum, request in
            guard let begin = request.dispatched, let end = request.instant(request.ended) else { return sum }
            return sum + Double(window.overlap(from: begin, to: end))
        }
        return (window.nanoseconds, Swift.max(0, Double(step.concurrency) * Double(window.nanoseconds) - busy))
    }

    /// All slots busy and past the opening wave's wait: from when each of the first `concurrency` requests has had its
    /// first token (or has failed), to the last dispatch, in whole bins. nil when that is less than a tenth of the part.
    var steadyWindow: MeasuredWindow? {
        let opening = requests.only { $0.dispatched != nil }.prefix(step.concurrency)
        guard let to = lastDispatch,
            let from = opening.compactMap({ $0.instant($0.firstToken ?? $0.ended) }).max(),
            let window = MeasuredWindow(from: from, to: to, binWidth: step.binWidth),
            window.nanoseconds >= nanoseconds / 10, window.without(pauses) == [window]
        else { return nil }
        return window
    }
}

extension BatchResult {
    /// What doing the job took; nil before any of its requests ended.
    ///
    /// - makespan: from the first dispatch to the end of the last request. Interruptions do not count, but what was
    ///   done before one and had to be done again does: the sum of the active parts.
    /// - tail share: of the time of all slots, the part that was idle after the last prompt had been handed out, while
    ///   the last few were being answered: 1 − load balance efficiency (POP Standard Metrics: mean ÷ longest busy time of
    ///   the workers, `concurrency` of them), since until then every slot is busy.
    /// - steady rate: streamed tokens that arrived while all slots were busy (`BatchPart.steadyWindow`), per second.
    init?(of phase: PhaseRecord, _ timeline: TargetTimeline, scope: StatisticsScope) {
        let index = timeline.index
        self.init(BatchPart.all(of: phase, index), timeline, scope: scope)
        prompts = phase.requests
        interruptions = index.resumptions(in: phase).count
    }

    /// Of some stretches of a job; nil without any.
    init?(_ parts: [BatchPart], _ timeline: TargetTimeline, scope: StatisticsScope) {
        guard !parts.isEmpty else { return nil }
        self.init()
        let active = parts.reduce(0.0) { $0 + Double($1.nanoseconds) }
        makespanSeconds = active / 1e9
        concurrency = parts.map(\.step.concurrency).max()
        let ended = Set(parts.flatMap { $0.requests.only { $0.outcomeClass != .excluded }.compactMap(\.item) })
        promptsEnded = ended.count
        let steady = parts.compactMap(\.steadyWindow).map { timeline.totals(in: $0, scope: scope) }
        let seconds = steady.reduce(0) { $0 + $1.seconds }
        if seconds > 0 {
            steadySeconds = seconds
            steadyTPS = steady.reduce(0) { $0 + Double($1.streamedTokens) } / seconds
        }
        let tails = parts.compactMap(\.tail)
        let slotTime = parts.reduce(0.0) { $0 + Double($1.step.concurrency) * Double($1.nanoseconds) }
        if !tails.isEmpty, slotTime > 0 {
            tailSeconds = tails.reduce(0) { $0 + Double($1.nanoseconds) } / 1e9
            tailShare = tails.reduce(0) { $0 + $1.idle } / slotTime
        }
    }
}

extension BatchPart {
    static func all(of phase: PhaseRecord, _ index: RunIndex) -> [BatchPart] {
        all(index.steps(of: phase).filter { $0.kind == .batch }, index)
    }

    /// Of steps that follow one another.
    static func all(_ steps: [StepRecord], _ index: RunIndex) -> [BatchPart] {
        steps.enumerated().compactMap { place, step in
            BatchPart(step, before: place + 1 < steps.count ? steps[place + 1] : nil, index)
        }
    }
}

extension RunIndex {
    /// When the run went on after an interruption, within a phase.
    func resumptions(in phase: PhaseRecord) -> [IncidentRecord] {
        guard let from = phase.started else { return [] }
        return recorded.incidents.filter { $0.kind == .resume && $0.at >= from && $0.at <= phase.ended ?? .max }
    }
}
