import Glibc

/// `successes` of `trials`: availability, cold share, useful share.
public struct Proportion: Sendable, Hashable {
    public var successes: Int
    public var trials: Int

    public init(_ successes: Int, of trials: Int) {
        self.successes = successes
        self.trials = trials
    }

    /// nil without trials.
    public var value: Double? { trials > 0 ? Double(successes) / Double(trials) : nil }

    /// Wilson's score interval (1927), for display; nil without trials.
    /// - Parameter effect: by what trials that come in blocks vary more than independent ones (`DesignEffect`)
    public func wilson(level: Double = 0.95, effect: Double = 1) -> ConfidenceInterval? {
        guard trials > 0, (0...trials).contains(successes) else { return nil }
        let z = NormalDistribution.quantile((1 + level) / 2)
        let n = Double(trials) / max(1, effect)
        let p = Double(successes) / Double(trials)
        let scale = 1 + z * z / n
        let centre = (p + z * z / (2 * n)) / scale
        let half = z / scale * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return ConfidenceInterval(
            lower: successes == 0 ? 0 : max(0, centre - half),
            upper: successes == trials ? 1 : min(1, centre + half)
        )
    }

    /// Clopper and Pearson's interval (1934), for guarantees: its coverage is never below the level.
    public func clopperPearson(level: Double = 0.95) -> ConfidenceInterval? {
        guard trials > 0, (0...trials).contains(successes) else { return nil }
        let tail = (1 - level) / 2
        let k = Double(successes)
        let rest = Double(trials - successes)
        return ConfidenceInterval(
            lower: successes == 0 ? 0 : IncompleteBeta.quantile(tail, k, rest + 1),
            upper: successes == trials ? 1 : 1 - IncompleteBeta.quantile(tail, rest, k + 1)
        )
    }

    /// The one-sided upper bound after no event in `trials`: 1 − (1 − level)^(1/n), near 3/n ("rule of three").
    public static func upperBoundOfNone(in trials: Int, level: Double = 0.95) -> Double {
        trials > 0 ? -expm1(log1p(-level) / Double(trials)) : 1
    }

    /// How much larger the share of `other` is, and its 95 % interval (Newcombe, Stat. Med. 17, 1998, method 10: from both
    /// Wilson intervals); nil without trials on a side.
    func difference(to other: Proportion) -> (value: Double, interval: ConfidenceInterval)? {
        guard let p = value, let q = other.value, let here = wilson(), let there = other.wilson(),
            let low = here.lower, let high = here.upper, let otherLow = there.lower, let otherHigh = there.upper
        else { return nil }
        let down = ((q - otherLow) * (q - otherLow) + (high - p) * (high - p)).squareRoot()
        let up = ((otherHigh - q) * (otherHigh - q) + (p - low) * (p - low)).squareRoot()
        return (q - p, ConfidenceInterval(lower: q - p - down, upper: q - p + up))
    }
}
