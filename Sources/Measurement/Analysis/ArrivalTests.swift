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

    /// Kolmogorov's distance of gaps from an exponential law of known rate, and its p; nil without gaps.
    public static func kolmogorovExponential(_ gaps: [Double], rate: Double) -> (distance: Double, p: Double)? {
        KolmogorovSmirnov.oneSample(gaps) { $0 <= 0 ? 0 : -expm1(-rate * $0) }
    }

    /// Variance over mean (n − 1) of the arrivals per bin, over the whole bins up to the last arrival: 1 for a Poisson
    /// process, more in bursts, 0 for a constant rate. nil with fewer than two whole bins.
    public static func dispersion(_ times: [Double], binWidth: Double) -> Double? {
        guard binWidth > 0, let last = times.max(), last.isFinite, last >= 2 * binWidth, last / binWidth < 1e8 else {
            return nil
        }
        let bins = Int(last / binWidth)
        var counts = [Double](repeating: 0, count: bins)
        for time in times where time >= 0 {
            let bin = Int(time / binWidth)
            if bin < bins { counts[bin] += 1 }
        }
        guard let mean = SortedSamples(counts).mean, mean > 0 else { return nil }
        return counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(bins - 1) / mean
    }
}
