import Glibc
import Ticks

/// Signs of two modes that are *not* enough by themselves: beside `ColdStartClassifier`, never instead of it. The dip test
/// misses 6 cold starts of 75 (p = 0.98), Sarle's coefficient passes skewed unimodal samples.
public enum Unimodality {
    /// (skewness² + 1) / (excess kurtosis + 3 (n−1)²/((n−2)(n−3))), both unbiased; 0.555 for uniform samples (SAS).
    /// nil under four samples or when all are equal.
    public static func sarle(_ samples: SortedSamples) -> Double? {
        let n = Double(samples.count)
        guard n >= 4, let mean = samples.mean, mean.isFinite else { return nil }
        var m2 = 0.0
        var m3 = 0.0
        var m4 = 0.0
        for value in samples.values {
            let d = value - mean
            m2 += d * d / n
            m3 += d * d * d / n
            m4 += d * d * d * d / n
        }
        guard m2 > 0 else { return nil }
        let skewness = (n * (n - 1)).squareRoot() / (n - 2) * m3 / pow(m2, 1.5)
        let kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / (m2 * m2) - 3) + 6)
        return (skewness * skewness + 1) / (kurtosis + 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3)))
    }

    /// The widest gap between neighbours on the logarithmic scale and how many samples lie below it; nil under two
    /// samples or when one is not above 0.
    public static func largestLogGap(_ samples: SortedSamples) -> (gap: Double, below: Int)? {
        guard samples.count >= 2, let least = samples.min, least > 0 else { return nil }
        var widest = (gap: -1.0, below: 0)
        for (index, pair) in zip(samples.values, samples.values.dropFirst()).enumerated() {
            let gap = log(pair.1 / pair.0)
            if gap > widest.gap { widest = (gap, index + 1) }
        }
        return widest
    }

    /// Hartigan's dip: the distance of the distribution function from the nearest unimodal one (Ann. Stat. 13, 1985).
    /// 0 when empty; at least 1/(2n).
    ///
    /// The modal interval shrinks between the greatest convex minorant before it and the least concave majorant after it
    /// until neither moves it (algorithm AS 217 with Mächler's corrections).
    public static func dip(_ samples: SortedSamples) -> Double {
        let x = samples.values
        let n = x.count
        guard n >= 2, x[0] < x[n - 1] else { return n == 0 ? 0 : 0.5 / Double(n) }
        let minorant = chain(x, rising: true)
        let majorant = chain(x, rising: false)
        var low = 0
        var high = n - 1
        var dip = 1.0
        while true {
            // Touching points of the minorant from high down to low, and of the majorant from low up to high.
            var gcm = [high]
            while let last = gcm.last, last > low { gcm.append(minorant[last]) }
            var lcm = [low]
            while let last = lcm.last, last < high { lcm.append(majorant[last]) }
            let (distance, left, right) = widest(x, gcm, lcm, low, high)
            if distance < dip { break }
            let within = max(
                deviation(x, gcm.filter { $0 <= left }.reversed(), above: true),
                deviation(x, lcm.filter { $0 >= right }, above: false)
            )
            dip = max(dip, within)
            if low == left && high == right { break }
            low = left
            high = right
        }
        return dip / Double(2 * n)
    }

    /// The share of uniform series of the same size whose dip is at least as large.
    public static func dipP(_ samples: SortedSamples, series: Int = 1000, seed: UInt64 = 0) -> Double {
        let own = dip(samples)
        var random = SplitMix64(seed: seed, stream: "dip")
        var hits = 0
        for _ in 0..<series {
            let uniform = SortedSamples((0..<samples.count).map { _ in random.unit() })
            if dip(uniform) >= own { hits += 1 }
        }
        return Double(hits) / Double(max(1, series))
    }

    /// For each index the next one towards the start (rising: of the convex minorant) or the end (of the concave majorant)
    /// that the taut string touches.
    private static func chain(_ x: [Double], rising: Bool) -> [Int] {
        let n = x.count
        var next = [Int](repeating: 0, count: n)
        let order = rising ? Array(1..<n) : (0..<(n - 1)).reversed()
        let end = rising ? 0 : n - 1
        next[end] = end
        for index in order {
            next[index] = rising ? index - 1 : index + 1
            while next[index] != end {
                let middle = next[index]
                let far = next[middle]
                let near = (x[index] - x[middle]) * Double(middle - far)
                let beyond = (x[middle] - x[far]) * Double(index - middle)
                if near < beyond { break }
                next[index] = far
            }
        }
        return next
    }

    /// The largest vertical distance between the two strings, in 1/n, and where the modal interval goes next.
    private static func widest(
        _ x: [Double],
        _ gcm: [Int],
        _ lcm: [Int],
        _ low: Int,
        _ high: Int
    ) -> (distance: Double, low: Int, high: Int) {
        guard gcm.count > 2 || lcm.count > 2 else { return (1, low, high) }
        var ix = gcm.count - 2
        var iv = 1
        var best = (distance: 0.0, low: low, high: high)
        while true {
            let gcmix = gcm[ix]
            let lcmiv = lcm[iv]
            if gcmix > lcmiv {
                let gcmi1 = gcm[ix + 1]
                let slope = Double(gcmix - gcmi1) / (x[gcmix] - x[gcmi1])
                let dx = Double(lcmiv - gcmi1 + 1) - (x[lcmiv] - x[gcmi1]) * slope
                iv += 1
                if dx >= best.distance { best = (dx, gcm[ix + 1], lcmiv) }
            } else {
                let lcmiv1 = lcm[iv - 1]
                let slope = Double(lcmiv - lcmiv1) / (x[lcmiv] - x[lcmiv1])
                let dx = (x[gcmix] - x[lcmiv1]) * slope - Double(gcmix - lcmiv1 - 1)
                ix -= 1
                if dx >= best.distance { best = (dx, gcmix, lcm[iv]) }
            }
            ix = max(0, ix)
            iv = min(lcm.count - 1, iv)
            if gcm[ix] == lcm[iv] { break }
        }
        return best
    }

    /// The largest distance of the empirical function from a string along its pieces, in 1/n.
    private static func deviation(_ x: [Double], _ string: [Int], above: Bool) -> Double {
        var largest = 0.0
        for (from, to) in zip(string, string.dropFirst()) where to - from > 1 && x[to] > x[from] {
            let slope = Double(to - from) / (x[to] - x[from])
            for i in from...to {
                let line = (x[i] - x[from]) * slope
                let distance = above ? Double(i - from + 1) - line : line - Double(i - from - 1)
                largest = max(largest, distance)
            }
        }
        return largest
    }
}
