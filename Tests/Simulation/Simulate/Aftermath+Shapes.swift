import Engine
import Measurement
import Schedule
import Ticks

/// What holds of replayed traces, and of looks after a time without a request.
extension Aftermath {
    private func requests(of phase: PhaseRecord) -> [RequestRecord] {
        run.requests.filter { $0.attempt == 0 && !isProbe($0) && places[$0.step]?.phase.id == phase.id }
    }

    /// Every row of a trace is due once, at its own time, whatever became of those before.
    func traces(_ found: inout [String]) {
        guard !wasCut, earlier == nil, asked.shard.count == 1 else { return }  // each has some: see Life, and `whole`
        for phase in run.phases where phase.kind == .replay {
            guard let replay = asked.plan.phases.first(where: { $0.name == phase.name })?.replay,
                let step = run.steps.first(where: { $0.phase == phase.id && $0.kind == .arrivals }),
                let began = step.started
            else {
                found.append("\(phase.name) replays nothing")
                continue
            }
            let due = requests(of: phase).filter { ($0.turn ?? 0) == 0 }.map { $0.scheduled - began }.sorted()
            let rows = (0..<replay.count).map { replay.offset(at: $0) }.sorted()
            if pauses.isEmpty ? due != rows : due.count != rows.count {
                found.append("\(phase.name) has \(rows.count) rows, and \(due.count) were due at \(due.prefix(3))")
            }
        }
    }

    /// Each look comes alone, after its gap without any request.
    func looks(_ found: inout [String]) {
        for phase in run.phases where phase.kind == .keepwarm {
            let all = sent.filter { !isProbe($0) && places[$0.step]?.phase.id == phase.id }
            for step in run.steps where step.phase == phase.id && step.kind == .probe {
                let looks = all.filter { $0.step == step.id && $0.attempt == 0 }
                if looks.count > 1 || looks.isEmpty && !wasCut && asked.shard.index == 0 && step.cut == nil {
                    found.append("look \(step.id) of \(phase.name) is \(looks.count) requests")
                }
                guard let look = looks.first?.dispatched, let gap = step.gap else { continue }
                let before = all.compactMap { one in one.dispatched.map { ($0, $0 + (one.ended ?? 0)) } }.filter {
                    $0.0 < look
                }
                if let last = before.map(\.1).max(), look - last < gap {
                    found.append("look \(step.id) of \(phase.name) came \(look - last) ns after an answer, not \(gap)")
                }
            }
        }
    }
}
