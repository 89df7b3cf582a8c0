import Engine
import Measurement
import Store

extension RunDrive {
    /// Part by part, each ending with its phases; levels that were disturbed are measured again before the next begins.
    mutating func driveInParts(_ program: Program) -> Run.Outcome {
        let budget = Budget(capping: ready.caps)
        var nextStep = (program.entries.map(\.step).max() ?? 0) + 1
        var whole: Run.Outcome?
        var recorded: RecordedRun?  // so far; nil before the first part
        for part in program.parts {
            let gone = Set((whole?.abandoned ?? [:]).keys)
            let rest = part.continuing(behind: recorded, without: gone)
            guard !rest.entries.isEmpty else { continue }
            func run(_ program: Program) -> Run.Outcome {
                drive([program], earlier: whole?.rateLimits ?? [:], budget: budget)
            }
            var outcome = run(rest)
            whole = whole.map { $0.followed(by: outcome) } ?? outcome
            var round = 0
            while round < job.retryDisturbed, outcome.stop == nil, whole?.abandoned.isEmpty ?? true {
                round += 1
                guard let measured = stored else { break }
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
                    outcome = run(again)
                    whole = whole.map { $0.followed(by: outcome) } ?? outcome
                    if outcome.stop != nil { break }
                    recorded = stored ?? recorded
                }
                if isClean { break }
            }
            if outcome.stop != nil { break }
            recorded = stored ?? recorded
        }
        return whole ?? drive([program], budget: budget)
    }

    /// What is in the file so far; nil where it cannot be read now: then nothing is measured again.
    private var stored: RecordedRun? {
        do throws(StoreError) {
            try books.store.flush()
            return try RunStore.read(ready.folder.file("run.sqlite"))
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
