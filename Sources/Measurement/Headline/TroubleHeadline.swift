/// What went wrong at a target, with the server's own words.
struct TroubleHeadline {
    private let target: TargetResult

    init(_ target: TargetResult) { self.target = target }

    var candidates: [Headline.Candidate] { [unusable ?? failures, cutShort, useless].compactMap(\.self) }

    private var failed: Int { target.totals.requests.failed + target.totals.requests.throttled }

    private var unusable: Headline.Candidate? {
        guard target.unusable else { return nil }
        if let why = target.givenUp {
            return Headline.Candidate(0, "Given up: \(why).".replacing("..", with: "."), figures: ["availability"])
        }
        let tried = target.totals.requests.scheduled - target.totals.requests.excluded
        return Headline.Candidate(
            0,
            "Nothing succeeded: \(inCount(tried, "request")), \(reason ?? "all failed").",
            figures: ["availability"]
        )
    }

    private var failures: Headline.Candidate? {
        let counted = target.totals.requests.scheduled - target.totals.requests.excluded
        guard failed > 0, counted > 0 else { return nil }
        let what =
            target.totals.requests.failed == 0
            ? "throttled" : target.totals.requests.throttled == 0 ? "failed" : "failed or throttled"
        let verb = what == "throttled" ? (failed == 1 ? "was throttled" : "were throttled") : what
        let share = inPercent(Double(failed) / Double(counted))
        return Headline.Candidate(
            Self.rank(failed, of: counted),
            "\(inWords(Double(failed))) of \(inCount(counted, "request")) \(verb) (\(share)): \(reason ?? "?").",
            figures: ["error_rate", "throttle_rate"]
        )
    }

    /// One in thousands is no headline before the answer, and still one.
    private static func rank(_ part: Int, of whole: Int) -> Int { Double(part) >= 0.01 * Double(whole) ? 0 : 3 }

    /// The most frequent kind, in the server's words where it had any.
    private var reason: String? {
        guard let first = target.failures.first else { return nil }
        let status = first.httpStatus.map { "HTTP \($0)" }
        let words = first.words.map { Self.short($0) }.flatMap { $0.isEmpty ? nil : "\"\($0)\"" }
        // A good status is no reason, and says something only beside words of another kind.
        let isGood = first.httpStatus.map { (200..<300).contains($0) } ?? true
        let said = [words == nil && isGood ? nil : status, words].compactMap(\.self)
        let what = said.isEmpty ? first.outcome.meaning : said.joined(separator: ", ")
        return target.failures.count > 1 ? "\(inWords(Double(first.requests))) × \(what)" : what
    }

    /// The report has them whole.
    private static func short(_ words: String) -> String {
        let line = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 120 ? line.prefix(119) + "…" : line
    }

    /// The cap ended it before a word came: there are times, and no answer.
    private var cutShort: Headline.Candidate? {
        let cut = target.totals.cutWhileReasoning
        guard cut > 0 else { return nil }
        let answered = target.totals.requests.success
        let share =
            cut == answered
            ? "All \(inCount(cut, "answer"))" : "\(inWords(Double(cut))) of \(inCount(answered, "answer"))"
        return Headline.Candidate(
            Self.rank(cut, of: answered),
            "\(share) \(cut == 1 ? "was" : "were") cut by max_tokens before a word of the answer came: raise --max-tokens, or set reasoning: off.",
            figures: ["outcomes.reasoning_only"]
        )
    }

    /// Successes that are of no use, with the reason where there is one for all.
    private var useless: Headline.Candidate? {
        let requests = target.totals.requests
        let useless = requests.success - requests.useful - target.totals.cutWhileReasoning
        guard requests.success > 0, useless > 0, Double(useless) >= 0.1 * Double(requests.success) else { return nil }
        let cut = target.totals.outcomes[.okLength] ?? 0
        let why =
            cut >= useless
            ? "\(cut == requests.success ? "all" : inWords(Double(min(cut, useless)))) were cut at max_tokens (length_is_useful: true counts them)"
            : "they are not what their prompts expect"
        return Headline.Candidate(
            0,
            "\(inWords(Double(requests.useful))) of \(inCount(requests.success, "answer")) useful: \(why).",
            figures: ["useful"]
        )
    }
}
