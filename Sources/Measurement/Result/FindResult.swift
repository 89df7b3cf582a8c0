import Ticks

/// What a capacity search found: the levels it went to, and the highest that kept the promise.
public struct FindResult: Sendable, Hashable {
    public var expression: String
    public var visits: [CapacitySearch.Visit] = []
    public var answer: Int?  // nil = no level kept it, or the search did not end
    /// The lowest level beyond the answer; nil = all kept it, or the search did not end.
    public var firstBeyond: Int?
    public var isComplete = false
    /// The load generator itself decided it: without its lateness the search would have gone, or ended, elsewhere; or the
    /// answer's level had less load than asked for.
    public var isDisturbed = false
}

extension FindResult {
    /// What was found, in words, where the load generator did not decide it.
    public var sentence: String {
        guard isComplete else { return "The search for the most streams that keep \(expression) did not end." }
        let beyond = firstBeyond.map { level in (level, visits.filter { $0.concurrency == level }) }
        let isTold = beyond?.1.contains { $0.verdict == .fail } ?? false
        let seen = beyond?.1.last.map {
            "\(inWords(Double($0.inside))) of \(inCount($0.inside + $0.outside, "request")) kept it"
        }
        let some = seen.map { " (\($0))" } ?? ""
        guard let answer else {
            guard let level = beyond?.0 else { return "No level that was tried keeps \(expression)." }
            let least = inCount(level, "stream")
            return isTold
                ? "No level keeps \(expression), not even \(least)\(some)."
                : "No level was shown to keep \(expression): at \(least) it cannot be told\(some)."
        }
        let rest = beyond.map { level, _ in
            let many = inWords(Double(level))
            return isTold ? "; \(many) do not\(some)" : "; of \(many) it cannot be told\(some)"
        }
        let keep = answer == 1 ? "keeps" : "keep"
        return "\(inCount(answer, "stream")) \(keep) \(expression)\(rest ?? ", the most that was tried")."
    }

    /// The search over again, from what was stored; nil when the run was none, or its order cannot be read.
    init?(of steps: [StepRecord], _ index: RunIndex) {
        let run = index.recorded.run
        guard let expression = run.find, let from = run.findFrom, let to = run.findTo, from >= 1, from <= to,
            let promise = try? RequestPromise(parsing: expression)
        else { return nil }
        self.expression = promise.expression
        var search = CapacitySearch(range: from...to, percentile: promise.percentile)
        var told = search
        for step in steps where step.kind == .level && step.windowEnded != nil {
            guard step.concurrency == search.next else { break }
            let kept = index.requests(of: step).only(\.measured).compactMap { promise.isKept(by: $0) }
            if told.next != search.next { isDisturbed = true }
            search.note(inside: kept.count { $0 }, outside: kept.count { !$0 })
            guard !isDisturbed else { continue }
            let inTime = index.requests(of: step).only(\.measured).compactMap { promise.isKept(by: $0.withoutLateness) }
            told.note(inside: inTime.count { $0 }, outside: inTime.count { !$0 })
        }
        if told.answer != search.answer { isDisturbed = true }
        visits = search.visits
        answer = search.answer
        firstBeyond = search.firstBeyond
        isComplete = search.next == nil
    }
}
