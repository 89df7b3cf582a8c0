import Glibc

/// The regularised incomplete beta function and its inverse.
public enum IncompleteBeta {
    /// I_x(a, b) for a, b > 0, clamped to x in 0...1; relative error about 1e-13 for a, b <= 1e5.
    ///
    /// Lentz's continued fraction (Numerical Recipes, 6.4) with the symmetry I_x(a,b) = 1 − I_(1−x)(b,a), and Loader's
    /// prefactor.
    public static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
        regularised(x, complement: 1 - x, a, b)
    }

    /// The same where 1 − x is known better than by subtraction.
    static func regularised(_ x: Double, complement y: Double, _ a: Double, _ b: Double) -> Double {
        guard a > 0, b > 0, !x.isNaN else { return .nan }
        if x <= 0 { return 0 }
        if y <= 0 { return 1 }
        let density = SaddlePoint.binomial(a, b, x, y)
        if x < (a + 1) / (a + b + 2) {
            return density * b / (a + b) * fraction(x, a, b)
        }
        return 1 - density * a / (a + b) * fraction(y, b, a)
    }

    /// 1 − I_x(a, b) without cancellation.
    public static func complement(_ x: Double, _ a: Double, _ b: Double) -> Double {
        regularised(1 - x, complement: x, b, a)
    }

    /// The x with I_x(a, b) = p: Newton's steps kept inside a shrinking bracket.
    public static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
        guard a > 0, b > 0, !p.isNaN else { return .nan }
        if p <= 0 { return 0 }
        if p >= 1 { return 1 }
        var low = 0.0
        var high = 1.0
        var x = a / (a + b)
        for _ in 0..<200 {
            let value = regularised(x, a, b)
            if value < p { low = x } else { high = x }
            let y = 1 - x
            let slope = SaddlePoint.binomial(a, b, x, y) * a * b / (a + b) / (x * y)
            var next = x - (value - p) / slope
            if !(next > low && next < high) { next = low > 0 && high / low > 4 ? sqrt(low * high) : (low + high) / 2 }
            if abs(next - x) <= 1e-15 * x || next == low || next == high { return next }
            x = next
        }
        return x
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        d = 1 / (abs(d) < tiny ? tiny : d)
        var h = d
        for step in 1..<100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 + even * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = 1 + even / c
            if abs(c) < tiny { c = tiny }
            h *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 + odd * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = 1 + odd / c
            if abs(c) < tiny { c = tiny }
            let factor = d * c
            h *= factor
            if abs(factor - 1) < 1e-16 { break }
        }
        return h
    }
}
