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
        let middle = differences.value(rank: (pairs + 1) / 2)
        ratio = exp((middle + (pairs % 2 == 1 ? middle : differences.value(rank: pairs / 2 + 1))) / 2)

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

extension HodgesLehmann {
    /// How much larger y is than x, in their own unit: the median of all pairwise differences. nil when a sample is empty or
    /// holds a value that is not finite.
    static func shift(_ x: [Double], _ y: [Double]) -> Double? {
        guard !x.isEmpty, !y.isEmpty, (x + y).allSatisfy(\.isFinite) else { return nil }
        let differences = PairwiseDifferences(SortedSamples(x).values, SortedSamples(y).values)
        let pairs = x.count * y.count
        return (differences.value(rank: (pairs + 1) / 2) + differences.value(rank: pairs / 2 + 1)) / 2
    }
}

/// Order statistics of all y − x without storing them: the pairs at or below a limit are counted in n + m steps, and the limit
/// is searched for by where the rank lies between the counts at both ends, until so few pairs are left that they are sorted.
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
        var below = 0  // pairs under `low`
        var within = x.count * y.count  // pairs up to `high`
        var step = 0
        while low < high {
            if within - below <= (x.count + y.count) / 16 {
                return differences(Self.double(low)...Self.double(high)).sorted()[rank - below - 1]
            }
            let middle = limit(low, high, share: Double(rank - below) / Double(within - below), step)
            let count = count(upTo: Self.double(middle))
            if count >= rank { (high, within) = (middle, count) } else { (low, below) = (middle + 1, count) }
            step += 1
        }
        return Self.double(low)
    }

    /// Where to look next: a little to the one side and the other of where the rank is to be expected, so that both ends come
    /// close; each fourth time half-way between the ends' representations, which ends for any distribution.
    private func limit(_ low: Int64, _ high: Int64, share: Double, _ step: Int) -> Int64 {
        let half = (low & high) + (low ^ high) >> 1  // their mean, rounded down, without overflow
        let (from, to) = (Self.double(low), Self.double(high))
        guard step % 4 != 3, (to - from).isFinite else { return half }
        let aside = min(max(share + (step % 2 == 0 ? 1 : -1) / 64, 0), 1)
        return min(max(Self.ordered(from + (to - from) * aside), low), high - 1)
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

    private func differences(_ range: ClosedRange<Double>) -> [Double] {
        var found: [Double] = []
        var first = 0
        for low in x {
            while first < y.count, y[first] - low < range.lowerBound { first += 1 }
            var place = first
            while place < y.count, y[place] - low <= range.upperBound {
                found.append(y[place] - low)
                place += 1
            }
        }
        return found
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
