import Glibc
import Ticks

/// Draws Σ(x − c) and Σ(x − c)² of bootstrap resamples (n draws with replacement from n samples).
///
/// Up to `exactCount` samples every draw is made. Above, only the `tailCount` largest samples are drawn one by one, as
/// Poisson(1) counts; the sums over the rest, which no single sample rules, are drawn from their normal limit. So a far
/// tail of two in a million keeps its whole effect and the cost does not grow with n.
struct MomentResampler {
    static let exactCount = 4096
    static let tailCount = 128

    private let deviations: [Double]  // from the centre, ascending; the whole sample or its tail
    private let count: Int
    private var generator: SplitMix64
    /// The rest's moments: mean of d, of d², and the lower Cholesky factor of their covariance.
    private let bulk: (mean: Double, square: Double, l11: Double, l21: Double, l22: Double)?

    init(_ samples: SortedSamples, centre: Double, seed: UInt64) {
        let all = samples.values.map { $0 - centre }
        count = all.count
        generator = SplitMix64(seed: seed, stream: "bootstrap")
        if all.count <= Self.exactCount {
            deviations = all
            bulk = nil
            return
        }
        deviations = Array(all.suffix(Self.tailCount))
        let rest = all.dropLast(Self.tailCount)
        let n = Double(rest.count)
        let mean = rest.reduce(0, +) / n
        let square = rest.reduce(0) { $0 + $1 * $1 } / n
        var v11 = 0.0
        var v12 = 0.0
        var v22 = 0.0
        for d in rest {
            let a = d - mean
            let b = d * d - square
            v11 += a * a
            v12 += a * b
            v22 += b * b
        }
        let l11 = (v11 / n).squareRoot()
        let l21 = l11 > 0 ? v12 / n / l11 : 0
        bulk = (mean, square, l11, l21, max(0, v22 / n - l21 * l21).squareRoot())
    }

    mutating func next() -> (sum: Double, squares: Double) {
        guard let bulk else { return drawAll() }
        var sum = 0.0
        var squares = 0.0
        var drawn = 0
        for d in deviations {
            let times = poissonOfOne()
            if times == 0 { continue }
            drawn += times
            sum += Double(times) * d
            squares += Double(times) * d * d
        }
        let rest = Double(max(0, count - drawn))
        let z1 = NormalDistribution.quantile(generator.unit())
        let z2 = NormalDistribution.quantile(generator.unit())
        let root = rest.squareRoot()
        sum += rest * bulk.mean + root * bulk.l11 * z1
        squares += rest * bulk.square + root * (bulk.l21 * z1 + bulk.l22 * z2)
        return (sum, squares)
    }

    private mutating func drawAll() -> (sum: Double, squares: Double) {
        var random = generator
        let n = UInt64(count)
        let result = deviations.withUnsafeBufferPointer { values in
            var sum = 0.0
            var squares = 0.0
            for _ in 0..<values.count {
                // The high half of a 64 × 64 bit product: uniform in 0..<n (Lemire 2019; bias below 2⁻⁵²).
                let d = values[Int(truncatingIfNeeded: random.next().multipliedFullWidth(by: n).high)]
                sum += d
                squares += d * d
            }
            return (sum, squares)
        }
        generator = random
        return result
    }

    /// By inversion: P(0) = P(1) = 1/e, P(k + 1) = P(k) / (k + 1).
    private mutating func poissonOfOne() -> Int {
        var rest = generator.unit()
        var probability = 0.36787944117144233
        var k = 0
        while rest >= probability, k < 20 {
            rest -= probability
            k += 1
            probability /= Double(k)
        }
        return k
    }
}
