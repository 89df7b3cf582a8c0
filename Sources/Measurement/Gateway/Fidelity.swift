/// What a gateway passes on, by what the direct target showed and what came through it. A verdict needs evidence: what the
/// direct target did not show nobody can have dropped.
struct Fidelity {
    var direct: ShownEvidence
    var through: ShownEvidence
    /// Whether both were asked the same.
    var askedAlike = true

    /// Answers that a side must have.
    static let fewest = 5
    /// Shares that chance would not make differ so much more often than this do differ (Fisher's exact test, one-sided).
    static let chance = 0.01
    /// Tokens that share a read, as a ratio of both sides, above which a gateway gathers them.
    static let gathering = 1.5
    /// Means that differ by less than this are one count.
    static let countLimit = 0.01
    var findings: [GatewayResult.Finding] { [usage, reasoning, stream, errors, cancellation] }

    private var hasAnswers: Bool { min(direct.answers, through.answers) >= Self.fewest }

    private var tooFew: String {
        "\(inCount(direct.answers, "answer")) direct and \(through.answers) through it: \(Self.fewest) are needed"
    }

    /// How often something was shown on both sides.
    private enum Shown { case never, alike, lessOften, moreOften }

    private func shown(_ count: (ShownEvidence) -> Int, of all: (ShownEvidence) -> Int = \.answers) -> Shown {
        let (k, n, j, m) = (count(direct), all(direct), count(through), all(through))
        if k == 0, j == 0 { return .never }
        if FisherExact.probability(k, of: n, against: j, of: m) < Self.chance { return .lessOften }
        return FisherExact.probability(j, of: m, against: k, of: n) < Self.chance ? .moreOften : .alike
    }

    private func counts(_ count: (ShownEvidence) -> Int, of all: (ShownEvidence) -> Int = \.answers) -> String {
        "\(count(direct)) of \(all(direct)) direct, \(count(through)) of \(all(through)) through it"
    }

    private func missing(_ count: (ShownEvidence) -> Int) -> String {
        inPercent(1 - Double(count(through)) / Double(max(1, through.answers)))
    }

    // MARK: The answers

    private var usage: GatewayResult.Finding {
        guard hasAnswers else { return .init(.usage, .notKnown, tooFew) }
        let seen = "answers with token counts: \(counts(\.withUsage))"
        switch shown(\.withUsage) {
        case .never: return .init(.usage, .notKnown, "neither reports token counts")
        case .lessOften:
            let deed = "drops usage on \(missing(\.withUsage)) of requests"
            return .init(.usage, through.withUsage == 0 ? .dropped : .changed, seen, deed: deed)
        case .moreOften: return .init(.usage, .changed, seen, deed: "adds usage that the target does not report")
        case .alike: break
        }
        let parts: [(String, (ShownEvidence) -> Int)] = [
            ("cached input tokens", \.withCached), ("reasoning tokens", \.withReasoningTokens),
        ]
        for (name, count) in parts where shown(count, of: \.withUsage) == .lessOften {
            let more = "\(seen); with \(name): \(counts(count, of: \.withUsage))"
            return .init(.usage, .changed, more, deed: "drops the count of \(name)")
        }
        if let other = otherInput { return .init(.usage, .changed, other, deed: "reports other input tokens") }
        if let other = otherTokens { return .init(.usage, .changed, other, deed: "reports other output tokens") }
        return .init(.usage, .passedOn, seen)
    }

    /// Where both were asked the same, and the counts of it differ by more than their scatter.
    private var otherInput: String? {
        guard askedAlike, let x = direct.inputTokens.mean, let y = through.inputTokens.mean, x > 0,
            let errorX = direct.inputTokens.squaredError, let errorY = through.inputTokens.squaredError,
            abs(y - x) > max(1, Self.countLimit * x, 4 * (errorX + errorY).squareRoot())
        else { return nil }
        return "input tokens of a request: \(inWords(x)) direct, \(inWords(y)) through it"
    }

    /// Tokens of another size are another tokenizer's.
    private var otherTokens: String? {
        guard let x = direct.bytesPerToken, let y = through.bytesPerToken,
            abs(y / x - 1) > ComparisonResult.tokenSizeLimit
        else { return nil }
        return "bytes of text per output token: \(inWords(x)) direct, \(inWords(y)) through it"
    }

    private var reasoning: GatewayResult.Finding {
        guard hasAnswers else { return .init(.reasoning, .notKnown, tooFew) }
        let seen = "answers with reasoning: \(counts(\.withReasoning))"
        switch shown(\.withReasoning) {
        case .never: return .init(.reasoning, .notKnown, "the direct target showed none")
        case .lessOften:
            let deed = "drops reasoning on \(missing(\.withReasoning)) of requests"
            return .init(.reasoning, through.withReasoning == 0 ? .dropped : .changed, seen, deed: deed)
        case .moreOften: return .init(.reasoning, .changed, seen, deed: "shows reasoning that the target does not")
        case .alike: return .init(.reasoning, .passedOn, seen)
        }
    }

    private var stream: GatewayResult.Finding {
        guard min(direct.long, through.long) >= Self.fewest else {
            return .init(.stream, .notKnown, "too few answers of eight tokens and more")
        }
        let pieces = "answers that came bit by bit: \(counts(\.streamed))"
        switch shown(\.streamed) {
        case .never: return .init(.stream, .notKnown, "neither streams")
        case .lessOften:
            return .init(
                .stream,
                through.streamed == 0 ? .dropped : .changed,
                pieces,
                deed: "sends \(missing(\.streamed)) of answers in one or two pieces"
            )
        case .moreOften, .alike: break
        }
        guard let x = direct.eventsPerRead, let y = through.eventsPerRead else {
            return .init(.stream, .notKnown, pieces)
        }
        let seen = "events with tokens in each read: \(inWords(x)) direct, \(inWords(y)) through it"
        if y > Self.gathering * x {
            return .init(.stream, .changed, seen, deed: "gathers \(inWords(y)) events before it sends them")
        }
        return .init(.stream, .passedOn, seen)
    }
}
