import Glibc

/// The largest distance between two distribution functions.
public struct KolmogorovSmirnov: Sendable, Hashable {
    public let distance: Double
    /// Two-sided, exact: counts lattice paths (Hodges 1958). nil above a million pairs.
    public let exactP: Double?
    /// From the law of one sample of nm/(n + m) values, as scipy's `asymp`.
    public let asymptoticP: Double

    /// nil when a sample is empty.
    public init?(_ x: [Double], _ y: [Double]) {
        let a = SortedSamples(x).values
        let b = SortedSamples(y).values
        let (n, m) = (a.count, b.count)
        guard n > 0, m > 0 else { return nil }
        // The distance in whole units of 1/(nm).
        var i = 0
        var j = 0
        var largest = 0
        while i < n, j < m {
            let value = min(a[i], b[j])
            while i < n, a[i] == value { i += 1 }
            while j < m, b[j] == value { j += 1 }
            largest = max(largest, abs(i * m - j * n))
        }
        distance = Double(largest) / Double(n * m)
        exactP = n * m <= 1_000_000 ? Self.exact(n, m, largest) : nil
        let effective = Double(n) * Double(m) / Double(n + m)
        asymptoticP = Self.survival(distance, max(1, Int(effective.rounded(.toNearestOrEven))))
    }

    /// P(D >= d): 1 − the share of monotone paths from (0,0) to (n,m) that stay strictly within |i/n − j/m| < d.
    private static func exact(_ n: Int, _ m: Int, _ units: Int) -> Double {
        // Walks by rows; each count is kept as the share of the paths to its cell that stay inside, so nothing overflows:
        // of the paths to (i, j) a share i/(i+j) comes from (i−1, j) and j/(i+j) from (i, j−1).
        var row = [Double](repeating: 0, count: m + 1)
        for i in 0...n {
            for j in 0...m {
                if abs(i * m - j * n) >= units {
                    row[j] = 0
                } else if i == 0 && j == 0 {
                    row[j] = 1
                } else {
                    let fromAbove = i > 0 ? row[j] * Double(i) : 0
                    let fromLeft = j > 0 ? row[j - 1] * Double(j) : 0
                    row[j] = (fromAbove + fromLeft) / Double(i + j)
                }
            }
        }
        return max(0, min(1, 1 - row[m]))
    }

    /// One sample against a continuous distribution function; nil when empty.
    ///
    /// Small n·d²: Marsaglia, Tsang and Wang's matrix (J. Stat. Software 8, 2003), or above 500 samples Stephens'
    /// approximation. Large: twice Smirnov's one-sided tail, which keeps its relative precision however small p is.
    public static func oneSample(
        _ samples: [Double],
        cumulative: (Double) -> Double
    ) -> (distance: Double, p: Double)? {
        let values = SortedSamples(samples).values
        guard !values.isEmpty else { return nil }
        let n = Double(values.count)
        var distance = 0.0
        for (index, value) in values.enumerated() {
            let f = cumulative(value)
            distance = max(distance, f - Double(index) / n, Double(index + 1) / n - f)
        }
        return (distance, survival(distance, values.count))
    }

    /// P(D >= d) for n samples.
    static func survival(_ d: Double, _ n: Int) -> Double {
        if d <= 0.5 / Double(n) { return 1 }
        if d >= 1 { return 0 }
        if Double(n) * d * d >= 4 { return min(1, 2 * smirnov(d, n)) }
        if n <= 500 { return max(0, min(1, 1 - marsaglia(d, n))) }
        let root = Double(n).squareRoot()
        return KolmogorovDistribution.survival((root + 0.12 + 0.11 / root) * d)
    }

    /// P(D⁺ >= d) = d Σ C(n,j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j) over j <= n(1 − d); every term is positive.
    private static func smirnov(_ d: Double, _ n: Int) -> Double {
        var sum = 0.0
        let whole = SaddlePoint.logGamma(Double(n) + 1)
        for j in 0...Int(Double(n) * (1 - d)) {
            let up = d + Double(j) / Double(n)
            let down = 1 - up
            if down <= 0 { continue }
            let choose = whole - SaddlePoint.logGamma(Double(j) + 1) - SaddlePoint.logGamma(Double(n - j) + 1)
            sum += exp(choose + Double(j - 1) * log(up) + Double(n - j) * log(down))
        }
        return d * sum
    }

    /// P(D < d), from the n-th power of a matrix of size 2⌈nd⌉ − 1.
    private static func marsaglia(_ d: Double, _ n: Int) -> Double {
        let k = Int(Double(n) * d) + 1
        let m = 2 * k - 1
        let h = Double(k) - Double(n) * d
        var matrix = [Double](repeating: 0, count: m * m)
        for i in 0..<m {
            for j in 0..<m where i - j + 1 >= 0 { matrix[i * m + j] = 1 }
        }
        for i in 0..<m {
            matrix[i * m] -= pow(h, Double(i + 1))
            matrix[(m - 1) * m + i] -= pow(h, Double(m - i))
        }
        if 2 * h - 1 > 0 { matrix[(m - 1) * m] += pow(2 * h - 1, Double(m)) }
        for i in 0..<m {
            for j in 0..<m where i - j + 1 > 0 {
                for g in 1...(i - j + 1) { matrix[i * m + j] /= Double(g) }
            }
        }
        var (power, exponent) = raise(matrix, m, n)
        var result = power[(k - 1) * m + k - 1]
        for i in 1...n {
            result = result * Double(i) / Double(n)
            if result < 1e-140 {
                result *= 1e140
                exponent -= 140
            }
        }
        power.removeAll()
        return result * pow(10, Double(exponent))
    }

    /// The matrix to the n-th power as mantissa and power of ten.
    private static func raise(_ matrix: [Double], _ m: Int, _ n: Int) -> ([Double], Int) {
        if n == 1 { return (matrix, 0) }
        let (half, exponent) = raise(matrix, m, n / 2)
        var result = multiply(half, half, m)
        var tens = 2 * exponent
        if n % 2 == 1 { result = multiply(matrix, result, m) }
        if result[(m / 2) * m + m / 2] > 1e140 {
            for i in result.indices { result[i] *= 1e-140 }
            tens += 140
        }
        return (result, tens)
    }

    private static func multiply(_ a: [Double], _ b: [Double], _ m: Int) -> [Double] {
        var result = [Double](repeating: 0, count: m * m)
        for i in 0..<m {
            for k in 0..<m {
                let factor = a[i * m + k]
                if factor == 0 { continue }
                for j in 0..<m { result[i * m + j] += factor * b[k * m + j] }
            }
        }
        return result
    }
}
