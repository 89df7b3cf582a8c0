import Glibc

/// Whether a series of window figures drifts: Mann and Kendall's test, Hamed and Rao's correction for series whose values
/// depend on those before, and Theil and Sen's slope. Takes n² / 2 slopes: meant for some hundred windows, not requests.
public struct Trend: Sendable, Hashable {
    /// Pairs that rise less pairs that fall.
    public var s: Double
    /// Of S without trend, ties counted.
    public var variance: Double
    /// Normal score with continuity correction and its two-sided p.
    public var z: Double
    public var p: Double
    /// Kendall's τ: S over the number of pairs.
    public var tau: Double
    /// The same with the variance of Hamed and Rao (J. Hydrology 204, 1998).
    public var correctedZ: Double
    public var correctedP: Double
    /// The median of the slopes of all pairs, per unit of time, with Sen's interval (JASA 63, 1968).
    public var slope: Double
    public var slopeInterval: ConfidenceInterval
    /// median(y) − slope · median(t).
    public var intercept: Double

    /// Equally spaced values; their slope is per step. nil under 4 values or when all are equal.
    public init?(_ values: [Double], level: Double = 0.95) {
        self.init(values, at: values.indices.map { Double($0) }, level: level)
    }

    /// `times` ascend without ties.
    public init?(_ values: [Double], at times: [Double], level: Double = 0.95) {
        let n = values.count
        guard n >= 4, times.count == n, values.allSatisfy({ $0.isFinite }),
            zip(times.dropFirst(), times).allSatisfy({ $0 > $1 })
        else { return nil }
        var rise = 0
        var slopes: [Double] = []
        slopes.reserveCapacity(n * (n - 1) / 2)
        for j in 1..<n {
            for i in 0..<j {
                let step = values[j] - values[i]
                rise += step > 0 ? 1 : step < 0 ? -1 : 0
                slopes.append(step / (times[j] - times[i]))
            }
        }
        let count = Double(n)
        let ties = Ranks(values).groups.reduce(0.0) { $0 + Double($1) * Double($1 - 1) * Double(2 * $1 + 5) }
        variance = (count * (count - 1) * (2 * count + 5) - ties) / 18
        guard variance > 0 else { return nil }
        s = Double(rise)
        tau = s / (count * (count - 1) / 2)
        (z, p) = Self.score(s, variance)

        let sorted = SortedSamples(slopes)
        let median = sorted.median ?? 0
        slope = median
        intercept = (SortedSamples(values).median ?? 0) - median * (SortedSamples(times).median ?? 0)
        slopeInterval = Self.senInterval(sorted, spread: variance.squareRoot(), level: level)

        let corrected = variance * Self.correction(values, times: times, slope: median)
        (correctedZ, correctedP) = Self.score(s, corrected)
    }

    private static func score(_ s: Double, _ variance: Double) -> (Double, Double) {
        let shifted = s > 0 ? s - 1 : s < 0 ? s + 1 : 0
        let z = variance > 0 ? shifted / variance.squareRoot() : 0
        return (z, 2 * NormalDistribution.survival(abs(z)))
    }

    /// Order statistics of the slopes around the middle, half a width of z·σ(S) pairs (as scipy's `theilslopes`).
    private static func senInterval(_ slopes: SortedSamples, spread: Double, level: Double) -> ConfidenceInterval {
        let z = NormalDistribution.quantile((1 + level) / 2)
        let pairs = Double(slopes.count)
        let upper = Int(((pairs + z * spread) / 2).rounded(.toNearestOrEven))
        let lower = Int(((pairs - z * spread) / 2).rounded(.toNearestOrEven)) - 1
        return ConfidenceInterval(
            lower: lower >= 0 ? slopes.values[lower] : nil,
            upper: upper < slopes.count ? slopes.values[upper] : nil
        )
    }

    /// How much the variance of S grows: 1 + 2/(n(n−1)(n−2)) Σ (n−k)(n−k−1)(n−k−2) ρₖ over the lags whose rank
    /// autocorrelation, of the series less its trend, is significant at 5 %.
    private static func correction(_ values: [Double], times: [Double], slope: Double) -> Double {
        let n = Double(values.count)
        let ranks = Ranks(zip(values, times).map { $0 - slope * $1 }).values
        let bound = NormalDistribution.quantile(0.975) / n.squareRoot()
        var sum = 0.0
        for (index, rho) in Autocorrelation.coefficients(ranks, lags: values.count - 1).enumerated()
        where abs(rho) > bound {
            let k = Double(index + 1)
            sum += (n - k) * (n - k - 1) * (n - k - 2) * rho
        }
        let factor = 1 + 2 / (n * (n - 1) * (n - 2)) * sum
        return factor > 0 ? factor : 1
    }
}
