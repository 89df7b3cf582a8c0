import Glibc

/// How many times larger y is than x: the median of all pairwise ratios, with a distribution-free interval.
///
/// Hodges and Lehmann (Ann. Math. Stat. 34, 1963) on logarithms; the interval turns the Mann-Whitney test around (Moses).
public struct HodgesLehmann: Sendable, Hashable {
    /// y over x.
    public let ratio: Double
    public let interval: ConfidenceInterval
    /// The interval's ends are the `rank`-th smallest and largest pairwise ratios; 0 = the samples are too small for one.
    public let rank: Int
    /// The probability that the interval encloses the true ratio (without ties).
    public let coverage: Double
    public let isExact: Bool

    /// The most pairs for which the null distribution is computed; above, its normal approximation serves.
    public static let exactPairs = 100_000

    /// nil when a sample is empty or a value is not above 0 and finite.
    public init?(_ x: [Double], _ y: [Double], level: Double = 0.95, exact: Bool = true) {
        guard !x.isEmpty, !y.isEmpty, (x + y).allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let differences = PairwiseDifferences(
            SortedSamples(x.map { log($0) }).values,
            SortedSamples(y.map { log($0) }).values
        )
        let (n, m) = (x.count, y.count)
        let pairs = n * m
        ratio = exp((differences.value(rank: (pairs + 1) / 2) + differences.value(rank: pairs / 2 + 1)) / 2)

        let tail = (1 - level) / 2
        isExact = exact && pairs <= Self.exactPairs
        if isExact {
            // The largest k with P(U <= k − 1) <= α/2.
            var below = 0.0
            var k = 0
            for probability in MannWhitney.nullDistribution(n, m) {
                if below + probability > tail { break }
                below += probability
                k += 1
            }
            rank = k
            coverage = 1 - 2 * below
        } else {
            let spread = (Double(pairs) * Double(n + m + 1) / 12).squareRoot()
            let z = NormalDistribution.quantile(1 - tail)
            rank = max(0, Int((Double(pairs) / 2 - z * spread).rounded(.down)))
            coverage = level
        }
        interval =
            rank > 0
            ? ConfidenceInterval(
                lower: exp(differences.value(rank: rank)),
                upper: exp(differences.value(rank: pairs + 1 - rank))
            ) : ConfidenceInterval(lower: nil, upper: nil)
    }
}

/// Order statistics of all y − x without storing them: the answer is found by halving the range of doubles, counting the
/// pairs at or below in n + m steps each time.
struct PairwiseDifferences {
    let x: [Double]  // ascending
    let y: [Double]  // ascending

    init(_ x: [Double], _ y: [Double]) {
        self.x = x
        self.y = y
    }

    /// The difference of this rank, from 1.
    func value(rank: Int) -> Double {
        var low = Self.ordered(y[0] - x[x.count - 1])
        var high = Self.ordered(y[y.count - 1] - x[0])
        while low < high {
            let middle = (low & high) + (low ^ high) >> 1  // their mean, rounded down, without overflow
            if count(upTo: Self.double(middle)) >= rank { high = middle } else { low = middle + 1 }
        }
        return Self.double(low)
    }

    private func count(upTo limit: Double) -> Int {
        var total = 0
        var reach = 0  // of y, how many lie within the limit of the current x
        for low in x {
            while reach < y.count, y[reach] - low <= limit { reach += 1 }
            total += reach
        }
        return total
    }

    /// An integer that grows with the double.
    private static func ordered(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: (value + 0).bitPattern)
        return bits >= 0 ? bits : .min - bits
    }

    private static func double(_ ordered: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: ordered >= 0 ? ordered : .min - ordered))
    }
}
