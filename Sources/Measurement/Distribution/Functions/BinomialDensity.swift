import Glibc

/// Binomial and Poisson densities for real arguments, without the cancellation of log-gamma differences.
///
/// Loader, "Fast and Accurate Computation of Binomial Probabilities" (2000), as in R's `dbinom`.
enum SaddlePoint {
    private static let logSqrtTwoPi = 0.918938533204672741780329736406

    /// ln Γ(n + 1) − [(n + 1/2) ln n − n + ln √(2π)], n > 0: what Stirling's formula misses.
    static func stirlingError(_ n: Double) -> Double {
        if n <= 15 {
            return logGamma(n + 1) - (n + 0.5) * log(n) + n - logSqrtTwoPi
        }
        let s = 1 / (n * n)
        let series = 1.0 / 1680 - s * (1.0 / 1188 - s * (691.0 / 360360 - s / 156))
        return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * series))) / n
    }

    /// x ln(x / m) + m − x, the deviance term; exact to rounding also where x is near m.
    static func deviance(_ x: Double, _ m: Double) -> Double {
        if abs(x - m) < 0.1 * (x + m) {
            var v = (x - m) / (x + m)
            var sum = (x - m) * v
            var term = 2 * x * v
            v *= v
            for j in 1..<1000 {
                term *= v
                let next = sum + term / Double(2 * j + 1)
                if next == sum { break }
                sum = next
            }
            return sum
        }
        return x * log(x / m) + m - x
    }

    /// Γ(a+b+1) / (Γ(a+1) Γ(b+1)) · x^a · y^b for a, b > 0 and y = 1 − x in 0 < x < 1.
    static func binomial(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> Double {
        let n = a + b
        let exponent =
            stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y)
        return exp(exponent) * sqrt(n / (2 * .pi * a * b))
    }

    /// x^a e^(−x) / Γ(a+1) for a > 0, x > 0.
    static func poisson(_ a: Double, _ x: Double) -> Double {
        exp(-stirlingError(a) - deviance(a, x)) / sqrt(2 * .pi * a)
    }

    static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
