import Glibc

/// Two log-normal modes, warm and slow, fitted by expectation maximisation from Otsu's split.
public struct LogNormalMixture: Sendable, Hashable {
    public let slowWeight: Double
    /// Medians, in the unit of the samples.
    public let warmMedian: Double
    public let slowMedian: Double
    /// Standard deviations of the logarithms.
    public let warmSigma: Double
    public let slowSigma: Double
    /// Log-likelihoods of the logarithms under one normal and under two.
    public let logLikelihoodOfOne: Double
    public let logLikelihood: Double
    /// Bayes' information criteria, 2 and 5 parameters; the difference speaks for two modes where it is large.
    public let bicOfOne: Double
    public let bic: Double
    /// Samples more likely slow than warm.
    public let slowCount: Int
    public let iterations: Int

    public var bicDifference: Double { bicOfOne - bic }
    /// |μ₂ − μ₁| / √((σ₁² + σ₂²)/2) of the logarithms (Ashman, Bird and Zepf 1994); above 2 the modes stand apart.
    public var separation: Double {
        abs(log(slowMedian / warmMedian)) / ((warmSigma * warmSigma + slowSigma * slowSigma) / 2).squareRoot()
    }
    /// How many times slower the slow mode is.
    public var ratio: Double { slowMedian / warmMedian }

    /// nil unless there are four samples, all above 0, and not all equal. σ is kept at 0.001 or more, so that no mode
    /// collapses on one sample. Ends after `limit` steps or when the log-likelihood grows by less than `tolerance`.
    public init?(_ samples: SortedSamples, limit: Int = 300, tolerance: Double = 1e-12) {
        guard samples.count >= 4, let least = samples.min, least > 0, let most = samples.max, most.isFinite,
            let split = OtsuSplit(logarithmsOf: samples)
        else { return nil }
        self.init(samples, below: split.below, limit: limit, tolerance: tolerance)
    }

    /// From a split of the ascending samples, `below` of which start as warm.
    public init?(_ samples: SortedSamples, below: Int, limit: Int = 300, tolerance: Double = 1e-12) {
        guard below > 0, below < samples.count else { return nil }
        let logs = samples.values.map { log($0) }
        let n = Double(logs.count)

        let single = Mode(logs, floor: 0)
        logLikelihoodOfOne = -n / 2 * (log(2 * .pi * single.sigma * single.sigma) + 1)
        bicOfOne = 2 * log(n) - 2 * logLikelihoodOfOne

        var warm = Mode(Array(logs[..<below]), floor: Mode.floor)
        var slow = Mode(Array(logs[below...]), floor: Mode.floor)
        var weight = Double(logs.count - below) / n
        var share = [Double](repeating: 0, count: logs.count)
        var likelihood = -Double.infinity
        var steps = 0
        while true {
            steps += 1
            var total = 0.0
            for (index, value) in logs.enumerated() {
                let a = log(1 - weight) + warm.logDensity(value)
                let b = log(weight) + slow.logDensity(value)
                let top = max(a, b)
                let sum = top + log(exp(a - top) + exp(b - top))
                share[index] = exp(b - sum)
                total += sum
            }
            let gain = total - likelihood
            likelihood = total
            if abs(gain) < tolerance || steps >= limit { break }
            let slowTotal = share.reduce(0, +)
            if slowTotal <= 0 || slowTotal >= n { break }
            weight = slowTotal / n
            warm = Mode(logs, weights: share.map { 1 - $0 })
            slow = Mode(logs, weights: share)
        }
        iterations = steps
        slowWeight = weight
        warmMedian = exp(warm.mean)
        slowMedian = exp(slow.mean)
        warmSigma = warm.sigma
        slowSigma = slow.sigma
        logLikelihood = likelihood
        bic = 5 * log(n) - 2 * likelihood
        slowCount = share.count { $0 > 0.5 }
    }

    /// The value from which a sample is more likely slow than warm: where the weighted densities cross between the
    /// medians.
    public var boundary: Double {
        let warm = Mode(mean: log(warmMedian), sigma: warmSigma)
        let slow = Mode(mean: log(slowMedian), sigma: slowSigma)
        var low = warm.mean
        var high = slow.mean
        for _ in 0..<60 {
            let middle = (low + high) / 2
            let isSlow = log(slowWeight) + slow.logDensity(middle) > log(1 - slowWeight) + warm.logDensity(middle)
            if isSlow { high = middle } else { low = middle }
        }
        return exp(high)
    }

    private struct Mode {
        static let floor = 1e-3
        var mean: Double
        var sigma: Double

        init(mean: Double, sigma: Double) {
            self.mean = mean
            self.sigma = sigma
        }

        init(_ values: [Double], floor: Double) {
            let n = Double(values.count)
            let centre = values.reduce(0, +) / n
            mean = centre
            sigma = max(floor, (values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / n).squareRoot())
        }

        init(_ values: [Double], weights: [Double]) {
            let total = weights.reduce(0, +)
            var sum = 0.0
            for i in values.indices { sum += weights[i] * values[i] }
            let centre = sum / total
            var squares = 0.0
            for i in values.indices { squares += weights[i] * (values[i] - centre) * (values[i] - centre) }
            mean = centre
            sigma = max(Self.floor, (squares / total).squareRoot())
        }

        func logDensity(_ x: Double) -> Double {
            let z = (x - mean) / sigma
            return -z * z / 2 - log(sigma) - 0.918938533204672741780329736406  // ln √(2π)
        }
    }
}

/// The split of ascending samples into two groups whose means lie furthest apart for their sizes.
///
/// Otsu, "A Threshold Selection Method from Gray-Level Histograms" (1979), on the logarithms.
public struct OtsuSplit: Sendable, Hashable {
    /// Samples in the lower group.
    public let below: Int
    /// The middle of the gap between the groups on the logarithmic scale, in the unit of the samples.
    public let threshold: Double
    /// Variance between the groups over the whole variance; near 0.6 for one log-normal mode already.
    public let eta: Double

    /// nil when all samples are equal. Samples must be above 0.
    public init?(logarithmsOf samples: SortedSamples) {
        let logs = samples.values.map { log($0) }
        let n = Double(logs.count)
        let centre = logs.reduce(0, +) / max(1, n)
        let total = logs.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / max(1, n)
        var sum = 0.0
        var best = (between: -1.0, below: 0)
        for k in 1..<max(1, logs.count) {
            sum += logs[k - 1] - centre
            if logs[k] == logs[k - 1] { continue }
            let below = Double(k)
            let apart = sum / below + sum / (n - below)
            let between = below * (n - below) / (n * n) * apart * apart
            if between > best.between { best = (between, k) }
        }
        guard best.below > 0, total > 0 else { return nil }
        below = best.below
        threshold = exp((logs[best.below - 1] + logs[best.below]) / 2)
        eta = best.between / total
    }
}
