extension KneeResult {
    /// The contract's knee over the levels of a ramp, each at its first visit; nil when the rule cannot be applied.
    init?(of steps: [StepResult], ttft: (RequestStatistics) -> DistributionSummary?) {
        var seen: Set<Int> = []
        let levels = steps.compactMap { step -> RampLevel? in
            guard let level = step.concurrency, level > 0, let throughput = step.stats.outputTokensPerSecond,
                seen.insert(level).inserted
            else { return nil }
            return RampLevel(concurrency: level, throughput: throughput, ttftP95: ttft(step.stats)?.p95)
        }
        guard let rule = KneeRule(levels) else { return nil }
        self.init()
        concurrency = rule.concurrency
        bracket = [rule.bracket.lower] + (rule.bracket.upper.map { [$0] } ?? [])
        let n = levels.map { Double($0.concurrency) }
        let x = levels.map(\.throughput)
        let fittedHinge = Measurement.Hinge(concurrency: n, throughput: x)
        let law = UniversalScalability(concurrency: n, throughput: x)
        hinge = fittedHinge.flatMap { Hinge($0) }
        usl = law.flatMap { USL($0) }
        agree = rule.agrees(with: fittedHinge, law)
    }
}

extension KneeResult.Hinge {
    init?(_ fit: Measurement.Hinge) {
        guard let knee = fit.knee.finite else { return nil }
        self.init(
            concurrency: knee,
            interval: ConfidenceInterval(lower: fit.interval?.lower.finite, upper: fit.interval?.upper.finite)
        )
    }
}

extension KneeResult.USL {
    init?(_ fit: UniversalScalability) {
        guard fit.lambda.isFinite, fit.sigma.isFinite, fit.kappa.isFinite else { return nil }
        self.init(
            lambda: fit.lambda,
            sigma: fit.sigma,
            kappa: fit.kappa,
            peakConcurrency: fit.peakConcurrency.finite
        )
    }
}
