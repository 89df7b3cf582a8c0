import Glibc

/// How large a difference in a median the comparison of two runs would find, and how many requests that takes.
///
/// The comparison is the one that is made of one look at each side: Mann and Whitney's test over its requests, turned
/// around by Hodges and Lehmann (`RatioEstimate(medians:)`). How often it finds one side slower by a factor depends on the
/// scatter alone, as the share *a* of pairs of requests of one side that are closer to each other than that factor:
/// n = 2 (z + z')² / (3 a²) requests a side (Noether, "Sample Size Determination for Some Common Nonparametric Tests",
/// JASA 82, 1987, for sides of one size), z for the 5 % of a two-sided test and z' for the power. No law of the scatter is
/// assumed where a pilot tells it, so two populations are as welcome as one.
public struct ComparisonPower: Sendable, Hashable {
    /// A count or a share, and between what it lies as far as the pilot knows (95 %; without bounds where it was assumed).
    public struct Estimate: Sendable, Hashable {
        public var value: Double
        public var range: ConfidenceInterval
    }

    /// "In 4 of 5 comparisons."
    public static let usualPower = 0.8
    /// A pilot of fewer requests tells too little of its scatter.
    public static let fewestInPilot = 20
    private static let mostOfPilot = 2_000

    private enum Scatter: Sendable, Hashable {
        case logNormal(deviation: Double)  // of the logarithm
        case pilot([Double])  // logarithms, ascending
    }

    private let scatter: Scatter
    /// Requests that follow each other too closely to be independent count as one: so many of them.
    public let requestsPerSample: Int

    /// A log-normal scatter with this coefficient of variation, a fraction above 0.
    public init(assumingCV cv: Double) {
        scatter = .logNormal(deviation: log(1 + cv * cv).squareRoot())
        requestsPerSample = 1
    }

    /// From the requests of one row, in the order of their dispatch; nil where they are too few, or one is not above 0.
    public init?(pilot values: [Double]) {
        guard values.count >= Self.fewestInPilot, values.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let samples = RatioEstimate.independent(values)
        requestsPerSample = (values.count + samples.count - 1) / samples.count
        let stride = (samples.count + Self.mostOfPilot - 1) / Self.mostOfPilot
        let kept = stride == 1 ? samples : samples.indices.filter { $0 % stride == 0 }.map { samples[$0] }
        guard kept.count >= 2 else { return nil }
        scatter = .pilot(SortedSamples(kept.map { log($0) }).values)
    }

    /// Requests a side with which a difference of this share (0.05: slower by 5 %) is found with this probability. At least
    /// as many as a verdict needs; nil where no request of the pilot is so close to another.
    public func requests(toFind difference: Double, power: Double = usualPower) -> Estimate? {
        guard difference > 0, difference.isFinite else { return nil }
        let (share, error) = closeness(within: log(1 + difference))
        guard share > 0 else { return nil }
        func count(_ share: Double) -> Double {
            let samples = (2 / 3 * square(z(power)) / square(min(1, share))).rounded(.up)
            return max(Double(ComparisonResult.Row.fewestRequests), samples * Double(requestsPerSample))
        }
        guard let error else { return Estimate(value: count(share), range: .init(lower: nil, upper: nil)) }
        let spread = exp(Self.z95 * error / share)
        return Estimate(value: count(share), range: .init(lower: count(share * spread), upper: count(share / spread)))
    }

    /// The smallest difference, as a share, that so many requests a side find with this probability; nil where no difference
    /// is sure to be found.
    public func difference(foundWith requests: Int, power: Double = usualPower) -> Estimate? {
        let samples = Double(requests) / Double(requestsPerSample)
        guard samples >= 2 else { return nil }
        let needed = z(power) * (2 / (3 * samples)).squareRoot()
        guard let distance = distance(holding: needed) else { return nil }
        let found = exp(distance) - 1
        let (share, error) = closeness(within: distance)
        guard let error, share > 0 else { return Estimate(value: found, range: .init(lower: nil, upper: nil)) }
        let spread = exp(Self.z95 * error / share)
        let ends = [needed / spread, needed * spread].map { self.distance(holding: $0).map { exp($0) - 1 } }
        return Estimate(value: found, range: .init(lower: ends[0], upper: ends[1]))
    }

    // MARK: How close requests are to each other

    private static let z95 = NormalDistribution.quantile(0.975)
    private func z(_ power: Double) -> Double { Self.z95 + NormalDistribution.quantile(power) }
    private func square(_ value: Double) -> Double { value * value }

    /// The share of pairs whose logarithms differ by no more than this, and its standard error: that of a U statistic, from
    /// what each request has of it (Hoeffding 1948); nil where it is no estimate.
    private func closeness(within distance: Double) -> (share: Double, error: Double?) {
        switch scatter {
        case .logNormal(let deviation):
            return (2 * NormalDistribution.cumulative(distance / (deviation * 2.0.squareRoot())) - 1, nil)
        case .pilot(let values):
            let n = values.count
            var shares: [Double] = []
            shares.reserveCapacity(n)
            var (first, end) = (0, 0)
            for value in values {
                while value - values[first] > distance { first += 1 }
                while end < n, values[end] - value <= distance { end += 1 }
                shares.append(Double(end - first - 1) / Double(n - 1))
            }
            let mean = shares.reduce(0, +) / Double(n)
            let squares = shares.reduce(0) { $0 + square($1 - mean) }
            return (mean, 2 * (squares / Double(n - 1) / Double(n)).squareRoot())
        }
    }

    /// The distance within which this share of the pairs lies; nil where none does.
    private func distance(holding share: Double) -> Double? {
        guard share < 1 else { return nil }
        switch scatter {
        case .logNormal(let deviation):
            return NormalDistribution.quantile((1 + share) / 2) * deviation * 2.0.squareRoot()
        case .pilot(let values):
            var (low, high) = (0.0, values[values.count - 1] - values[0])
            guard closeness(within: high).share >= share else { return nil }
            for _ in 0..<60 {
                let middle = (low + high) / 2
                if closeness(within: middle).share >= share { high = middle } else { low = middle }
            }
            return high
        }
    }
}
