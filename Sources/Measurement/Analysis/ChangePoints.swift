import Glibc

/// Where the level of a series shifts, by the best segmentation into constant stretches.
///
/// Killick, Fearnhead and Eckley, "Optimal Detection of Changepoints with a Linear Computational Cost" (PELT, JASA 2012)
/// with squared error as cost.
public struct ChangePoints: Sendable, Hashable {
    public struct Segment: Sendable, Hashable {
        public var range: Range<Int>
        public var mean: Double
    }
    public var segments: [Segment]
    /// Squared deviations from the segments' means, without the penalties.
    public var cost: Double
    public var penalty: Double

    /// The ends of the segments; the last is the number of values.
    public var ends: [Int] { segments.map(\.range.upperBound) }

    /// The penalty is 3 σ² ln n per change, σ from the values' first differences; nil with fewer values than two segments.
    public init?(_ values: [Double], minimumSegment: Int = 5) {
        guard values.count > 1 else { return nil }
        let sigma = Self.noise(of: values)
        self.init(values, penalty: 3 * sigma * sigma * log(Double(values.count)), minimumSegment: minimumSegment)
    }

    public init?(_ values: [Double], penalty: Double, minimumSegment: Int) {
        let n = values.count
        let shortest = max(1, minimumSegment)
        guard n >= 2 * shortest, penalty >= 0, values.allSatisfy({ $0.isFinite }) else { return nil }
        let centre = values.reduce(0, +) / Double(n)
        var sums = [0.0]
        var squares = [0.0]
        for (index, value) in values.enumerated() {
            sums.append(sums[index] + (value - centre))
            squares.append(squares[index] + (value - centre) * (value - centre))
        }
        let cost = { (from: Int, to: Int) -> Double in
            let sum = sums[to] - sums[from]
            return max(0, squares[to] - squares[from] - sum * sum / Double(to - from))
        }
        var best = [Double](repeating: .infinity, count: n + 1)
        var previous = [Int](repeating: 0, count: n + 1)
        best[0] = -penalty
        var candidates = [0]
        for end in shortest...n {
            var least = Double.infinity
            for start in candidates where end - start >= shortest {
                let total = best[start] + cost(start, end) + penalty
                if total < least { (least, previous[end]) = (total, start) }
            }
            best[end] = least
            candidates.removeAll { end - $0 >= shortest && best[$0] + cost($0, end) > least }
            let next = end + 1 - shortest
            if next >= shortest, best[next].isFinite { candidates.append(next) }
        }
        var found: [Segment] = []
        var end = n
        while end > 0 {
            let start = previous[end]
            found.append(Segment(range: start..<end, mean: centre + (sums[end] - sums[start]) / Double(end - start)))
            end = start
        }
        segments = found.reversed()
        self.cost = found.reduce(0) { $0 + cost($1.range.lowerBound, $1.range.upperBound) }
        self.penalty = penalty
    }

    /// The standard deviation of the noise, blind to shifts: scaled MAD of the first differences / √2.
    public static func noise(of values: [Double]) -> Double {
        let steps = zip(values.dropFirst(), values).map { $0 - $1 }
        return (SortedSamples(steps).scaledMAD ?? 0) / 2.0.squareRoot()
    }
}
