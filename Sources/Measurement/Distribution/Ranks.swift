/// Ranks from 1 in the order of the values given; equal values share the mean of their ranks.
struct Ranks: Sendable, Hashable {
    let values: [Double]
    /// The sizes of groups of equal values, those of one included.
    let groups: [Int]

    init(_ samples: [Double]) {
        let order = RadixSort.order(of: samples)
        var ranks = [Double](repeating: 0, count: samples.count)
        var sizes: [Int] = []
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, samples[order[end]] == samples[order[start]] { end += 1 }
            let shared = Double(start + 1 + end) / 2
            for place in start..<end { ranks[order[place]] = shared }
            sizes.append(end - start)
            start = end
        }
        values = ranks
        groups = sizes
    }

    /// Σ(t³ − t) over the groups, what ties take from the variance of rank statistics.
    var tieTerm: Double {
        groups.reduce(0) { $0 + Double($1) * (Double($1) * Double($1) - 1) }
    }
}
