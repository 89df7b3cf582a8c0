import Glibc

/// Whether the arrivals that were achieved follow the law that was planned.
public enum ArrivalTests {
    /// Anderson and Darling's A² of gaps against an exponential law with their own mean; nil with fewer than two gaps or
    /// one that is not above 0.
    public static func andersonDarlingExponential(_ gaps: [Double]) -> Double? {
        let sorted = SortedSamples(gaps)
        guard sorted.count >= 2, let mean = sorted.mean, mean > 0, mean.isFinite, let least = sorted.min, least > 0
        else {
            return nil
        }
        let n = Double(sorted.count)
        let values = sorted.values
        var sum = 0.0
        for i in values.indices {
            // ln F(xᵢ) and ln(1 − F(x₍ₙ₊₁₋ᵢ₎)) = −x / mean.
            sum += Double(2 * i + 1) * (log(-expm1(-values[i] / mean)) - values[values.count - 1 - i] / mean)
        }
        return -n - sum / n
    }

    /// Critical values of A² with the mean estimated from `count` gaps (Stephens, JASA 69, 1974): 1.341 and 1.957 over
    /// 1 + 0.6/n.
    public static func andersonDarlingCritical(count: Int) -> (at5Percent: Double, at1Percent: Double) {
        let scale = 1 + 0.6 / Double(max(1, count))
        return (1.341 / scale, 1.957 / scale)
    }

    /// Variance over mean (n − 1) of the arrivals per bin over so long a time, whole bins only: 1 for a Poisson process, more in bursts,
    /// 0 for a constant rate. nil with fewer than two whole bins, or without arrivals.
    public static func dispersion(_ times: [Double], over length: Double, binWidth: Double) -> Double? {
        guard binWidth > 0, length.isFinite, length / binWidth < 1e8 else { return nil }
        // A hair's breadth, so that an instant on a border is in its bin whatever the division's rounding.
        let bin = { (time: Double) in Int((time / binWidth + 1e-9).rounded(.down)) }
        guard bin(length) >= 2 else { return nil }
        var counts = [Double](repeating: 0, count: bin(length))
        for time in times where time >= 0 && time < length && bin(time) < counts.count { counts[bin(time)] += 1 }
        guard let mean = SortedSamples(counts).mean, mean > 0 else { return nil }
        return counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counts.count - 1) / mean
    }
}
