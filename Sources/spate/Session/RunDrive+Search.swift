import Engine
import Measurement
import Schedule

extension RunDrive {
    /// Level after level, each decided when the one before has ended.
    mutating func find(_ order: Job.Search) -> Run.Outcome {
        var search = order.start
        var target = ready.targets[0].driven
        let planned = target.plan.phases
        let visits = VisitSink(store: sink, promise: order.promise, phase: planned.count)
        var continuation = Program.Continuation()
        var limits: RateLimitRecord?
        while true {
            target.plan.phases = SearchPlan.phases(planned, level: search.next ?? order.range.lowerBound)
            if continuation.phase > 1 { target.plan.phases.removeFirst(planned.count - 1) }
            view.search = SearchPlan.words(search, promise: order.promise.expression)
            let program = Program(targets: [target], continuing: continuation)
            var outcome = drive([program], sink: visits, earlier: limits.map { [target.id: $0] } ?? [:])
            if let seen = outcome.rateLimits[target.id] { limits = limits.map { $0.merging(seen) } ?? seen }
            outcome.rateLimits[target.id] = limits
            let count = visits.take()
            search.note(inside: count.inside, outside: count.outside)
            if outcome.stop != nil || !outcome.abandoned.isEmpty || search.next == nil { return outcome }
            continuation.phase = planned.count
            continuation.phaseStarted = count.phaseStarted
            continuation.step = (program.entries.last?.step ?? 0) + 1
            continuation.ordinal = (program.entries.last?.ordinal ?? 0) + 1
            continuation.sequence = count.lastSequence + 1
        }
    }
}
