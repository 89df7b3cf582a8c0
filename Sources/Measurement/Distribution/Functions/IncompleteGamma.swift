import Glibc

/// The regularised incomplete gamma functions P and Q = 1 − P.
enum IncompleteGamma {
    /// P(a, x) for a > 0: the series below x = a + 1, the continued fraction above (Numerical Recipes, 6.2).
    static func lower(_ a: Double, _ x: Double) -> Double {
        if x <= 0 { return 0 }
        return x < a + 1 ? series(a, x) : 1 - fraction(a, x)
    }

    /// Q(a, x) without cancellation.
    static func upper(_ a: Double, _ x: Double) -> Double {
        if x <= 0 { return 1 }
        return x < a + 1 ? 1 - series(a, x) : fraction(a, x)
    }

    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        for n in 1..<100_000 {
            term *= x / (a + Double(n))
            sum += term
            if term < sum * 1e-17 { break }
        }
        return sum * SaddlePoint.poisson(a, x)
    }

    private static func fraction(_ a: Double, _ x: Double) -> Double {
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / (abs(b) < tiny ? tiny : b)
        var h = d
        for n in 1..<100_000 {
            let i = Double(n)
            let numerator = -i * (i - a)
            b += 2
            d = numerator * d + b
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = b + numerator / c
            if abs(c) < tiny { c = tiny }
            let factor = d * c
            h *= factor
            if abs(factor - 1) < 1e-16 { break }
        }
        return SaddlePoint.poisson(a, x) * a * h
    }
}
