internal import Measurement
internal import Ticks
internal import Wire

/// Whether a request that failed is sent again, and after how long. Pure: the same failure of the same request of the
/// same seed gives the same answer.
///
/// Sent again is what was refused or lost before an answer began: throttled, 5xx, no connection, a connection cut before
/// the first byte. The wait is what the server asks for (`retry-after-ms`, `retry-after`, its body's delay, the reset of a
/// limit that is used up; in that order), at most a minute, and up to a quarter longer, so that those refused together do
/// not come back together. Without advice it is half a second, doubled with each attempt, shortened by up to a half.
struct RetryRule: Sendable, Hashable {
    static let longestWait = 60.0  // seconds
    static let firstWait = 0.5

    let retries: Int  // beyond the first attempt
    let seed: UInt64

    /// What is known of an attempt that is over.
    struct Attempt: Sendable, Hashable {
        var sequence: Int64
        var number: Int  // 0 is the first
        var outcome: Outcome
        var hasAnswer = false  // the body had begun
        var advice: RateLimits?
        var bodyDelaySeconds: Double?
    }

    /// Nanoseconds to wait; nil = it is not sent again.
    func wait(after attempt: Attempt) -> Int64? {
        guard attempt.number < retries, Self.isWorthwhile(attempt), attempt.advice?.shouldRetry != false else {
            return nil
        }
        var random = SplitMix64(
            seed: seed &+ UInt64(bitPattern: attempt.sequence) &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(attempt.number),
            stream: "retry"
        )
        let chance = random.unit()
        let seconds: Double
        if let asked = Self.asked(attempt) {
            let kept = min(max(0, asked), Self.longestWait)
            seconds = kept + chance * max(kept, 1) / 4
        } else {
            let doubled = Self.firstWait * Double(1 << min(attempt.number, 10))
            seconds = min(doubled, Self.longestWait) * (1 - chance / 2)
        }
        return Int64(seconds * 1e9)
    }

    private static func asked(_ attempt: Attempt) -> Double? {
        if let seconds = attempt.advice?.retryAfterSeconds ?? attempt.bodyDelaySeconds { return seconds }
        return attempt.advice?.limits.filter { $0.remaining == 0 }.compactMap(\.resetSeconds).filter { $0 > 0 }.max()
    }

    private static func isWorthwhile(_ attempt: Attempt) -> Bool {
        switch attempt.outcome {
        case .rateLimited, .overloaded, .http5xx, .dns, .connect, .timeoutConnect: true
        case .reset: !attempt.hasAnswer
        case .cancelled, .notSent, .clientResource, .tls, .timeoutFirstToken, .timeoutIdle, .timeoutTotal, .protocol,
            .auth, .http4xx, .inbandError, .truncated, .refusal, .filtered, .empty, .reasoningOnly, .okLength, .ok:
            false
        }
    }
}
