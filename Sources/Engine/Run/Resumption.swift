public import Measurement
public import Schedule
internal import Ticks

/// A run that was cut off, by a signal, a cap or a kill, and what it has left to do.
///
/// It goes on in its own folder, under its own id. Its time goes on where what was stored of it ends, so that an
/// interruption takes no time in it; an incident says when it was and how long it lasted.
public struct Resumption: Sendable {
    public let stored: RecordedRun
    /// Nanoseconds since t0: where its time goes on.
    public let reached: Int64
    /// How long it was away, nanoseconds by the wall clock.
    public let away: Int64
    let numbers: [Int: [Number]]

    /// - Parameter now: CLOCK_REALTIME, nanoseconds
    public init(of stored: RecordedRun, at now: Int64) {
        self.stored = stored
        numbers = Self.numbers(of: stored)
        reached = stored.lastInstant
        // What a damaged file says may be anything.
        let before = [stored.run.startedAtUnixNanoseconds, reached, stored.run.awayNanoseconds ?? 0]
        away = max(0, before.reduce(now) { $0.saturatingAdd($1 == .min ? .max : -$1) })
    }

    /// How many times it goes on, this one included.
    public var number: Int { 1 + stored.incidents.count { $0.kind == .resume } }

    // MARK: what is left

    /// A target's plan without what is done, and the rows of steps in which the run was cut off.
    public struct Remainder: Sendable {
        public var target: EngineTarget
        public var cut: [StepRecord] = []

        public init(target: EngineTarget) { self.target = target }
    }

    /// Phases keep their places, some without a stage. Warm-ups are sent again before what takes them.
    public func remainder(of target: EngineTarget) -> Remainder {
        var left = Remainder(target: target)
        for (index, phase) in target.plan.phases.enumerated() where phase.kind != .warmup {
            guard let record = stored.phases.first(where: { $0.target == target.id && $0.name == phase.name }) else {
                continue
            }
            guard !isSkipped(phase, of: target) else {
                left.target.plan.phases[index].stages = []
                continue
            }
            left.target.plan.phases[index] =
                phase.kind == .batch
                ? remainder(ofJob: phase, record) : remainder(of: phase, record, cut: &left.cut)
        }
        let phases = left.target.plan.phases
        for (index, phase) in phases.enumerated() where phase.kind == .warmup {
            let isNeeded = phases.contains {
                (phase.primes ? $0.kind != .warmup : $0.takesWarmup) && !$0.stages.isEmpty
            }
            if !isNeeded {
                left.target.plan.phases[index].stages = []
            }
        }
        return left
    }

    /// Somebody skipped it: what was left of it is not wanted.
    private func isSkipped(_ phase: PhasePlan, of target: EngineTarget) -> Bool {
        stored.incidents.contains {
            $0.kind == .skip && $0.detail == phase.name && ($0.target ?? target.id) == target.id
        }
    }

    private func remainder(of phase: PhasePlan, _ record: PhaseRecord, cut: inout [StepRecord]) -> PhasePlan {
        guard let target = stored.targets.first(where: { $0.id == record.target }) else { return phase }
        let whole = stored.wholeUntil(target: target)
        var rest = phase
        var before = 0  // steps of earlier parts
        for (number, steps) in parts(of: record).enumerated() {
            let planned = steps.filter { $0.retryOf == nil }
            let progress = planned.map { step in
                StageProgress(
                    place: step.ordinal - before,
                    cut: end(of: step, target, whole).map { .nanoseconds(ran(step, until: $0)) },
                    ended: step.kind == .probe ? ended(in: step) : 0
                )
            }
            let (left, repeated) = rest.remainder(after: progress)
            rest = left
            if number == self.number - 1 {
                for step in steps {
                    let isRepeated = step.retryOf == nil && repeated.contains(step.ordinal - before)
                    guard let end = end(of: step, target, whole) ?? (isRepeated ? step.drained : nil) else { continue }
                    cut.append(row(of: step, cutAt: end, isRepeated: isRepeated || step.retryOf != nil))
                }
            }
            before += steps.count
        }
        return rest
    }

    /// The steps of a phase by part of the run: each resumption begins another.
    private func parts(of phase: PhaseRecord) -> [[StepRecord]] {
        let resumed = stored.incidents.filter { $0.kind == .resume }.map(\.at)
        var parts = [[StepRecord]](repeating: [], count: resumed.count + 1)
        for step in stored.steps where step.phase == phase.id {
            if let started = step.started { parts[resumed.count { $0 <= started }].append(step) }
        }
        return parts
    }

    func ended(in step: StepRecord) -> Int {
        stored.requests.count { $0.step == step.id && $0.measured && $0.outcomeClass != .excluded }
    }

    private func row(of step: StepRecord, cutAt end: Int64, isRepeated: Bool) -> StepRecord {
        var row = step
        row.cut = isRepeated ? .repeated : .continued
        row.drained = step.drained ?? reached
        row.paused = nil
        switch step.kind {
        case .level, .arrivals, .probe, .baseline, .edge, .control, .rewarm, .batch: row.windowEnded = end
        case .warmup, .idle, .pause, .drain: break
        }
        if step.planned != nil { row.planned = end - (step.started ?? end) }
        return row
    }

    /// Prompts of a job that ended: an answer or a failure. What we took back ourselves is asked again.
    private func remainder(ofJob phase: PhasePlan, _ record: PhaseRecord) -> PhasePlan {
        let steps = Set(stored.steps.filter { $0.phase == record.id }.map(\.id))
        let ended = Set(
            stored.requests.lazy.filter { steps.contains($0.step) && $0.outcomeClass != .excluded }.compactMap(\.item)
        )
        var rest = phase
        let blocks = Dictionary(grouping: phase.stages) { $0.block ?? 0 }.sorted { $0.key < $1.key }
        rest.stages = blocks.flatMap { _, stages in
            let left = stages.compactMap { Self.remaining($0, without: ended) }
            return left.contains { $0.kind == .batch } ? left : []
        }
        return rest
    }

    private static func remaining(_ stage: Stage, without ended: Set<Int>) -> Stage? {
        guard var job = stage.closed, let items = job.items?.without(ended) else { return stage }
        job.extent = .items(items)
        var stage = stage
        stage.load = .closed(job)
        return items.count > 0 ? stage : nil
    }

    /// The caps less what was used up before.
    public func limits(_ limits: Limits) -> Limits {
        var left = limits
        let result = RunResult(of: stored)
        let sent = stored.requests.count { $0.outcome != .notSent }
        left.maxRequests = limits.maxRequests.map { max(0, $0 - sent) }
        let tokens = Int(
            result.targets.reduce(Int64(0)) {
                $0.saturatingAdd($1.totals.outputTokens).saturatingAdd($1.warmup.outputTokens)
            }
        )
        left.maxOutputTokens = limits.maxOutputTokens.map { max(0, $0 - min($0, tokens)) }
        let dollars = result.targets.compactMap(\.totals.cost?.dollars).reduce(0, +)
        left.maxCost = limits.maxCost.map { max(0, $0 - dollars) }
        return left
    }

    // MARK: records

    /// The run's facts, open again.
    public var record: RunRecord {
        var record = stored.run
        record.complete = false
        record.interrupted = false
        record.stoppedBy = nil
        record.durationNanoseconds = nil
        record.awayNanoseconds = (record.awayNanoseconds ?? 0).saturatingAdd(away)
        return record
    }

    /// That it goes on and what of it begins anew, and the ends of phases that a kill left open although nothing is left of
    /// them.
    public func open(_ batch: inout RecordBatch, _ remainders: [Remainder]) {
        var incident = IncidentRecord()
        incident.at = reached
        incident.kind = .resume
        incident.detail = sentences(remainders).joined(separator: " ")
        batch.incidents = [incident] + pauses
        batch.steps = remainders.flatMap(\.cut)
        batch.steps += ends(besides: Set(batch.steps.map(\.id)))
        for target in remainders.map(\.target) {
            for phase in target.plan.phases where phase.stages.isEmpty {
                guard var row = stored.phases.first(where: { $0.target == target.id && $0.name == phase.name }),
                    row.ended == nil
                else { continue }
                row.ended = reached
                batch.phases.append(row)
            }
        }
    }

    /// Those amid which a kill came: they last until the run goes on.
    private var pauses: [IncidentRecord] {
        stored.steps.compactMap(\.paused).map { begun in
            var pause = IncidentRecord()
            (pause.kind, pause.at, pause.ended) = (.pause, begun, max(begun, reached))
            return pause
        }
    }

    /// The ends of the other steps that a kill left open, or they would seem to go on beside what follows.
    private func ends(besides known: Set<Int>) -> [StepRecord] {
        stored.steps.filter { $0.started != nil && $0.drained == nil && !known.contains($0.id) }.map { step in
            var row = step
            row.drained = max(reached, step.started ?? reached)
            row.paused = nil
            if step.kind == .batch { (row.cut, row.windowEnded) = (.continued, row.drained) }
            return row
        }
    }

    /// What was due from these instants on, by step, is measured anew.
    public static func unmeasured(_ remainders: [Remainder]) -> [Int: Int64] {
        let continued = remainders.flatMap(\.cut).filter { $0.cut == .continued }
        return Dictionary(continued.compactMap { step in step.windowEnded.map { (step.id, $0) } }) { $1 }
    }

    private func sentences(_ remainders: [Remainder]) -> [String] {
        let names = Dictionary(stored.phases.map { ($0.id, $0.name) }) { $1 }
        let jobs = remainders.contains { $0.target.plan.phases.contains { $0.kind == .batch && !$0.stages.isEmpty } }
        var sentences = [
            "The run was \(stored.run.interrupted ? "interrupted" : "cut off") after \(seconds(reached)) s and "
                + "went on \(seconds(away)) s later, which are in no figure."
        ]
        if jobs { sentences.append("Prompts without an answer or a failure were asked (again).") }
        for step in remainders.flatMap(\.cut) {
            let name = names[step.phase] ?? "the phase"
            switch (step.cut, step.kind) {
            case (.continued, .level), (.continued, .arrivals):
                sentences.append("\(name) went on from \(seconds(step.windowEnded ?? reached)) s.")
            case (.repeated, .level):
                let streams = step.concurrency == 1 ? "1 stream" : "\(step.concurrency) streams"
                sentences.append("\(name) measured the level of \(streams) anew.")
            case (.repeated, .edge): sentences.append("\(name) began cycle \((step.burst ?? 0) + 1) anew.")
            default: break
            }
        }
        return sentences
    }

    private func seconds(_ nanoseconds: Int64) -> Int64 { nanoseconds / 1_000_000_000 }
}
