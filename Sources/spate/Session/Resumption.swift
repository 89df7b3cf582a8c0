import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Store
import Ticks

/// A run that was cut off, by a signal, a cap or a kill, and what it has left to do.
///
/// It goes on in its own folder, under its own id. Its time goes on where what was stored of it ends, so that an
/// interruption takes no time in it; an incident says when it was and how long it lasted.
struct Resumption: Sendable {
    let folder: String
    let stored: RecordedRun
    /// Since t0: where its time goes on.
    let reached: Int64
    /// How long it was away, nanoseconds by the wall clock.
    let away: Int64

    init(_ folder: String) throws(Failure) {
        let plain = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
        self.folder = plain
        if RunFolder.isTaken(plain) {
            throw Failure(.badInput, "--resume \(plain): a run is still writing to this folder")
        }
        do throws(StoreError) { stored = try RunStore.read(plain) } catch {
            throw Failure(.badInput, "--resume \(plain): \(error)")
        }
        reached = stored.lastInstant
        let left = stored.run.startedAtUnixNanoseconds + reached + (stored.run.awayNanoseconds ?? 0)
        away = max(0, Int64(time(nil)) * 1_000_000_000 - left)
    }

    var profile: String { "\(folder)/profile.yaml" }

    /// Where its answers were to be written besides; it goes on there.
    var answers: String? { stored.run.answers }

    /// How many times it goes on, this one included.
    var number: Int { 1 + stored.incidents.count { $0.kind == .resume } }

    /// Only the same plan goes on, and only where something is left of it.
    func check(_ job: Job) throws(Failure) {
        func refuse(_ message: String) -> Failure { Failure(.badInput, "--resume \(folder): \(message)") }
        guard job.search == nil, stored.run.find == nil else {
            throw refuse("a search decides each level by the one before; begin it anew")
        }
        guard stored.shards.isEmpty else {
            throw refuse("it is one machine's part of a run over several, or was merged from such parts")
        }
        guard job.plan.windows.count == 1 else { throw refuse("it has several time windows") }
        guard !stored.run.complete || stored.run.interrupted || stored.run.stoppedBy != nil else {
            throw refuse("the run came to its end; nothing is left of it")
        }
        guard stored.run.profileName == job.profile.name else {
            throw refuse("it is a run of the profile \(stored.run.profileName), not of \(job.profile.name)")
        }
        guard stored.run.scheduleSHA256 == job.plan.scheduleSHA256 else {
            throw refuse(
                "its plan is another one: seed, prompts, workload and phases must be the same "
                    + "(schedule \(stored.run.scheduleSHA256.prefix(12)), now \(job.plan.scheduleSHA256.prefix(12)))"
            )
        }
        let (before, now) = (stored.targets.map(\.name), job.targets.map(\.name))
        guard before == now else {
            throw refuse("its targets were \(before.joined(separator: ", ")), not \(now.joined(separator: ", "))")
        }
    }

    /// The same model at the same place; a simulated provider has a new port each time.
    func check(_ target: DialledTarget) throws(Failure) {
        guard let before = stored.targets.first(where: { $0.id == target.id }) else { return }
        let (name, model, url) = (target.asked.name, target.driven.model, target.place.url)
        guard before.model == model, target.asked.isSimulated || before.url == url else {
            throw Failure(
                .badInput,
                "--resume \(folder): \(name) was \(before.model ?? "?") at \(before.url), not \(model) at \(url)"
            )
        }
    }

    // MARK: what is left

    /// A target's plan without what is done, and the rows of steps in which the run was cut off.
    struct Remainder {
        var target: EngineTarget
        var cut: [StepRecord] = []
    }

    /// Phases keep their places, some without a stage. Warm-ups are sent again before what takes them.
    func remainder(of target: EngineTarget) -> Remainder {
        var left = Remainder(target: target)
        for (index, phase) in target.plan.phases.enumerated() where phase.kind != .warmup {
            guard let record = stored.phases.first(where: { $0.target == target.id && $0.name == phase.name }) else {
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

    /// Where the record of a step in which the run was cut off stops being whole, since t0; nil = it came to its end.
    private func end(of step: StepRecord, _ target: TargetRecord, _ whole: Int64) -> Int64? {
        guard let started = step.started else { return nil }
        if step.cut != nil { return step.windowEnded ?? started }
        let stop = stored.incidents.first { incident in
            guard incident.at >= started, incident.at <= min(step.drained ?? .max, step.windowEnded ?? .max) else {
                return false
            }
            return switch incident.kind {
            case .interrupt, .limit: true
            case .unusable: incident.concerns(target, of: stored.targets)
            default: false
            }
        }
        if step.drained != nil { return stop.map { step.windowEnded ?? $0.at } }
        return max(started, clear(of: step, min(step.windowEnded ?? .max, stop?.at ?? .max, whole)))
    }

    /// An arrival within a nanosecond of the cut could fall on either side of it by rounding: the cut goes before it.
    private func clear(of step: StepRecord, _ cut: Int64) -> Int64 {
        guard step.kind == .arrivals else { return cut }
        var cut = cut
        while stored.requests.contains(where: { $0.step == step.id && abs($0.scheduled - cut) <= 1 }) { cut -= 3 }
        return cut
    }

    /// How long a step had run by then, without the times in which somebody had paused the run.
    private func ran(_ step: StepRecord, until end: Int64) -> Int64 {
        guard let started = step.started else { return 0 }
        let paused = stored.incidents.filter { $0.kind == .pause }.reduce(Int64(0)) { sum, pause in
            sum + max(0, min(pause.ended ?? end, end) - max(pause.at, started))
        }
        return max(0, end - started - paused)
    }

    private func ended(in step: StepRecord) -> Int {
        stored.requests.count { $0.step == step.id && $0.measured && $0.outcomeClass != .excluded }
    }

    private func row(of step: StepRecord, cutAt end: Int64, isRepeated: Bool) -> StepRecord {
        var row = step
        row.cut = isRepeated ? .repeated : .continued
        row.drained = step.drained ?? reached
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
    func limits(_ limits: Limits) -> Limits {
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
    var record: RunRecord {
        var record = stored.run
        record.complete = false
        record.interrupted = false
        record.stoppedBy = nil
        record.durationNanoseconds = nil
        record.awayNanoseconds = (record.awayNanoseconds ?? 0) + away
        return record
    }

    /// That it goes on and what of it begins anew, and the ends of phases that a kill left open although nothing is left of
    /// them.
    func open(_ batch: inout RecordBatch, _ remainders: [Remainder]) {
        var incident = IncidentRecord()
        incident.at = reached
        incident.kind = .resume
        incident.detail = sentences(remainders).joined(separator: " ")
        batch.incidents = [incident]
        batch.steps = remainders.flatMap(\.cut)
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

    /// Its file, to be written on. What was due where a step goes on is measured anew.
    func store(run: RunRecord, _ remainders: [Remainder]) throws(StoreError) -> RunStore {
        let continued = remainders.flatMap(\.cut).filter { $0.cut == .continued }
        let ends = continued.compactMap { step in step.windowEnded.map { (step.id, $0) } }
        return try RunStore(resuming: "\(folder)/run.sqlite", run: run, unmeasured: Dictionary(ends) { $1 })
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
