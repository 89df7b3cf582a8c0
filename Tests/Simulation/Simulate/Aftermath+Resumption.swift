import Engine
import Measurement
import Schedule
import Ticks
import Transport

/// What a run that goes on knows of its first part.
struct Earlier {
    /// Of all that was sent in it.
    let ids: Set<String>
    /// Of those that were sent, and are in no book: the store had failed.
    let lost: Set<String>
    let isLacking: Bool
    /// Where its time went on, since t0.
    let reached: Int64
    /// A target was given up in it, or a phase skipped.
    let wasAbandoned: Bool

    init(of end: Aftermath) {
        ids = Set(end.posts.map(\.id))
        lost = ids.subtracting(end.sent.map(end.id))
        isLacking = end.lostFrom != nil
        reached = end.run.lastInstant
        wasAbandoned = end.outcome?.abandoned.isEmpty == false || end.run.incidents.contains { $0.kind == .skip }
    }
}

/// What holds of a run that was cut off and went on, wherever that was: it is whole, and nothing of it is there twice.
extension Aftermath {
    func whole(_ found: inout [String]) {
        guard earlier != nil, !wasCut else { return }
        for target in asked.targets {
            for plan in asked.plan.phases where plan.kind != .warmup {
                guard let phase = run.phases.first(where: { $0.target == target.id && $0.name == plan.name }) else {
                    found.append("\(plan.name) of target \(target.id) was not run")
                    continue
                }
                if phase.ended == nil { found.append("\(plan.name) of target \(target.id) has no end") }
                stages(of: phase, plan, &found)
                rows(of: phase, plan, &found)
            }
        }
    }

    /// Each level, each edge and its control are there once without a cut in them.
    private func stages(of phase: PhaseRecord, _ plan: PhasePlan, _ found: inout [String]) {
        for kind in [StageKind.level, .edge, .control, .baseline] {
            let planned = plan.stages.count { $0.kind == kind }
            let steps = run.steps.filter { $0.phase == phase.id && $0.kind == kind }
            let uncut = steps.count { $0.cut == nil }
            // Of a steady load less than a bin may be left, which is not measured.
            if phase.kind == .steady, steps.contains(where: { $0.cut == .continued }) { continue }
            if uncut != planned { found.append("\(phase.name) has \(uncut) of \(planned) stages \(kind) whole") }
        }
    }

    /// Each row of a trace is measured once.
    private func rows(of phase: PhaseRecord, _ plan: PhasePlan, _ found: inout [String]) {
        guard let replay = plan.replay, asked.shard.count == 1 else { return }
        let cuts = run.steps.filter { $0.phase == phase.id && $0.cut == .continued }
        let ends = Dictionary(cuts.compactMap { step in step.windowEnded.map { (step.id, $0) } }) { $1 }
        let due = run.requests.filter { request in
            guard request.attempt == 0, (request.turn ?? 0) == 0, !isProbe(request),
                places[request.step]?.phase.id == phase.id
            else { return false }
            return request.scheduled < ends[request.step] ?? .max
        }
        if due.count != replay.count {
            found.append("\(phase.name) has \(replay.count) rows, and \(due.count) were due before or behind the cut")
        }
    }
}
