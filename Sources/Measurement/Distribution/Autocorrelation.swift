import Glibc

/// Whether samples in the order they were taken depend on those before.
public enum Autocorrelation {
    /// The sample autocorrelations at lags 1...`lags` (divided by n, about the overall mean); empty when constant.
    public static func coefficients(_ values: [Double], lags: Int) -> [Double] {
        let n = values.count
        guard n > 1, lags > 0 else { return [] }
        let mean = values.reduce(0, +) / Double(n)
        let d = values.map { $0 - mean }
        let total = d.reduce(0) { $0 + $1 * $1 }
        guard total > 0, total.isFinite else { return [] }
        return (1...min(lags, n - 1)).map { lag in
            var sum = 0.0
            for i in lag..<n { sum += d[i] * d[i - lag] }
            return sum / total
        }
    }

    /// Ljung and Box's Q = n(n + 2) Σ r²ₖ / (n − k) and its p against chi-squared (Biometrika 65, 1978); nil when the
    /// series is constant or not longer than `lags`.
    public static func ljungBox(_ values: [Double], lags: Int = 10) -> (statistic: Double, p: Double)? {
        let n = Double(values.count)
        let r = coefficients(values, lags: lags)
        guard r.count == lags else { return nil }
        var sum = 0.0
        for (index, value) in r.enumerated() { sum += value * value / (n - Double(index + 1)) }
        let q = n * (n + 2) * sum
        return (q, ChiSquaredDistribution.survival(q, Double(lags)))
    }

    /// Spearman's rank correlation between each value and the next, with the p of its t approximation; nil under four
    /// values or when constant.
    public static func lagOneSpearman(_ values: [Double]) -> (rho: Double, p: Double)? {
        guard values.count >= 4 else { return nil }
        let x = Ranks(Array(values.dropLast())).values
        let y = Ranks(Array(values.dropFirst())).values
        let mean = Double(x.count + 1) / 2
        var xy = 0.0
        var xx = 0.0
        var yy = 0.0
        for i in x.indices {
            xy += (x[i] - mean) * (y[i] - mean)
            xx += (x[i] - mean) * (x[i] - mean)
            yy += (y[i] - mean) * (y[i] - mean)
        }
        guard xx > 0, yy > 0 else { return nil }
        let rho = max(-1, min(1, xy / sqrt(xx * yy)))
        let degrees = Double(x.count - 2)
        let t = abs(rho) == 1 ? Double.infinity : rho * sqrt(degrees / (1 - rho * rho))
        return (rho, StudentDistribution.twoSided(t, degrees))
    }

    /// The number of independent samples worth as much as these: n(1 − ρ)/(1 + ρ) with the lag-1 Spearman ρ where that
    /// or Ljung-Box(10) is significant at 1 % and ρ > 0; else n.
    ///
    /// A hundred thousand samples tell how much each depends on the one before; the rest is taken to be like them.
    public static func effectiveCount(_ values: [Double]) -> Double {
        let enough = 100_000
        if values.count > enough {
            return effectiveCount(Array(values.prefix(enough))) / Double(enough) * Double(values.count)
        }
        let n = Double(values.count)
        guard let (rho, p) = lagOneSpearman(values), rho > 0 else { return n }
        guard p < 0.01 || (ljungBox(values).map { $0.p < 0.01 } ?? false) else { return n }
        return max(1, n * (1 - rho) / (1 + rho))
    }
}
