extension DistributionSummary {
    /// From every value, in the order of dispatch; nil without any.
    ///
    /// Intervals are those of as many independent samples as these are worth (`Autocorrelation.effectiveCount`).
    /// `infinite` is how many more requests never gave a value: for the adjusted percentiles. `spread` is the seed of
    /// the bootstrap that gives the CV its interval and bands; nil leaves them out. `blocks` is what the finite values' blocks do
    /// to intervals.
    init?(samples: [Double], infinite: Int? = nil, spread seed: UInt64? = nil, blocks: DesignEffect? = nil) {
        let finite = samples.allSatisfy(\.isFinite) ? samples : samples.filter(\.isFinite)
        let sorted = SortedSamples(finite)
        guard !sorted.isEmpty else { return nil }
        self.init()
        count = sorted.count
        mean = sorted.mean.finite
        standardDeviation = sorted.standardDeviation.finite
        minimum = sorted.min
        maximum = sorted.max
        p50 = sorted.nearestRank(.p50)
        p75 = sorted.nearestRank(.p75)
        p90 = sorted.nearestRank(.p90)
        p95 = sorted.nearestRank(.p95)
        p99 = sorted.nearestRank(.p99)
        p999 = sorted.nearestRank(.p999)
        let independent = Autocorrelation.effectiveCount(finite)
        isInBlocks = blocks != nil
        let worth = { (percentile: Double?) -> Double in
            min(independent, Double(finite.count) / (blocks?.factor(percentile: percentile, of: finite) ?? 1))
        }
        let (middle, tail) = (worth(p50), worth(p95))
        if min(middle, tail) < Double(count) { effectiveCount = Int(min(middle, tail)) }
        p50Interval = sorted.interval(of: .p50, effectiveCount: middle)
        p95Interval = sorted.interval(of: .p95, effectiveCount: tail)
        p99Interval = sorted.interval(of: .p99, effectiveCount: worth(p99))
        if let infinite {
            adjustedP95 = sorted.nearestRank(.p95, among: infinite)
            adjustedP99 = sorted.nearestRank(.p99, among: infinite)
        }
        guard let variation = Variation(sorted) else { return }
        cvPercent = variation.cv.finite.map { 100 * $0 }
        cvWithoutTop2 = variation.cvWithoutTop(2).finite.map { 100 * $0 }
        guard let seed, cvPercent != nil else { return }
        let effect = blocks?.factor(
            variationOf: finite,
            mean: variation.mean,
            deviation: variation.standardDeviation
        )
        let interval = variation.bootstrapInterval(seed: seed).map {
            $0.widened(around: variation.cv, by: effect ?? 1, upTo: Variation.ceiling(count: count))
        }
        cvInterval = interval.map {
            ConfidenceInterval(lower: $0.lower.finite.map { 100 * $0 }, upper: $0.upper.finite.map { 100 * $0 })
        }
        // Without scatter there is no interval and no doubt; of a handful of samples there is no verdict.
        cvBands =
            interval.map { variation.bands(over: $0) }
            ?? (count >= Bootstrap.fewestSamples ? variation.band.map { [$0] } : nil) ?? []
    }

    /// From nanoseconds, in milliseconds; nil when nothing was counted.
    init?(milliseconds histogram: Histogram) {
        guard !histogram.isEmpty else { return nil }
        self.init()
        let milliseconds = { (quantile: Quantile) in histogram.quantile(quantile).map { Double($0) / 1e6 } }
        source = .histogram
        count = Int(clamping: histogram.count)
        mean = histogram.mean.finite.map { $0 / 1e6 }
        standardDeviation = histogram.standardDeviation.finite.map { $0 / 1e6 }
        if let mean, mean > 0, let standardDeviation { cvPercent = 100 * standardDeviation / mean }
        minimum = histogram.min.map { Double($0) / 1e6 }
        maximum = histogram.max.map { Double($0) / 1e6 }
        p50 = milliseconds(.p50)
        p75 = milliseconds(.p75)
        p90 = milliseconds(.p90)
        p95 = milliseconds(.p95)
        p99 = milliseconds(.p99)
        p999 = milliseconds(.p999)
    }
}

extension SortedSamples {
    /// The nearest rank with `infinite` more samples above all of these; nil when it is one of those.
    func nearestRank(_ quantile: Quantile, among infinite: Int) -> Double? {
        let rank = quantile.rank(of: count + Swift.max(0, infinite))
        return (1...Swift.max(1, count)).contains(rank) && !isEmpty ? values[rank - 1] : nil
    }
}

extension Optional<Double> {
    /// Neither NaN nor infinite.
    var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}
