internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// What the end of a request says of the next ones: its server's limits, whether it is worth sending again, and whether
/// there is any use in going on.
struct ReplyAdvice: Sendable {
    /// What the response's head said of limits; nil = nothing.
    let limits: RateLimits?
    /// Why no later request can do better: the purse is empty, in the server's words.
    let exhaustion: String?
    private let error: ServerError?

    init(of request: LiveRequest, _ record: RequestRecord, at now: Instant) {
        let head = request.transfer.responseHead
        limits =
            head.isEmpty
            ? nil
            : RateLimits(
                head: head.span,
                unixSeconds: { Double(now.nanoseconds + MonotonicClock.realtimeOffset()) / 1e9 }
            )
        error = record.outcome.class == .success ? nil : request.serverError
        if let error, let status = record.httpStatus,
            error.saysExhausted(status: status, retryAfterSeconds: limits?.retryAfterSeconds)
        {
            exhaustion = "no credit or quota is left, said the server (HTTP \(status)): \(record.error ?? "no words")"
        } else {
            exhaustion = nil
        }
    }

    /// Nanoseconds until it is sent again; nil = it is not.
    func wait(after record: RequestRecord, plan: RunPlan) -> Int64? {
        guard plan.retries > 0, exhaustion == nil else { return nil }
        var attempt = RetryRule.Attempt(sequence: record.sequence, number: record.attempt, outcome: record.outcome)
        attempt.hasAnswer = record.firstByte != nil
        attempt.advice = limits
        attempt.bodyDelaySeconds = error?.retryDelaySeconds
        return RetryRule(retries: plan.retries, seed: plan.seed).wait(after: attempt)
    }
}
