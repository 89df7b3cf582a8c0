/// The mean of what two sides differ by at each of several looks at both, with Student's 95 % interval.
///
/// Figures of a look are averages of many requests, so they are near to normal; a rank test would need six looks for an
/// interval and could never pass Holm's correction.
struct MeanDifference: Sendable, Hashable {
    static let level = 0.95

    var mean: Double
    var error: Double  // standard error of the mean
    var degrees: Double  // of freedom
    var count: Int  // looks

    private init(mean: Double, error: Double, degrees: Double, count: Int) {
        (self.mean, self.error, self.degrees, self.count) = (mean, error, degrees, count)
    }

    /// nil under five looks.
    init?(_ differences: [Double]) {
        let n = differences.count
        guard n >= RatioEstimate.fewestLooks, differences.allSatisfy(\.isFinite),
            let mean = SortedSamples(differences).mean, let spread = SortedSamples(differences).standardDeviation
        else { return nil }
        self.init(mean: mean, error: spread / Double(n).squareRoot(), degrees: Double(n - 1), count: n)
    }

    /// The same where it is known who came first at each look. A drift of the hour adds to the differences of those in
    /// which the target came first what it takes from the others, so both kinds are averaged apart and each other: what is
    /// left is free of any linear drift (a crossover trial's period effect: Jones and Kenward, 2.3). It costs a degree of
    /// freedom; under five looks, or two of a kind, it is not done.
    init?(_ differences: [Double], targetFirst: [Bool]) {
        let kinds = [true, false].map { kind in
            zip(differences, targetFirst).filter { $0.1 == kind }.map(\.0)
        }
        let n = differences.count
        guard n >= RatioEstimate.fewestLooks, kinds.allSatisfy({ $0.count >= 2 }),
            differences.allSatisfy(\.isFinite)
        else {
            self.init(differences)
            return
        }
        let means = kinds.map { $0.reduce(0, +) / Double($0.count) }
        var squares = 0.0
        for (kind, mean) in zip(kinds, means) { for value in kind { squares += (value - mean) * (value - mean) } }
        let variance = squares / Double(n - 2) * kinds.reduce(0) { $0 + 1 / Double($1.count) } / 4
        self.init(
            mean: (means[0] + means[1]) / 2,
            error: variance.squareRoot(),
            degrees: Double(n - 2),
            count: n
        )
    }

    var interval: ConfidenceInterval {
        let t = StudentDistribution.quantile((1 + Self.level) / 2, degrees)
        return ConfidenceInterval(lower: mean - t * error, upper: mean + t * error)
    }
}
