import Glibc

/// Chi-squared with `k` degrees of freedom.
public enum ChiSquaredDistribution {
    public static func cumulative(_ x: Double, _ k: Double) -> Double { IncompleteGamma.lower(k / 2, x / 2) }

    public static func survival(_ x: Double, _ k: Double) -> Double { IncompleteGamma.upper(k / 2, x / 2) }

    /// The x with P(X <= x) = p: Newton's steps from Wilson and Hilferty's cube, kept inside a bracket.
    public static func quantile(_ p: Double, _ k: Double) -> Double {
        guard k > 0, !p.isNaN else { return .nan }
        if p <= 0 { return 0 }
        if p >= 1 { return .infinity }
        let c = 2 / (9 * k)
        let cube = 1 - c + NormalDistribution.quantile(p) * sqrt(c)
        var x = cube > 0.01 ? k * cube * cube * cube : k * 1e-3
        var low = 0.0
        var high = Double.infinity
        for _ in 0..<200 {
            let value = cumulative(x, k)
            if value < p { low = x } else { high = x }
            let slope = SaddlePoint.poisson(k / 2, x / 2) * (k / 2) / x
            var next = x - (value - p) / slope
            if !(next > low && next < high) { next = high.isFinite ? (low + high) / 2 : x * 2 }
            if abs(next - x) <= 1e-15 * x { return next }
            x = next
        }
        return x
    }
}

/// Student's t with `degrees` of freedom (not necessarily whole).
public enum StudentDistribution {
    /// P(|T| > |t|).
    public static func twoSided(_ t: Double, _ degrees: Double) -> Double {
        if !t.isFinite { return t.isNaN ? .nan : 0 }
        let total = degrees + t * t
        return IncompleteBeta.regularised(degrees / total, complement: t * t / total, degrees / 2, 0.5)
    }

    /// The t with P(T <= t) = p.
    public static func quantile(_ p: Double, _ degrees: Double) -> Double {
        if p == 0.5 { return 0 }
        let tail = 2 * min(p, 1 - p)
        let x = IncompleteBeta.quantile(tail, degrees / 2, 0.5)
        let t = sqrt(degrees * (1 - x) / x)
        return p < 0.5 ? -t : t
    }
}

/// The binomial distribution of `n` trials with success probability `p`.
public enum BinomialDistribution {
    /// P(X <= k).
    public static func cumulative(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k < 0 { return 0 }
        if k >= n { return 1 }
        return IncompleteBeta.complement(p, Double(k) + 1, Double(n - k))
    }

    /// P(X > k), without cancellation.
    public static func survival(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k < 0 { return 1 }
        if k >= n { return 0 }
        return IncompleteBeta.regularised(p, Double(k) + 1, Double(n - k))
    }
}
