import Measurement

/// `rate_limits` of `summary.json`.
enum RateLimitsJSON {
    static func value(_ record: RateLimitRecord) -> JSONValue {
        let limits = record.limits.map { limit in
            JSONValue.object([
                .init("name", .string(limit.name)),
                .init("resource", .string(limit.resource)),
                .init("limit", JSONValue(limit.limit)),
                .init("least_remaining", JSONValue(limit.leastRemaining)),
                .init("remaining", JSONValue(limit.remaining)),
                .init("reset_s", JSONValue(limit.resetSeconds)),
            ])
        }
        return .object([
            .init("responses", JSONValue(record.responses)),
            .init("retry_after", JSONValue(record.retryAfters)),
            .init("longest_retry_after_s", JSONValue(record.longestRetryAfterSeconds)),
            .init("limits", .array(limits)),
        ])
    }
}
