import Glibc

/// A two-sided interval; a nil bound does not exist (the sample cannot carry it) and is printed as unbounded.
public struct ConfidenceInterval: Sendable, Hashable {
    public var lower: Double?
    public var upper: Double?

    public init(lower: Double?, upper: Double?) {
        self.lower = lower
        self.upper = upper
    }

    public var isBounded: Bool { lower != nil && upper != nil }

    /// Whether the value lies inside; a missing bound excludes nothing.
    public func contains(_ value: Double) -> Bool {
        if let lower, value < lower { return false }
        if let upper, value > upper { return false }
        return true
    }
}

extension ConfidenceInterval {
    /// For a variance so many times as large, on logarithms: of a figure above 0.
    func widened(around point: Double?, by factor: Double, upTo limit: Double = .infinity) -> ConfidenceInterval {
        guard factor > 1, let point, point > 0 else { return self }
        let stretch = { (bound: Double) in point * pow(bound / point, factor.squareRoot()) }
        return ConfidenceInterval(
            lower: lower.map { $0 > 0 ? stretch($0) : $0 },
            upper: upper.map { min(limit, stretch($0)) }
        )
    }
}

/// The order statistics whose values enclose a quantile.
public struct QuantileRanks: Sendable, Hashable {
    /// From 1; nil = no such order statistic.
    public var lower: Int?
    public var upper: Int?

    /// The distribution-free interval from the binomial law of the number of samples below the quantile
    /// (David and Nagaraja, "Order Statistics", 7.1): the largest l with F(l − 1) <= α/2 and the smallest u with
    /// F(u − 1) >= 1 − α/2, F = Binomial(n, p). It assumes independent samples.
    public init(_ quantile: Quantile, count n: Int, level: Double = 0.95) {
        let tail = (1 - level) / 2
        let p = quantile.fraction
        // F grows with k, so both ends are found by bisection: `low` fulfils the condition, `high` does not.
        var low = 0
        var high = n + 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if BinomialDistribution.cumulative(middle - 1, n, p) <= tail { low = middle } else { high = middle }
        }
        lower = low >= 1 ? low : nil
        low = 0
        high = n + 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if BinomialDistribution.survival(middle - 1, n, p) > tail { low = middle } else { high = middle }
        }
        upper = high <= n ? high : nil
    }

    /// The probability that the interval encloses the quantile of a continuous distribution.
    public func coverage(_ quantile: Quantile, count n: Int) -> Double {
        let p = quantile.fraction
        let above = upper.map { BinomialDistribution.cumulative($0 - 1, n, p) } ?? 1
        let below = lower.map { BinomialDistribution.cumulative($0 - 1, n, p) } ?? 0
        return above - below
    }

    /// The fewest samples that give the quantile an upper bound: p95 needs 72, p99 368 (two-sided 95 %).
    public static func fewestForUpperBound(_ quantile: Quantile, tail: Double = 0.025) -> Int {
        // The maximum lies above the quantile unless all n samples lie below it: pⁿ <= tail.
        let n = Int((log(tail) / log(quantile.fraction)).rounded(.up))
        return pow(quantile.fraction, Double(n - 1)) <= tail ? n - 1 : n
    }
}

extension SortedSamples {
    /// The order-statistic interval of a quantile.
    ///
    /// `effectiveCount` (see `Autocorrelation.effectiveCount`) stands in for n where the samples follow each other too
    /// closely to be independent; the ranks are found for it and stretched to the sample, outwards.
    public func interval(
        of quantile: Quantile,
        level: Double = 0.95,
        effectiveCount: Double? = nil
    ) -> ConfidenceInterval {
        let n = values.count
        let effective = Swift.max(0, Swift.min(n, effectiveCount.map { Int($0) } ?? n))
        let ranks = QuantileRanks(quantile, count: effective, level: level)
        let stretch = Double(n + 1) / Double(effective + 1)
        return ConfidenceInterval(
            lower: ranks.lower.map { values[Swift.max(1, Int((Double($0) * stretch).rounded(.down))) - 1] },
            upper: ranks.upper.map { values[Swift.min(n, Int((Double($0) * stretch).rounded(.up))) - 1] }
        )
    }
}
