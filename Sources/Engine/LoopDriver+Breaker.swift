internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport

/// What the breaker is told, which all loops share.
extension LoopDriver {
    /// Why the target is given up; nil while it is not.
    func noteForBreaker(_ request: LiveRequest, _ record: RequestRecord, _ advice: ReplyAdvice, at now: Instant)
        -> String?
    {
        let sent = request.transfer.timing.dispatched
        let attempt = Breaker.Attempt(
            outcome: record.outcomeClass,
            sent: sent,
            lastToken: record.lastToken.map { sent.advanced(byNanoseconds: $0) },
            refusal: advice.refusal,
            neverConnected: record.written == nil
        )
        let gap = run.program.entries[index].stage.gap
        return run.breakers.note(attempt, of: request.target, pause: gap?.nanoseconds ?? 0, at: now)
    }

    func watchForBreaker(_ now: Instant) {
        guard index >= 0, shaper != nil else { return }
        let target = run.program.entries[index].target
        let reason = run.breakers.watch(target, loop: loopIndex, at: now) {
            Breaker.Report(
                oldestOpen: running.lazy.map(\.transfer.timing.dispatched).min(),
                lastToken: lastToken
            )
        }
        if let reason { run.conductor.take(.abandon(target: target, reason: reason)) }
    }

    /// Nanoseconds until it is sent again; nil = it is not. A prompt of a job that was never taken is asked again, however
    /// often: its list is to be answered.
    func waitBeforeRetry(_ request: LiveRequest, _ record: RequestRecord, _ advice: ReplyAdvice) -> Int64? {
        let plan = run.program.targets[request.target].plan
        if let wait = advice.wait(after: record, plan: plan) { return wait }
        return request.item != nil && record.outcome == .connect ? RefusalBackoff.pause(round: record.attempt) : nil
    }
}
