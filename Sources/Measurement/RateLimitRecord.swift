/// The limits that a target's responses spoke of, over a run.
public struct RateLimitRecord: Sendable, Hashable, Codable {
    public struct Limit: Sendable, Hashable, Codable {
        public var name: String  // the server's own: "requests", "tokens-per-minute"
        public var resource: String  // requests, tokens, input_tokens, output_tokens, other
        public var limit: Int64?  // as last seen, like the next but one and the last
        public var leastRemaining: Int64?
        public var remaining: Int64?
        public var resetSeconds: Double?  // until it was whole again, when last seen
        public var course: RateLimitCourse?  // what was left over the run; nil = a result of before, or never told

        public init(name: String, resource: String) {
            self.name = name
            self.resource = resource
        }
    }

    /// More than any server has; one may make up a name with each answer.
    public static let mostLimits = 16

    public var limits: [Limit] = []  // in order of appearance
    public var responses = 0  // that spoke of limits
    public var lastSeen: Int64 = 0  // since t0
    public var retryAfters = 0  // responses that asked to wait
    public var longestRetryAfterSeconds: Double?

    public init() {}

    /// Adds what was seen of one limit; the later of two has the last word.
    public mutating func merge(_ other: Limit, isLater: Bool) {
        guard let index = limits.firstIndex(where: { $0.name == other.name }) else {
            if limits.count < Self.mostLimits { limits.append(other) }
            return
        }
        let mine = limits[index]
        limits[index].leastRemaining = [mine.leastRemaining, other.leastRemaining].compactMap { $0 }.min()
        if let course = other.course {
            if mine.course == nil { limits[index].course = course } else { limits[index].course?.merge(course) }
        }
        let (first, second) = isLater ? (other, mine) : (mine, other)
        limits[index].limit = first.limit ?? second.limit
        limits[index].remaining = first.remaining ?? second.remaining
        limits[index].resetSeconds = first.resetSeconds ?? second.resetSeconds
    }

    /// What was left of a limit that was met, at an instant since t0.
    public mutating func note(_ remaining: Int64, of name: String, at instant: Int64) {
        guard let index = limits.firstIndex(where: { $0.name == name }) else { return }
        if limits[index].course == nil { limits[index].course = RateLimitCourse() }
        limits[index].course?.note(remaining, at: instant)
    }

    public func merging(_ other: RateLimitRecord) -> RateLimitRecord {
        var merged = self
        merged.merge(other)
        return merged
    }

    /// What another loop, or an earlier part of the run, saw of the same target.
    public mutating func merge(_ other: RateLimitRecord) {
        for limit in other.limits { merge(limit, isLater: other.lastSeen >= lastSeen) }
        responses += other.responses
        retryAfters += other.retryAfters
        longestRetryAfterSeconds =
            [longestRetryAfterSeconds, other.longestRetryAfterSeconds].compactMap { $0 }.max()
        lastSeen = max(lastSeen, other.lastSeen)
    }
}
