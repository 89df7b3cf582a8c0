import Engine
import Glibc
import Measurement
import Schedule
import Store

/// A run that was interrupted, and what it has left to do: prompts of jobs that have neither an answer nor a failure.
///
/// It goes on in its own folder, under its own id. Its time goes on where what was stored of it ends, so that an
/// interruption takes no time in it; an incident says when it was and how long it lasted.
struct Resumption: Sendable {
    let folder: String
    let stored: RecordedRun
    /// Since t0: where its time goes on.
    let reached: Int64

    init(_ folder: String) throws(Failure) {
        let plain = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
        self.folder = plain
        do throws(StoreError) { stored = try RunStore.read(plain) } catch {
            throw Failure(.badInput, "--resume \(plain): \(error)")
        }
        reached = stored.lastInstant
    }

    var profile: String { "\(folder)/profile.yaml" }

    /// Where its answers were to be written besides; it goes on there.
    var answers: String? { stored.run.answers }

    /// How many times it goes on, this one included.
    var number: Int { 1 + stored.incidents.count { $0.kind == .resume } }

    /// Only jobs know what is left of them, and only the same prompts are the same job.
    func check(_ job: Job) throws(Failure) {
        func refuse(_ message: String) -> Failure { Failure(.badInput, "--resume \(folder): \(message)") }
        if let other = job.targets[0].plan.phases.first(where: { $0.kind != .batch && $0.kind != .warmup }) {
            throw refuse("only batches can be resumed; this profile has the phase \(other.name)")
        }
        guard job.search == nil, job.targets[0].plan.hasJob else {
            throw refuse("only batches can be resumed; this profile has none")
        }
        guard job.targets[0].plan.windows.count == 1 else { throw refuse("it has several time windows") }
        guard stored.run.profileName == job.name else {
            throw refuse("it is a run of the profile \(stored.run.profileName), not of \(job.name)")
        }
        guard stored.run.scheduleSHA256 == job.targets[0].plan.scheduleSHA256 else {
            throw refuse(
                "its plan is another one: seed, prompts, workload and phases must be the same "
                    + "(schedule \(stored.run.scheduleSHA256.prefix(12)), now \(job.targets[0].plan.scheduleSHA256.prefix(12)))"
            )
        }
        let (before, now) = (stored.targets.map(\.name), job.targets.map(\.name))
        guard before == now else {
            throw refuse("its targets were \(before.joined(separator: ", ")), not \(now.joined(separator: ", "))")
        }
    }

    /// The same model at the same place; a simulated provider has a new port each time.
    func check(_ target: EngineTarget, url: String, isSimulated: Bool) throws(Failure) {
        guard let before = stored.targets.first(where: { $0.id == target.id }) else { return }
        guard before.model == target.model, isSimulated || before.url == url else {
            throw Failure(
                .badInput,
                "--resume \(folder): \(target.name) was \(before.model ?? "?") at \(before.url), not \(target.model) at \(url)"
            )
        }
    }

    // MARK: what is left

    /// Prompts that ended, by phase: an answer or a failure. What we took back ourselves is asked again.
    private var done: [Int: Set<Int>] {
        let phases = Dictionary(stored.steps.map { ($0.id, $0.phase) }) { $1 }
        var done: [Int: Set<Int>] = [:]
        for request in stored.requests where request.outcomeClass != .excluded {
            guard let item = request.item, let phase = phases[request.step] else { continue }
            done[phase, default: []].insert(item)
        }
        return done
    }

    /// The target's plan without what is done. Phases keep their places, some without a stage.
    func remaining(_ target: EngineTarget) -> EngineTarget {
        var target = target
        let done = done
        for (index, phase) in target.plan.phases.enumerated() {
            let id = stored.phases.first { $0.target == target.id && $0.name == phase.name }?.id
            guard let ended = id.flatMap({ done[$0] }) else { continue }
            let blocks = Dictionary(grouping: phase.stages) { $0.block ?? 0 }.sorted { $0.key < $1.key }
            target.plan.phases[index].stages = blocks.flatMap { _, stages in
                let left = stages.compactMap { Self.remaining($0, without: ended) }
                return left.contains { $0.kind == .batch } ? left : []
            }
        }
        if !target.plan.phases.contains(where: { phase in phase.stages.contains { $0.kind == .batch } }) {
            for index in target.plan.phases.indices { target.plan.phases[index].stages = [] }
        }
        return target
    }

    private static func remaining(_ stage: Stage, without ended: Set<Int>) -> Stage? {
        guard case .batch(var batch) = stage.rule else { return stage }
        batch.items = batch.items.without(ended)
        var stage = stage
        stage.rule = .batch(batch)
        return batch.items.count > 0 ? stage : nil
    }

    var continuation: Program.Continuation {
        var next = Program.Continuation()
        next.phase = (stored.phases.map(\.id).max() ?? 0) + 1
        next.step = (stored.steps.map(\.id).max() ?? 0) + 1
        let last = stored.requests.map(\.sequence).max() ?? -1
        next.sequence = (last / Numbering.resumptionGap + 1) * Numbering.resumptionGap
        for phase in stored.phases {
            next.begun[phase.id] = (phase, stored.steps.count { $0.phase == phase.id })
        }
        return next
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
        return record
    }

    /// That it goes on, and the ends of phases that a kill left open although nothing is left of them.
    func opening(_ targets: [EngineTarget]) -> RecordBatch {
        var batch = RecordBatch()
        var incident = IncidentRecord()
        incident.at = reached
        incident.kind = .resume
        let pause = time(nil) - Int(stored.run.startedAtUnixNanoseconds + reached) / 1_000_000_000
        incident.detail =
            "The run was \(stored.run.interrupted ? "interrupted" : "cut off") after \(reached / 1_000_000_000) s and "
            + "went on \(max(0, pause)) s later: prompts without an answer or a failure were asked (again)."
        batch.incidents = [incident]
        for target in targets {
            for phase in target.plan.phases where phase.stages.isEmpty {
                guard var row = stored.phases.first(where: { $0.target == target.id && $0.name == phase.name }),
                    row.ended == nil
                else { continue }
                row.ended = reached
                batch.phases.append(row)
            }
        }
        return batch
    }
}
