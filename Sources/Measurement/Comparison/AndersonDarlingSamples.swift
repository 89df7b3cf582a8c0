/// Whether several samples come from one distribution, with more weight on the tails than Kolmogorov-Smirnov.
///
/// Scholz and Stephens, "K-Sample Anderson-Darling Tests" (JASA 82, 1987), with midranks, standardised.
public struct AndersonDarlingSamples: Sendable, Hashable {
    /// (A² − (k − 1)) / σ; about 1.96 at 5 % for two samples, 3.75 at 1 %.
    public let statistic: Double

    /// nil with fewer than two samples, an empty one, fewer than five values, or all equal.
    public init?(_ samples: [[Double]]) {
        let sorted = samples.map { SortedSamples($0).values }
        let pooled = SortedSamples(samples.flatMap { $0 }).values
        let count = pooled.count
        guard samples.count >= 2, sorted.allSatisfy({ !$0.isEmpty }), count >= 5, pooled[0] < pooled[count - 1] else {
            return nil
        }
        let n = Double(count)
        var sum = 0.0
        for sample in sorted {
            let size = Double(sample.count)
            var inner = 0.0
            var below = 0  // of the pool
            var ownBelow = 0
            while below < count {
                var ties = 1
                while below + ties < count, pooled[below + ties] == pooled[below] { ties += 1 }
                var ownTies = 0
                while ownBelow + ownTies < sample.count, sample[ownBelow + ownTies] == pooled[below] { ownTies += 1 }
                let l = Double(ties)
                let b = Double(below) + l / 2
                let m = Double(ownBelow) + Double(ownTies) / 2
                let distance = n * m - b * size
                inner += l * distance * distance / (b * (n - b) - n * l / 4)
                below += ties
                ownBelow += ownTies
            }
            sum += inner / size
        }
        let square = sum * (n - 1) / (n * n)

        let k = Double(samples.count)
        let inverse = sorted.reduce(0) { $0 + 1 / Double($1.count) }
        var harmonic = 0.0
        var double = 0.0
        for i in 1..<count { harmonic += 1 / Double(i) }
        var tail = 0.0  // Σ 1/(n − j) grows as j does
        for i in stride(from: count - 2, through: 1, by: -1) {
            tail += 1 / Double(i + 1)
            double += tail / Double(count - i)
        }
        let a = (4 * double - 6) * (k - 1) + (10 - 6 * double) * inverse
        let b1 = (2 * double - 4) * k * k + 8 * harmonic * k
        let b = b1 + (2 * double - 14 * harmonic - 4) * inverse - 8 * harmonic + 4 * double - 6
        let c1 = (6 * harmonic + 2 * double - 2) * k * k + (4 * harmonic - 4 * double + 6) * k
        let c = c1 + (2 * harmonic - 6) * inverse + 4 * harmonic
        let d = (2 * harmonic + 6) * k * k - 4 * harmonic * k
        let variance = (((a * n + b) * n + c) * n + d) / ((n - 1) * (n - 2) * (n - 3))
        guard variance > 0 else { return nil }
        statistic = (square - (k - 1)) / variance.squareRoot()
    }
}
