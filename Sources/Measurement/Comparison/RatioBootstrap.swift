import Glibc
import Ticks

/// The bootstrap interval of the ratio of a figure of y to that of x.
public struct RatioBootstrap: Sendable, Hashable {
    public enum Statistic: Sendable, Hashable {
        case mean
        case quantile(Quantile)  // linear, as numpy's; .p50 is the median
    }
    public let ratio: Double
    public let percentile: ConfidenceInterval

    /// Requests resampled independently. nil when a sample has fewer than five values, or one is not above 0 and finite.
    ///
    /// A quantile's resample needs no n draws: the k-th smallest of n uniform draws is Beta(k, n − k + 1), and it points at
    /// the order statistic. So the cost does not grow with n.
    public init?(
        _ statistic: Statistic,
        _ x: [Double],
        _ y: [Double],
        resamples: Int = 5000,
        level: Double = 0.95,
        seed: UInt64 = 0
    ) {
        var random = SplitMix64(seed: seed, stream: "ratio")
        guard resamples > 0, var a = Sample(x, statistic, &random), var b = Sample(y, statistic, &random) else {
            return nil
        }
        let logs = (0..<resamples).map { _ in
            let denominator = a.resampled(&random)
            return log(b.resampled(&random)) - log(denominator)
        }
        let point = log(b.value) - log(a.value)
        ratio = exp(point)
        let replicates = SortedSamples(logs)
        percentile = Self.exponential(Bootstrap.percentile(replicates: replicates, level: level))
    }

    /// Windows resampled first, then requests within each: what differs between windows is not averaged away. Needs five
    /// windows or more on each side, else nil.
    public init?(
        _ statistic: Statistic,
        windows x: [[Double]],
        _ y: [[Double]],
        resamples: Int = 2000,
        level: Double = 0.95,
        seed: UInt64 = 0
    ) {
        guard x.count >= Bootstrap.fewestSamples, y.count >= Bootstrap.fewestSamples, resamples > 0,
            (x + y).allSatisfy({ !$0.isEmpty }),
            let a = Self.value(of: x.flatMap { $0 }, statistic), let b = Self.value(of: y.flatMap { $0 }, statistic)
        else { return nil }
        var random = SplitMix64(seed: seed, stream: "ratio")
        let draw = { (windows: [[Double]]) -> Double in
            var drawn: [Double] = []
            for _ in windows {
                let window = windows[Self.index(windows.count, &random)]
                for _ in window { drawn.append(window[Self.index(window.count, &random)]) }
            }
            return Self.value(of: drawn, statistic) ?? .nan
        }
        let logs = (0..<resamples).map { _ in
            let denominator = draw(x)
            return log(draw(y)) - log(denominator)
        }
        ratio = b / a
        percentile = Self.exponential(Bootstrap.percentile(replicates: SortedSamples(logs), level: level))
    }

    private static func exponential(_ interval: ConfidenceInterval) -> ConfidenceInterval {
        ConfidenceInterval(lower: interval.lower.map { exp($0) }, upper: interval.upper.map { exp($0) })
    }

    /// The statistic of values that are all above 0 and finite, else nil.
    fileprivate static func value(of values: [Double], _ statistic: Statistic) -> Double? {
        guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let samples = SortedSamples(values)
        return switch statistic {
        case .mean: samples.mean
        case .quantile(let quantile): samples.linear(quantile.fraction)
        }
    }

    fileprivate static func index(_ count: Int, _ random: inout SplitMix64) -> Int {
        Int(truncatingIfNeeded: random.next().multipliedFullWidth(by: UInt64(count)).high)
    }
}

/// One side of the ratio.
private struct Sample {
    let samples: SortedSamples
    let statistic: RatioBootstrap.Statistic
    let value: Double

    /// Of many values, draws of the mean: see `MomentResampler`.
    private var moments: MomentResampler?

    init?(_ values: [Double], _ statistic: RatioBootstrap.Statistic, _ random: inout SplitMix64) {
        guard values.count >= Bootstrap.fewestSamples, let value = RatioBootstrap.value(of: values, statistic) else {
            return nil
        }
        samples = SortedSamples(values)
        self.statistic = statistic
        self.value = value
        if statistic == .mean, values.count > MomentResampler.exactCount {
            moments = MomentResampler(samples, centre: value, seed: random.next())
        }
    }

    mutating func resampled(_ random: inout SplitMix64) -> Double {
        let values = samples.values
        let n = values.count
        switch statistic {
        case .mean:
            if let drawn = moments?.next() { return max(values[0], value + drawn.sum / Double(n)) }
            var sum = 0.0
            for _ in 0..<n { sum += values[RatioBootstrap.index(n, &random)] }
            return sum / Double(n)
        case .quantile(let quantile):
            let position = Double(n - 1) * quantile.fraction + 1
            let k = Int(position)
            let weight = position - Double(k)
            let u = OrderStatistic.uniform(rank: k, of: n, &random)
            let low = values[min(n, max(1, Int((u * Double(n)).rounded(.up)))) - 1]
            if weight == 0 || k == n { return low }
            let next = 1 - (1 - u) * pow(max(1e-300, random.unit()), 1 / Double(n - k))
            return low + weight * (values[min(n, max(1, Int((next * Double(n)).rounded(.up)))) - 1] - low)
        }
    }
}

/// Order statistics of uniform draws.
enum OrderStatistic {
    /// The `rank`-th smallest (from 1) of `count` uniform draws: Beta(k, n − k + 1), as a ratio of gamma variables.
    static func uniform(rank: Int, of count: Int, _ random: inout SplitMix64) -> Double {
        let a = gamma(Double(rank), &random)
        let b = gamma(Double(count - rank + 1), &random)
        return a / (a + b)
    }

    /// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000), for shape >= 1.
    private static func gamma(_ shape: Double, _ random: inout SplitMix64) -> Double {
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let z = NormalDistribution.quantile(max(1e-300, random.unit()))
            let v = 1 + c * z
            if v <= 0 { continue }
            let cube = v * v * v
            if log(max(1e-300, random.unit())) < z * z / 2 + d - d * cube + d * log(cube) { return d * cube }
        }
    }
}
