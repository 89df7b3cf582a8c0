/// Whether one of two samples tends to be larger when their spreads may differ (Brunner and Munzel, Biometrical J. 42,
/// 2000): Mann-Whitney without its assumption of equal shapes.
public struct BrunnerMunzel: Sendable, Hashable {
    public let statistic: Double
    public let degrees: Double
    /// Two-sided, by Student's t.
    public let p: Double

    /// nil with fewer than two values in a sample, or when the samples do not overlap at all.
    public init?(_ x: [Double], _ y: [Double]) {
        let (n, m) = (Double(x.count), Double(y.count))
        guard x.count > 1, y.count > 1, !(x + y).contains(where: \.isNaN) else { return nil }
        let pooled = Ranks(x + y).values
        let (a, meanA) = Self.spread(Array(pooled[..<x.count]), Ranks(x).values)
        let (b, meanB) = Self.spread(Array(pooled[x.count...]), Ranks(y).values)
        let total = n * a + m * b
        guard total > 0 else { return nil }
        statistic = n * m * (meanB - meanA) / ((n + m) * total.squareRoot())
        degrees = total * total / (n * a * n * a / (n - 1) + m * b * m * b / (m - 1))
        p = StudentDistribution.twoSided(statistic, degrees)
    }

    /// The variance of the ranks in the pool less those within the sample, and the mean rank in the pool.
    private static func spread(_ pooled: [Double], _ own: [Double]) -> (variance: Double, mean: Double) {
        let n = Double(pooled.count)
        let mean = pooled.reduce(0, +) / n
        let ownMean = (n + 1) / 2
        var sum = 0.0
        for i in pooled.indices {
            let d = pooled[i] - own[i] - mean + ownMean
            sum += d * d
        }
        return (sum / (n - 1), mean)
    }
}
