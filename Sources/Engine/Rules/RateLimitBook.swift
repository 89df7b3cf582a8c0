internal import Measurement
internal import Wire

/// What one target's responses said of its limits, gathered: the last word of each, and the least that was left.
struct RateLimitBook: Sendable {
    private(set) var record = RateLimitRecord()

    /// - Parameter at: nanoseconds since t0.
    mutating func note(_ limits: RateLimits, at now: Int64) {
        record.responses += 1
        record.lastSeen = now
        for limit in limits.limits {
            var entry = RateLimitRecord.Limit(name: limit.name, resource: limit.resource.rawValue)
            entry.limit = limit.limit
            entry.remaining = limit.remaining
            entry.leastRemaining = limit.remaining
            entry.resetSeconds = limit.resetSeconds
            record.merge(entry, isLater: true)
            if let remaining = limit.remaining { record.note(remaining, of: limit.name, at: now) }
        }
        if let seconds = limits.retryAfterSeconds {
            record.retryAfters += 1
            record.longestRetryAfterSeconds = max(record.longestRetryAfterSeconds ?? 0, seconds)
        }
    }
}
