/// Whether the upstream hears of a client that goes away, by its own count of the tokens it made.
extension Fidelity {
    /// Of the tokens that were left when users went away: made by the server up to this share it stopped, from that share
    /// on it did not.
    private static let stoppedUpTo = 0.25
    private static let wentOnFrom = 0.75
    /// Tokens of its counter that may be another's: it is read once a second.
    private static let fewestTokensLeft = 200.0

    var cancellation: GatewayResult.Finding {
        func unknown(_ why: String) -> GatewayResult.Finding { .init(.cancellation, .notKnown, why) }
        guard min(direct.leftAfter.count, through.leftAfter.count) >= Self.fewest else {
            return unknown("too few users gave up; workload.cancel makes some")
        }
        guard let madeDirect = direct.made, let madeThrough = through.made else {
            return unknown("only the upstream can tell; name its counters under metrics: of both targets")
        }
        guard let here = tokens(of: direct), let there = tokens(of: through),
            min(here.left, there.left) >= Self.fewestTokensLeft
        else { return unknown("users gave up so late that hardly a token was left") }
        let (x, y) = ((madeDirect - here.others) / here.left, (madeThrough - there.others) / there.left)
        func percent(_ share: Double) -> String { inPercent((max(0, share) * 100).rounded() / 100) }
        let seen =
            "of the tokens left when users gave up the upstream made \(percent(x)) direct, \(percent(y)) through it "
            + "(\(direct.leftAfter.count) and \(through.leftAfter.count) users)"
        if x > Self.stoppedUpTo { return unknown("the direct target does not stop either, or others load it: \(seen)") }
        if y <= Self.stoppedUpTo { return .init(.cancellation, .passedOn, seen) }
        guard y >= Self.wentOnFrom else { return unknown(seen) }
        return .init(
            .cancellation,
            .dropped,
            seen,
            deed: "does not pass on cancellation (the upstream answers on)"
        )
    }

    /// Tokens that answers of users who went away would have had besides, were they as long as the others; and all others
    /// that the upstream made for that side. What it had made when they went is reckoned at the direct target's pace: a
    /// gateway may hold tokens back that were made before.
    private func tokens(of side: ShownEvidence) -> (left: Double, others: Double)? {
        guard side.answers > 0, let first = direct.ttft.mean, let last = direct.e2e.mean, last > first else {
            return nil
        }
        let length = side.answerTokens / Double(side.answers)
        let before = side.leftAfter.reduce(0) { $0 + length * min(1, max(0, ($1 - first) / (last - first))) }
        let left = Double(side.leftAfter.count) * length - before
        return (left, side.answerTokens + side.failureTokens + before)
    }
}
