extension ConsistencyResult {
    /// Warm, cold and stuck among the answers of a probe; nil without an answer.
    ///
    /// The server's own word makes a request cold; without any, the shape of the times to first token does.
    init?(of requests: RequestSet) {
        let answered = requests.successes.only { $0.ttftMilliseconds != nil }
        let samples = answered.figures(\.ttftMilliseconds)
        guard !samples.isEmpty else { return nil }
        self.init()
        let shape = ColdStartClassifier(SortedSamples(samples))
        if answered.contains(where: { $0.reportedCold != nil }) {
            cold = answered.only { $0.reportedCold == true }.count
            let others = answered.only { $0.reportedCold != true }
            stuck = ColdStartClassifier(SortedSamples(others.figures(\.ttftMilliseconds))).stuck.count
            warm = samples.count - cold - stuck
        } else {
            (warm, cold, stuck) = shape.classes
        }
        let seen = Proportion(cold, of: samples.count)
        coldRate = seen.value
        // The upper end of the two-sided 90 % interval is the one-sided 95 % bound; with none seen, 1 - 0.05^(1/n).
        coldRateUpper95 = seen.clopperPearson(level: 0.9)?.upper.finite
        serialCorrelation = Autocorrelation.lagOneSpearman(samples)?.rho
        driver = Self.driver(shape, SortedSamples(samples))
    }

    /// What makes the times vary; nil when they hardly do.
    private static func driver(_ shape: ColdStartClassifier, _ samples: SortedSamples) -> String? {
        var parts = shape.cause == .none ? [] : [shape.cause.rawValue]
        if samples.count > 4, let share = Variation(samples)?.varianceShare(ofTop: 2), share >= 0.5 {
            parts.append("the two slowest make \(inPercent(share)) of the variance")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
