import Glibc

/// What a tier of service gives for its price, held against another tier of the same model.
enum TierHeadline {
    /// nil where the two are not tiers of one model, or no ratio of their speeds is known.
    static func candidate(_ name: String, _ result: RunResult) -> Headline.Candidate? {
        guard let comparison = result.comparison,
            let base = result.targets.first(where: { $0.name == comparison.base }),
            let target = result.targets.first(where: { $0.name == name }), let tier = target.tier, tier != base.tier,
            target.model == base.model,
            let row = comparison.rows.first(where: {
                $0.target == name && $0.figure == ComparisonMetric.requestTPS.rawValue
            }),
            let ratio = row.ratio
        else { return nil }
        let ends = row.interval.flatMap { interval in
            interval.lower.flatMap { lower in interval.upper.map { (lower, $0) } }
        }
        // An interval of one number would say nothing: as many digits as tell its ends apart, four at most.
        let digits = (2...4).first { digits in ends.map { times($0.0, digits) != times($0.1, digits) } ?? true } ?? 4
        var text = "\(name) is \(times(ratio, digits)) times as fast"
        if let (lower, upper) = ends {
            text += " (\(times(lower, digits)) to \(times(upper, digits)))"
        } else {
            text += " (no interval: \(inCount(row.looks, "block")), 5 are needed)"
        }
        if let share = target.totals.served?.share(.tier, tier) {
            text += ", served on \(inPercent((share.value * 1000).rounded() / 1000)) of requests"
        } else {
            text += ", and no answer told its tier"
        }
        text += ", " + price(target, base) + "."
        return Headline.Candidate(1, text, figures: [row.metric, "served_tier.share[tier=\(tier)]"])
    }

    /// The difference in price over the difference in time, of a request.
    private static func price(_ target: TargetResult, _ base: TargetResult) -> String {
        guard let dollars = target.totals.cost?.dollarsPerRequest, let before = base.totals.cost?.dollarsPerRequest,
            let time = target.totals.e2eMilliseconds?.mean, let long = base.totals.e2eMilliseconds?.mean
        else { return "at a price that is not known" }
        let (dearer, saved) = (dollars - before, (long - time) / 1000)
        if saved > 0 { return dearer > 0 ? "\(money(dearer / saved)) for each second saved" : "and no dearer" }
        if dearer >= 0 { return "and no cheaper" }
        return saved < 0 ? "\(money(dearer / saved)) saved for each second more" : "and cheaper"
    }

    private static func times(_ ratio: Double, _ digits: Int) -> String {
        guard ratio.isFinite, ratio > 0 else { return inWords(ratio) }
        let scale = pow(10, Double(digits - 1) - log10(ratio).rounded(.down))
        return "\((ratio * scale).rounded() / scale)".replacing(/\.0$/, with: "")
    }

    /// Two digits that mean something, however small.
    static func money(_ dollars: Double) -> String {
        guard dollars.isFinite, dollars > 0 else { return "$0" }
        if dollars >= 1 { return "$" + inWords((dollars * 100).rounded() / 100) }
        var (decimals, scale) = (1, 10.0)
        while dollars * scale < 9.5, decimals < 12 { (decimals, scale) = (decimals + 1, scale * 10) }
        let digits = String(Int64((dollars * scale).rounded()))
        return "$0." + String(repeating: "0", count: max(0, decimals - digits.count)) + digits
    }
}
