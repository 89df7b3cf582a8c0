import Glibc

/// Whether one of two samples tends to be larger (Mann and Whitney 1947), with the effect size that belongs to it.
public struct MannWhitney: Sendable, Hashable {
    /// Pairs in which x exceeds y, ties for a half.
    public let u: Double
    /// Two-sided.
    public let p: Double
    public let isExact: Bool
    private let pairs: Double

    /// The exact p for samples of at most 20 each without ties; else the normal approximation with continuity and tie
    /// correction. nil when a sample is empty, or all values are equal.
    public init?(_ x: [Double], _ y: [Double]) {
        let (n, m) = (x.count, y.count)
        guard n > 0, m > 0, !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return nil }
        let ranks = Ranks(x + y)
        let total = ranks.values[..<n].reduce(0, +)
        u = total - Double(n * (n + 1)) / 2
        pairs = Double(n) * Double(m)
        isExact = ranks.tieTerm == 0 && n <= 20 && m <= 20
        if isExact {
            let low = min(u, pairs - u)
            p = min(1, 2 * Self.nullDistribution(n, m)[...Int(low)].reduce(0, +))
            return
        }
        let all = Double(n + m)
        let variance = pairs / 12 * (all + 1 - ranks.tieTerm / (all * (all - 1)))
        guard variance > 0 else { return nil }
        let distance = max(0, abs(u - pairs / 2) - 0.5)
        p = 2 * NormalDistribution.survival(distance / variance.squareRoot())
    }

    /// P(U = 0...nm) when both samples come from one continuous distribution: the coefficients of the Gaussian binomial
    /// Π (1 − q^(m+i)) / (1 − q^i), i = 1...n, over their sum. O(n²m) steps.
    static func nullDistribution(_ n: Int, _ m: Int) -> [Double] {
        let size = n * m
        var counts = [Double](repeating: 0, count: size + 1)
        counts[0] = 1
        for i in 1...max(1, n) where n > 0 {
            // Scaled by i / (m + i) at each factor the sum stays 1. Multiply by 1 − q^(m+i), then divide by 1 − q^i.
            let top = m + i
            for k in stride(from: size, through: top, by: -1) { counts[k] -= counts[k - top] }
            for k in stride(from: i, through: size, by: 1) { counts[k] += counts[k - i] }
            let scale = Double(i) / Double(top)
            for k in counts.indices { counts[k] = max(0, counts[k] * scale) }
        }
        return counts
    }
}
