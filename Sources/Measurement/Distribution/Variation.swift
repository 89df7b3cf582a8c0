import Glibc

/// How much samples vary, how sure that is, and what drives it. Coefficients are fractions, not percent.
public struct Variation: Sendable, Hashable {
    public let samples: SortedSamples
    public let mean: Double
    /// With n − 1.
    public let standardDeviation: Double

    /// nil with fewer than two samples, or when one is infinite.
    public init?(_ samples: SortedSamples) {
        guard let mean = samples.mean, mean.isFinite, let deviation = samples.standardDeviation,
            deviation.isFinite
        else { return nil }
        self.samples = samples
        self.mean = mean
        standardDeviation = deviation
    }

    /// Standard deviation over mean; nil when the mean is not above 0.
    public var cv: Double? { mean > 0 ? standardDeviation / mean : nil }

    /// The largest CV that `count` values >= 0 can have, √n (Katsnelson and Kotz 1957, for the n − 1 definition): one
    /// value apart from zeros.
    public static func ceiling(count: Int) -> Double { Double(count).squareRoot() }

    /// The fewest values that can have this CV.
    public static func fewestSamples(forCV cv: Double) -> Int { max(1, Int((cv * cv).rounded(.up))) }

    /// The CV without the `k` largest samples; nil when fewer than two stay.
    public func cvWithoutTop(_ k: Int) -> Double? {
        guard k >= 0 else { return nil }
        return Variation(SortedSamples(ascending: Array(samples.values.dropLast(k))))?.cv
    }

    /// The share of the sum of squared deviations that the `k` largest samples bring: near 1, the CV is about them.
    public func varianceShare(ofTop k: Int) -> Double? {
        let squares = standardDeviation * standardDeviation * Double(samples.count - 1)
        guard squares > 0, k >= 0 else { return nil }
        let top = samples.values.suffix(k).reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return min(1, top / squares)
    }

    public var band: VariationBand? { cv.flatMap { VariationBand(cvPercent: 100 * $0) } }

    /// The bands that an interval of the CV touches; a missing upper bound counts as the ceiling √n.
    public func bands(over interval: ConfidenceInterval) -> [VariationBand] {
        let low = interval.lower ?? 0
        let high = interval.upper ?? Self.ceiling(count: samples.count)
        return VariationBand.bands(from: 100 * low, to: 100 * max(low, high))
    }
}

// MARK: Intervals

extension Variation {
    /// The BCa bootstrap interval of log CV (Efron 1987), back in CV; nil under five samples and when the CV is nil or 0.
    ///
    /// Samples are taken as >= 0, and the upper bound is at most √n. About 20 ms for 1,000 samples, no more for a million
    /// (see `MomentResampler`).
    public func bootstrapInterval(
        level: Double = 0.95,
        resamples: Int = 2000,
        seed: UInt64 = 0
    ) -> ConfidenceInterval? {
        guard let (logs, acceleration, point) = logReplicates(resamples, seed) else { return nil }
        let interval = Bootstrap.bca(point: point, replicates: logs, acceleration: acceleration, level: level)
        return ConfidenceInterval(lower: interval.lower.map { exp($0) }, upper: interval.upper.map { exp($0) })
    }

    private func logReplicates(_ resamples: Int, _ seed: UInt64) -> (SortedSamples, Double, Double)? {
        guard let cv, cv > 0, resamples > 0, samples.count >= Bootstrap.fewestSamples else { return nil }
        let n = Double(samples.count)
        let logCV = { (sum: Double, squares: Double, n: Double) -> Double in
            let mean = self.mean + sum / n
            let variance = max(0, (squares - sum * sum / n) / (n - 1))
            return mean > 0 ? log(variance) / 2 - log(mean) : .nan
        }
        var resampler = MomentResampler(samples, centre: mean, seed: seed)
        let replicates = (0..<resamples).map { _ in
            let (sum, squares) = resampler.next()
            return logCV(sum, squares, n)
        }
        let allSquares = standardDeviation * standardDeviation * (n - 1)
        let leftOut = samples.values.map { value in
            let d = value - mean
            return logCV(-d, allSquares - d * d, n - 1)
        }
        return (SortedSamples(replicates), Bootstrap.acceleration(jackknife: leftOut), log(cv))
    }
}
