import Engine
import Measurement
import Simulator
import Store
import Ticks

extension Session {
    /// Part by part, each ending with its phases; levels that were disturbed are measured again before the next begins.
    mutating func driveInParts(
        _ program: Program,
        _ targets: [Ready],
        t0: Instant,
        store: RunStore,
        sink: any RecordSink,
        folder: RunFolder,
        children: [SimulatorChild]
    ) -> Run.Outcome {
        let budget = Budget(capping: caps(targets))
        var nextStep = (program.entries.map(\.step).max() ?? 0) + 1
        var whole: Run.Outcome?
        var recorded: RecordedRun?  // so far; nil before the first part
        for part in program.parts {
            let gone = Set((whole?.abandoned ?? [:]).keys)
            let rest = part.continuing(behind: recorded, without: gone)
            guard !rest.entries.isEmpty else { continue }
            func run(_ program: Program, isLast: Bool) -> Run.Outcome {
                drive(
                    [program],
                    targets,
                    t0: t0,
                    store: store,
                    sink: sink,
                    children: children,
                    earlier: whole?.rateLimits ?? [:],
                    budget: budget,
                    isLast: isLast
                )
            }
            var outcome = run(rest, isLast: false)
            whole = whole.map { $0.followed(by: outcome) } ?? outcome
            var round = 0
            while round < job.retryDisturbed, outcome.stop == nil, whole?.abandoned.isEmpty ?? true {
                round += 1
                guard let measured = stored(store, folder) else { break }
                recorded = measured
                var isClean = true
                for phase in measured.phases where part.entries.contains(where: { $0.phase == phase.id }) {
                    let ids = measured.disturbedSteps(ofPhase: phase.id)
                    let steps = measured.steps.count { $0.phase == phase.id }
                    guard !ids.isEmpty,
                        let again = part.again(
                            ids,
                            of: (phase, steps),
                            nextStep: nextStep,
                            behind: recorded ?? measured
                        )
                    else { continue }
                    isClean = false
                    nextStep += again.entries.count
                    outcome = run(again, isLast: false)
                    whole = whole.map { $0.followed(by: outcome) } ?? outcome
                    if outcome.stop != nil { break }
                    recorded = stored(store, folder) ?? recorded
                }
                if isClean { break }
            }
            if outcome.stop != nil { break }
            recorded = stored(store, folder) ?? recorded
        }
        finishView()
        return whole ?? drive([program], targets, t0: t0, store: store, sink: store, children: children, budget: budget)
    }

    /// What is in the file so far; nil where it cannot be read now: then nothing is measured again.
    private func stored(_ store: RunStore, _ folder: RunFolder) -> RecordedRun? {
        do throws(StoreError) {
            try store.flush()
            return try RunStore.read(folder.file("run.sqlite"))
        } catch { return nil }
    }
}

extension Run.Outcome {
    /// Two parts of one run.
    fileprivate func followed(by next: Run.Outcome) -> Run.Outcome {
        var whole = next
        whole.abandoned.merge(abandoned) { first, _ in first }
        whole.closesConnections.formUnion(closesConnections)
        whole.rateLimits.merge(rateLimits) { $0.merging($1) }
        return whole
    }
}
