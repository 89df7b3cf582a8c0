/// Finds the highest level of concurrency that keeps a promise such as "95 of 100 requests wait less than 1 s".
///
///     double from `from` while levels pass ──► bisect between the last that passed and the first that did not
///       ──► run both borders once more ──► both as before: done; the lower fails: it becomes the upper border
///
/// The lowest level is looked at once more where its first look could not tell, for there is none below to fall back on.
/// Each visit to a level is judged by MLPerf's early stopping; the confidence is Bonferroni's over all visits that the
/// search may make, so that the answer as a whole keeps `confidence`. A level that cannot be told has not passed.
public struct CapacitySearch: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable { case pass, fail, indeterminate }

    public struct Visit: Sendable, Hashable {
        public var concurrency: Int
        public var inside: Int  // requests that kept the promise
        public var outside: Int  // those that did not, failed ones among them
        public var verdict: Verdict
    }

    public let range: ClosedRange<Int>
    public let rule: EarlyStopping
    public private(set) var visits: [Visit] = []

    /// - Parameters:
    ///   - range: of levels, from 1 up.
    ///   - percentile: the promised share, 0..<1.
    ///   - confidence: of the whole search, 0..<1.
    public init(range: ClosedRange<Int>, percentile: Double, confidence: Double = 0.95) {
        precondition(range.lowerBound >= 1, "a level is one request or more")
        self.range = range
        let visits = Double(Self.mostVisits(in: range))
        rule = EarlyStopping(percentile: percentile, confidence: 1 - (1 - confidence) / visits)
    }

    /// The doublings, the halvings of the last of them, both borders once more, and the lowest level, where it could not
    /// be told.
    public static func mostVisits(in range: ClosedRange<Int>) -> Int {
        var (level, doublings) = (range.lowerBound, 1)
        while level < range.upperBound {
            level = Swift.min(range.upperBound, level.multipliedReportingOverflow(by: 2).partialValue)
            doublings += 1
        }
        var (gap, halvings) = (level - level / 2, 0)
        while gap > 1 {
            gap -= gap / 2
            halvings += 1
        }
        return doublings + halvings + 3
    }

    /// What a visit's requests say so far; it may end when they say pass or fail.
    public func verdict(inside: Int, outside: Int) -> Verdict {
        switch rule.verdict(inside: inside, outside: outside) {
        case .pass: .pass
        case .fail: .fail
        case .undetermined: .indeterminate
        }
    }

    /// Enters what the visit to `next` has shown.
    public mutating func note(inside: Int, outside: Int) {
        guard let level = next else { return }
        let verdict = verdict(inside: inside, outside: outside)
        visits.append(Visit(concurrency: level, inside: inside, outside: outside, verdict: verdict))
    }

    /// The level to visit now; nil when the search is over.
    public var next: Int? {
        guard let pass = highestPass else {
            // Nothing passes: the lowest level that was seen not to is looked at twice, then the levels below it.
            guard let fail = lowestFail else { return range.lowerBound }
            return count(of: fail) < 2 ? fail : fail > range.lowerBound ? range.lowerBound : nil
        }
        guard let fail = lowestFail else {
            if pass < range.upperBound { return Swift.min(range.upperBound, pass * 2) }
            return count(of: pass) < 2 ? pass : nil
        }
        if fail - pass > 1 { return pass + (fail - pass) / 2 }
        return [pass, fail].first { count(of: $0) < 2 }
    }

    private func count(of level: Int) -> Int { standing.count { $0.concurrency == level } }

    /// The visits that count: a look at the lowest level that could not tell says nothing once another did.
    private var standing: [Visit] {
        let isTold = visits.contains { $0.concurrency == range.lowerBound && $0.verdict != .indeterminate }
        return visits.filter { !(isTold && $0.concurrency == range.lowerBound && $0.verdict == .indeterminate) }
    }

    /// The lowest level of which a visit did not pass.
    private var lowestFail: Int? { standing.filter { $0.verdict != .pass }.map(\.concurrency).min() }

    /// The highest level below it that passed at each visit.
    private var highestPass: Int? {
        let bound = lowestFail ?? Int.max
        return standing.filter { $0.verdict == .pass && $0.concurrency < bound }.map(\.concurrency).max()
    }

    /// The highest level that kept the promise, twice; nil when none did or the search is not over.
    public var answer: Int? { next == nil ? highestPass : nil }

    /// The lowest level above the answer that did not keep it or could not be told; nil when all levels kept it.
    public var firstBeyond: Int? { next == nil ? lowestFail : nil }
}
