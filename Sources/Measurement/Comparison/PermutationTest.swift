import Ticks

/// Whether a difference between two samples could be an accident of which value fell to whom (Fisher, Pitman).
public struct PermutationTest: Sendable, Hashable {
    public enum Statistic: Sendable, Hashable {
        case mean
        case quantile(Quantile)  // linear; .p50 is the median
    }
    /// Figure of x less that of y.
    public let difference: Double
    /// Two-sided: how often a relabelling differs at least as much.
    public let p: Double
    /// How many relabellings were tried; all of them when exact.
    public let relabellings: Int
    public let isExact: Bool

    /// All relabellings when there are at most `limit`, else `limit` random ones and p = (hits + 1)/(limit + 1). nil when a
    /// sample is empty or a value not finite.
    public init?(_ statistic: Statistic, _ x: [Double], _ y: [Double], limit: Int = 20_000, seed: UInt64 = 0) {
        guard !x.isEmpty, !y.isEmpty, limit > 0, (x + y).allSatisfy({ $0.isFinite }) else { return nil }
        // Values ascending once, with a label each: a relabelling's two groups come out ascending without sorting.
        let tagged = (x.map { ($0, true) } + y.map { ($0, false) }).sorted { $0.0 < $1.0 }
        let values = tagged.map(\.0)
        var labels = tagged.map(\.1)
        let count = labels.count
        let ours = x.count
        let scale = values.map { abs($0) }.max() ?? 0
        let observed = Self.difference(statistic, values, labels, ours)
        difference = observed
        // Equal differences must count as equal in spite of rounding.
        let threshold = abs(observed) - 1e-12 * scale

        if let all = Self.choose(count, ours, atMost: limit) {
            labels = (0..<count).map { $0 < ours }
            var hits = 0
            repeat {
                if abs(Self.difference(statistic, values, labels, ours)) >= threshold { hits += 1 }
            } while Self.advance(&labels)
            p = Double(hits) / Double(all)
            relabellings = all
            isExact = true
            return
        }
        var random = SplitMix64(seed: seed, stream: "permutation")
        var hits = 0
        for _ in 0..<limit {
            for i in 0..<(count - 1) {
                let span = UInt64(count - i)
                labels.swapAt(i, i + Int(truncatingIfNeeded: random.next().multipliedFullWidth(by: span).high))
            }
            if abs(Self.difference(statistic, values, labels, ours)) >= threshold { hits += 1 }
        }
        p = Double(hits + 1) / Double(limit + 1)
        relabellings = limit
        isExact = false
    }

    private static func difference(
        _ statistic: Statistic,
        _ values: [Double],
        _ labels: [Bool],
        _ ours: Int
    ) -> Double {
        switch statistic {
        case .mean:
            var a = 0.0
            var b = 0.0
            for i in values.indices { if labels[i] { a += values[i] } else { b += values[i] } }
            return a / Double(ours) - b / Double(values.count - ours)
        case .quantile(let quantile):
            return linear(quantile.fraction, values, labels, true, ours)
                - linear(quantile.fraction, values, labels, false, values.count - ours)
        }
    }

    private static func linear(
        _ fraction: Double,
        _ values: [Double],
        _ labels: [Bool],
        _ label: Bool,
        _ count: Int
    ) -> Double {
        let position = Double(count - 1) * fraction
        let rank = Int(position)
        var seen = 0
        var low = 0.0
        for i in values.indices where labels[i] == label {
            if seen == rank { low = values[i] }
            if seen == rank + 1 { return low + (position - Double(rank)) * (values[i] - low) }
            seen += 1
        }
        return low
    }

    /// Binomial coefficient; nil above `limit`.
    private static func choose(_ n: Int, _ k: Int, atMost limit: Int) -> Int? {
        var value = 1
        for i in 1...max(1, min(k, n - k)) where min(k, n - k) > 0 {
            value = value * (n - i + 1) / i
            if value > limit { return nil }
        }
        return value
    }

    /// The next arrangement in lexicographic order, true before false; false after the last.
    private static func advance(_ labels: inout [Bool]) -> Bool {
        // The last "true, false" becomes "false, true", and the trues behind it move up to it.
        guard let place = labels.indices.dropLast().last(where: { labels[$0] && !labels[$0 + 1] }) else { return false }
        let trues = labels[(place + 2)...].count { $0 }
        labels[place] = false
        labels[place + 1] = true
        for i in (place + 2)..<max(labels.count, place + 2) { labels[i] = i - (place + 2) < trues }
        return true
    }
}
