import Glibc

/// How often a reader who reads at a fixed pace would have had to wait: each token has a deadline, and what earlier tokens
/// were early is carried over. A miss uses up the slack and counts once for every deadline that passes in the meantime.
///
/// Agrawal et al., "Etalon" (2024), deadline miss rate.
public struct Fluidity: Sendable, Hashable {
    public let missed: Int
    public let deadlines: Int

    /// 1 − misses over deadlines; 1 is a stream that never made its reader wait.
    public var index: Double { deadlines > 0 ? 1 - Double(missed) / Double(deadlines) : 1 }

    /// `gaps`: the first is the time to the first token, then from token to token; all in one unit. Gaps within a bundle
    /// are 0. nil without gaps, or when `tokenDeadline` is not above 0.
    public init?(_ gaps: [Double], firstDeadline: Double, tokenDeadline: Double) {
        guard !gaps.isEmpty, tokenDeadline > 0 else { return nil }
        var slack = 0.0
        var missed = 0
        var deadlines = 0
        for (index, gap) in gaps.enumerated() {
            let due = (index == 0 ? firstDeadline : tokenDeadline) + slack
            deadlines += 1
            // A rounding error of the sums is not a miss.
            if gap <= due + 1e-9 * tokenDeadline {
                slack = max(0, due - gap)
                continue
            }
            let passed = ((gap - due) / tokenDeadline - 1e-9).rounded(.up)
            let count = max(1, passed.isFinite ? Int(min(passed, 1e15)) : 1)
            missed += count
            deadlines += count - 1
            slack = 0
        }
        self.missed = missed
        self.deadlines = deadlines
    }
}
