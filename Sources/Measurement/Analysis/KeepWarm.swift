import Glibc

/// How long an idle server stays warm, from probes after known idle times: each says only whether it was cold by then
/// (current-status data).
public struct KeepWarm: Sendable, Hashable {
    public struct Gap: Sendable, Hashable {
        public var seconds: Double
        public var probes: Int
        public var cold: Int
        /// P(cold | gap), never falling with the gap.
        public var probability: Double

        public var proportion: Proportion { Proportion(cold, of: probes) }
    }
    /// Ascending by gap.
    public let gaps: [Gap]

    /// The maximum likelihood under a probability that never falls with the gap: isotonic regression (Ayer et al. 1955).
    public init(_ probes: [(gapSeconds: Double, cold: Bool)]) {
        var gaps: [Gap] = []
        for probe in probes.sorted(by: { $0.gapSeconds < $1.gapSeconds }) {
            if gaps.last?.seconds != probe.gapSeconds {
                gaps.append(Gap(seconds: probe.gapSeconds, probes: 0, cold: 0, probability: 0))
            }
            gaps[gaps.count - 1].probes += 1
            gaps[gaps.count - 1].cold += probe.cold ? 1 : 0
        }
        let fitted = Self.fit(gaps[...])
        for index in gaps.indices { gaps[index].probability = fitted[index] }
        self.gaps = gaps
    }

    /// The largest gap such that no probe was cold there or earlier; nil when the shortest gap has a cold one.
    public var warmUpTo: Double? { gaps.prefix { $0.cold == 0 }.last?.seconds }

    /// The most that P(cold) can be at `warmUpTo` (95 %, one-sided), from the probes at that gap.
    public var warmUpper95: Double? {
        gaps.prefix { $0.cold == 0 }.last.map { Proportion.upperBoundOfNone(in: $0.probes) }
    }

    /// The smallest gap with a cold probe; nil when none was.
    public var coldFrom: Double? { gaps.first { $0.cold > 0 }?.seconds }

    /// The gap at which half the probes would be cold: where the fit crosses a half, linear between gaps; nil when it does
    /// not cross it.
    public var median: Double? {
        guard let above = gaps.firstIndex(where: { $0.probability >= 0.5 }), above > 0 else { return nil }
        let (low, high) = (gaps[above - 1], gaps[above])
        let share = (0.5 - low.probability) / (high.probability - low.probability)
        return low.seconds + share * (high.seconds - low.seconds)
    }

    /// The gaps between which the median lies by the likelihood ratio (Banerjee and Wellner, "Likelihood Ratio Tests for
    /// Monotone Functions", 2001), at the chi-squared limit, which is the wider one on a grid. A nil bound was not tested.
    public func medianInterval(level: Double = 0.95) -> ConfidenceInterval {
        let limit = ChiSquaredDistribution.quantile(level, 1)
        let free = logLikelihood(gaps.map(\.probability))
        // The median may lie before the first gap, between two, or after the last.
        let places = (0...gaps.count).filter { place in
            let left = Self.fit(gaps[..<place]).map { min($0, 0.5) }
            let right = Self.fit(gaps[place...]).map { max($0, 0.5) }
            return 2 * (free - logLikelihood(left + right)) <= limit
        }
        guard let first = places.first, let last = places.last else {
            return ConfidenceInterval(lower: nil, upper: nil)
        }
        return ConfidenceInterval(
            lower: first > 0 ? gaps[first - 1].seconds : nil,
            upper: last < gaps.count ? gaps[last].seconds : nil
        )
    }

    private func logLikelihood(_ probabilities: [Double]) -> Double {
        zip(gaps, probabilities).reduce(0) { sum, pair in
            let (gap, p) = pair
            let cold = gap.cold > 0 ? Double(gap.cold) * log(p) : 0
            let warm = gap.cold < gap.probes ? Double(gap.probes - gap.cold) * log(1 - p) : 0
            return sum + cold + warm
        }
    }

    private static func fit(_ gaps: ArraySlice<Gap>) -> [Double] {
        IsotonicRegression.fit(
            gaps.map { Double($0.cold) / Double($0.probes) },
            weights: gaps.map { Double($0.probes) }
        )
    }
}

/// Least squares among sequences that never fall.
public enum IsotonicRegression {
    /// Pool adjacent violators. `weights` > 0, as many as values.
    public static func fit(_ values: [Double], weights: [Double]) -> [Double] {
        var blocks: [(mean: Double, weight: Double, count: Int)] = []
        for (value, weight) in zip(values, weights) {
            var block = (mean: value, weight: weight, count: 1)
            while let last = blocks.last, last.mean >= block.mean {
                let total = last.weight + block.weight
                block.mean = (last.mean * last.weight + block.mean * block.weight) / total
                block.weight = total
                block.count += last.count
                blocks.removeLast()
            }
            blocks.append(block)
        }
        return blocks.flatMap { [Double](repeating: $0.mean, count: $0.count) }
    }
}
