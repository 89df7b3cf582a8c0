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
    /// What no later request will change: the key is refused, the purse empty, the model unknown.
    let refusal: Breaker.Refusal?
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
        error = record.outcomeClass == .success ? nil : request.serverError
        refusal = Self.refusal(record, error, limits)
    }

    private static func refusal(_ record: RequestRecord, _ error: ServerError?, _ limits: RateLimits?) -> Breaker
        .Refusal?
    {
        guard let status = record.httpStatus, record.outcomeClass != .success else { return nil }
        let words = "(HTTP \(status)): \(record.error ?? "no message")"
        if let error, error.saysExhausted(status: status, retryAfterSeconds: limits?.retryAfterSeconds) {
            return .purse("the server says that no credit or quota is left \(words)")
        }
        if record.outcome == .auth { return .authorisation("the key was refused \(words)") }
        // Only an error in the API's own form speaks of the model; a 404 of something on the way does not.
        let isStructured = error?.code != nil || error?.type != nil
        if record.outcome == .http4xx, isStructured, ErrorClass(status: status, error: error) == .notFound {
            return .model("the model cannot be called \(words)")
        }
        return nil
    }

    /// Nanoseconds until it is sent again; nil = it is not.
    func wait(after record: RequestRecord, plan: RunPlan) -> Int64? {
        guard plan.retries > 0, refusal == nil else { return nil }
        var attempt = RetryRule.Attempt(sequence: record.sequence, number: record.attempt, outcome: record.outcome)
        attempt.hasAnswer = record.firstByte != nil
        attempt.advice = limits
        attempt.bodyDelaySeconds = error?.retryDelaySeconds
        return RetryRule(retries: plan.retries, seed: plan.seed).wait(after: attempt)
    }
}
