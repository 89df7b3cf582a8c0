import Glibc
import Ticks

/// Where a series of window figures jumps from one level to another, by circular binary segmentation (Olshen, Venkatraman,
/// Lucito and Wigler, Biostatistics 5, 2004).
///
/// The arc of windows whose mean differs most from that of the others is looked for, a spell that ends as well as a step;
/// where it is beyond chance its ends are changes, and each part is looked at in the same way. Chance is what the same values
/// show in random order (a permutation test; the draws end early where the answer is plain, Besag and Clifford, Biometrika
/// 78, 1991). Where each value depends on the one before, it is the innovations that are put in random order (the sieve
/// bootstrap of order 1, Bühlmann, Bernoulli 3, 1997).
public enum ChangePoints {
    /// That a series without any change shows one.
    static let significance = 0.01
    /// Windows between two changes, and before the first and behind the last.
    static let shortest = 3
    static let draws = 199

    /// How much better levels must describe a series than a line does, by Schwarz's criterion: strong evidence (Kass and
    /// Raftery, JASA 90, 1995).
    private static let margin = 6.0

    /// The place of the first value behind each change, ascending.
    ///
    /// A change must last three values, be beyond chance by itself (Mann and Whitney's test against what is before and behind
    /// it, at 1 %), and its medians must differ by more than `least`. Where its levels do not describe the series plainly
    /// better than a straight line does, it has a trend and no change.
    public static func places(in values: [Double], least: Double = 0, seed: UInt64 = 0) -> [Int] {
        guard values.count >= 2 * shortest, values.allSatisfy(\.isFinite) else { return [] }
        let tamed = tamed(values)
        let dependence = dependence(of: tamed)
        var random = SplitMix64(seed: seed, stream: "changes")
        var borders: [Int] = []
        split(tamed, 0..<values.count, dependence, &borders, &random)
        borders.sort()
        join(values, &borders, least)
        return borders.isEmpty || isLine(tamed, borders) ? [] : borders
    }

    /// Values further than ten deviations (by the MAD) from the median are drawn in to there: one odd window must not hide
    /// the others.
    private static func tamed(_ values: [Double]) -> [Double] {
        let sorted = SortedSamples(values)
        guard let median = sorted.median, let deviation = sorted.scaledMAD, deviation > 0 else { return values }
        return values.map { min(max($0, median - 10 * deviation), median + 10 * deviation) }
    }

    /// The upper end of the correlation of each value with the next, 0 where there may be none. Of steps over two values and
    /// over one, E(d2²)/E(d1²) = 1 + ρ, to which a jump adds three steps: the largest four are left out.
    private static func dependence(of values: [Double]) -> Double {
        func square(_ lag: Int) -> Double {
            let squares = zip(values.dropFirst(lag), values).map { ($0 - $1) * ($0 - $1) }.sorted().dropLast(4)
            return squares.isEmpty ? 0 : squares.reduce(0, +) / Double(squares.count)
        }
        let (one, two) = (square(1), square(2))
        guard one > 0, two / one - 1 > 0.1 else { return 0 }
        return min(0.9, two / one - 1 + 1.5 / Double(values.count).squareRoot())
    }

    /// The parts of a series between its changes.
    static func parts(of count: Int, at places: [Int]) -> [Range<Int>] {
        zip([0] + places, places + [count]).map { $0..<$1 }
    }

    private static func split(
        _ values: [Double],
        _ range: Range<Int>,
        _ dependence: Double,
        _ borders: inout [Int],
        _ random: inout SplitMix64
    ) {
        guard range.count >= 2 * shortest else { return }
        let series = Centred(Array(values[range]))
        guard let arc = series.arc, series.isBeyondChance(arc, dependence, &random) else { return }
        let inside = [arc.from, arc.to].filter { 0 < $0 && $0 < range.count }
        // A part that climbs evenly is no stairs; of the whole that is judged when all of its levels are known.
        if range.count < values.count, isLine(series.values, inside) { return }
        borders += inside.map { range.lowerBound + $0 }
        for part in parts(of: range.count, at: inside) {
            let piece = range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
            split(values, piece, dependence, &borders, &random)
        }
    }

    /// Takes out what is no change by itself, the least certain first.
    private static func join(_ values: [Double], _ borders: inout [Int], _ least: Double) {
        while true {
            let parts = parts(of: values.count, at: borders)
            var weakest: (border: Int, p: Double)?
            for border in borders.indices {
                let (before, behind) = (Array(values[parts[border]]), Array(values[parts[border + 1]]))
                let p = MannWhitney(before, behind)?.p ?? 1
                let step = abs((SortedSamples(behind).median ?? 0) - (SortedSamples(before).median ?? 0))
                if p >= significance || step <= least, p > weakest?.p ?? -1 { weakest = (border, p) }
            }
            guard let weakest else { return }
            borders.remove(at: weakest.border)
        }
    }

    private static func isLine(_ values: [Double], _ borders: [Int]) -> Bool {
        let n = Double(values.count)
        func rest(_ residuals: [Double]) -> Double { max(1e-9, residuals.reduce(0) { $0 + $1 * $1 }) }
        let middle = (n - 1) / 2
        let squares = values.indices.reduce(0.0) { $0 + (Double($1) - middle) * (Double($1) - middle) }
        let mean = values.reduce(0, +) / n
        let slope = values.enumerated().reduce(0.0) { $0 + (Double($1.offset) - middle) * $1.element } / squares
        let line = rest(values.enumerated().map { $1 - mean - slope * (Double($0) - middle) })
        let levels = rest(
            parts(of: values.count, at: borders).flatMap { part in
                let mean = values[part].reduce(0, +) / Double(part.count)
                return values[part].map { $0 - mean }
            }
        )
        // A mean for each level and a place for each change, against a mean and a slope.
        return n * log(line) + 2 * log(n) < n * log(levels) + Double(2 * borders.count + 1) * log(n) + margin
    }

    /// A series less its mean.
    private struct Centred {
        let values: [Double]
        private let deviation: Double

        init(_ values: [Double]) {
            let mean = values.reduce(0, +) / Double(values.count)
            self.values = values.map { $0 - mean }
            deviation = (self.values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }

        struct Arc {
            var from: Int
            var to: Int
            var statistic: Double
        }

        /// Where the mean of from..<to differs most from that of the rest; nil where all values are equal.
        var arc: Arc? {
            let n = values.count
            guard deviation > 0 else { return nil }
            var sums = [0.0]
            sums.reserveCapacity(n + 1)
            for value in values { sums.append(sums[sums.count - 1] + value) }
            let scales = (0...n).map { 1 / (Double($0) * Double(n - $0) / Double(n)).squareRoot() }
            var best = Arc(from: 0, to: 0, statistic: -1)
            sums.withUnsafeBufferPointer { sums in
                scales.withUnsafeBufferPointer { scales in
                    for from in 0...n - shortest where from == 0 || from >= shortest {
                        for to in stride(from: from + shortest, through: n, by: 1)
                        where n - (to - from) >= shortest && (to == n || to <= n - shortest) {
                            let statistic = abs(sums[to] - sums[from]) * scales[to - from]
                            if statistic > best.statistic { best = Arc(from: from, to: to, statistic: statistic) }
                        }
                    }
                }
            }
            best.statistic /= deviation
            return best.statistic > 0 ? best : nil
        }

        func isBeyondChance(_ arc: Arc, _ dependence: Double, _ random: inout SplitMix64) -> Bool {
            let most = Int(significance * Double(draws + 1)) - 1
            var innovations = values
            for place in innovations.indices.dropFirst() { innovations[place] -= dependence * values[place - 1] }
            var reached = 0
            for _ in 0..<draws {
                for place in stride(from: innovations.count - 1, to: 0, by: -1) {
                    innovations.swapAt(place, Int(random.unit() * Double(place + 1)))
                }
                var drawn = innovations
                if dependence > 0 {
                    for place in drawn.indices.dropFirst() { drawn[place] += dependence * drawn[place - 1] }
                }
                if Centred(drawn).arc?.statistic ?? 0 >= arc.statistic * (1 - 1e-12) { reached += 1 }
                if reached > most { return false }
            }
            return true
        }
    }
}
