import Glibc

/// Whether several time windows of one target tell the same.
public struct WindowComparison: Sendable, Hashable {
    public struct Pair: Sendable, Hashable {
        public var first: Int
        public var second: Int
        public var z: Double
        public var p: Double
        /// After Holm's correction over all pairs.
        public var holm: Double
    }
    /// Kruskal and Wallis' H, corrected for ties, and its p against chi-squared (JASA 47, 1952).
    public let h: Double
    public let p: Double
    /// Dunn's tests of all pairs (Technometrics 6, 1964).
    public let pairs: [Pair]

    /// nil with fewer than two windows, an empty one, or when all values are equal.
    public init?(_ windows: [[Double]]) {
        let pooled = windows.flatMap { $0 }
        guard windows.count >= 2, windows.allSatisfy({ !$0.isEmpty }), !pooled.contains(where: \.isNaN) else {
            return nil
        }
        let ranks = Ranks(pooled)
        let n = Double(pooled.count)
        let correction = 1 - ranks.tieTerm / (n * n * n - n)
        guard n > 1, correction > 0 else { return nil }
        var start = 0
        var sum = 0.0
        var means: [Double] = []
        for window in windows {
            let total = ranks.values[start..<(start + window.count)].reduce(0, +)
            sum += total * total / Double(window.count)
            means.append(total / Double(window.count))
            start += window.count
        }
        h = (12 / (n * (n + 1)) * sum - 3 * (n + 1)) / correction
        p = ChiSquaredDistribution.survival(h, Double(windows.count - 1))

        let variance = n * (n + 1) / 12 - ranks.tieTerm / (12 * (n - 1))
        var found: [Pair] = []
        for i in windows.indices {
            for j in windows.indices where j > i {
                let error = (variance * (1 / Double(windows[i].count) + 1 / Double(windows[j].count))).squareRoot()
                let z = (means[i] - means[j]) / error
                let p = 2 * NormalDistribution.survival(abs(z))
                found.append(Pair(first: i, second: j, z: z, p: p, holm: p))
            }
        }
        for (index, holm) in Holm.adjusted(found.map(\.p)).enumerated() { found[index].holm = holm }
        pairs = found
    }
}

/// How much of the variance lies between windows: the one-way intraclass correlation ICC(1) (Shrout and Fleiss 1979).
/// Above 0.1 windows must not be pooled silently.
public struct IntraclassCorrelation: Sendable, Hashable {
    public let value: Double
    /// Mean squares between and within the windows.
    public let between: Double
    public let within: Double

    /// On the values as given; latencies go in as logarithms. Windows may differ in size. nil with fewer than two windows,
    /// or nothing to compare within.
    public init?(_ windows: [[Double]]) {
        let n = Double(windows.reduce(0) { $0 + $1.count })
        let k = Double(windows.count)
        guard windows.count >= 2, windows.allSatisfy({ !$0.isEmpty }), n > k else { return nil }
        let mean = windows.reduce(0) { $0 + $1.reduce(0, +) } / n
        var betweenSquares = 0.0
        var withinSquares = 0.0
        for window in windows {
            let own = window.reduce(0, +) / Double(window.count)
            betweenSquares += Double(window.count) * (own - mean) * (own - mean)
            withinSquares += window.reduce(0) { $0 + ($1 - own) * ($1 - own) }
        }
        between = betweenSquares / (k - 1)
        within = withinSquares / (n - k)
        let size = (n - windows.reduce(0) { $0 + Double($1.count * $1.count) } / n) / (k - 1)
        let total = between + (size - 1) * within
        guard total > 0 else { return nil }
        value = (between - within) / total
    }
}
