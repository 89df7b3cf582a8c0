extension ConsistencyResult {
    /// Warm, cold and stuck among the answers of a probe; nil without an answer.
    ///
    /// The server's own word makes a request cold. Without any, the classes are groups of a shape, and why the slow ones
    /// were slow is not known.
    init?(of requests: RequestSet) {
        let answered = requests.successes.only { $0.ttftMilliseconds != nil }
        let samples = answered.figures(\.ttftMilliseconds)
        guard !samples.isEmpty else { return nil }
        self.init()
        let shape = ColdStartClassifier(SortedSamples(samples))
        if answered.contains(where: { $0.reportedCold != nil }) {
            isReported = true
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
        driver = Self.driver(shape, SortedSamples(samples), isReported: isReported ? cold : nil)
    }

    /// What the scatter is made of, by its shape and with its numbers; nil when the times hardly vary.
    /// - Parameter reported: how many the server itself called cold
    private static func driver(
        _ shape: ColdStartClassifier,
        _ samples: SortedSamples,
        isReported reported: Int?
    ) -> String? {
        var parts: [String] = []
        let classes = shape.classes
        if let reported, reported > 0 {
            parts.append("\(inCount(reported, "request")) met a cold start, by the server's word")
        } else if shape.isBimodal, let mixture = shape.mixture {
            parts.append(
                "two groups: \(classes.warm) near \(inTime(milliseconds: mixture.warmMedian)), \(classes.cold) near "
                    + inTime(milliseconds: mixture.slowMedian)
            )
        }
        if let least = shape.stuck.first {
            parts.append(
                "\(inCount(classes.stuck, "request")) far behind the rest (\(inTime(milliseconds: least)) or more)"
            )
        }
        if parts.isEmpty, shape.cause == .broad { parts.append("a broad scatter without separate groups") }
        if samples.count > 4, let share = Variation(samples)?.varianceShare(ofTop: 2), share >= 0.5 {
            parts.append("the two slowest requests make \(inPercent(share)) of the variance")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
