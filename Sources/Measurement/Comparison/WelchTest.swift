import Glibc

/// Whether two means differ when their variances may (Welch, Biometrika 34, 1947). Latencies go in as logarithms.
public struct WelchTest: Sendable, Hashable {
    public let t: Double
    public let degrees: Double
    /// Two-sided.
    public let p: Double

    /// nil with fewer than two values in a sample, or without any spread.
    public init?(_ x: [Double], _ y: [Double]) {
        let (a, b) = (SortedSamples(x), SortedSamples(y))
        guard let meanA = a.mean, let meanB = b.mean, let sdA = a.standardDeviation, let sdB = b.standardDeviation
        else {
            return nil
        }
        let va = sdA * sdA / Double(a.count)
        let vb = sdB * sdB / Double(b.count)
        guard va + vb > 0, (va + vb).isFinite else { return nil }
        t = (meanA - meanB) / (va + vb).squareRoot()
        degrees = (va + vb) * (va + vb) / (va * va / Double(a.count - 1) + vb * vb / Double(b.count - 1))
        p = StudentDistribution.twoSided(t, degrees)
    }
}
