import Glibc

/// From bootstrap replicates of a statistic to an interval.
enum Bootstrap {
    /// Fewer samples give no interval: of four there are 35 different resamples, none of which is as rare as the 2.5 % that an end of
    /// the interval stands for.
    static let fewestSamples = 5

    /// The bias-corrected and accelerated interval (Efron, "Better Bootstrap Confidence Intervals", JASA 82, 1987).
    static func bca(
        point: Double,
        replicates: SortedSamples,
        acceleration: Double,
        level: Double
    ) -> ConfidenceInterval {
        let values = replicates.values
        if values.isEmpty { return ConfidenceInterval(lower: nil, upper: nil) }
        let below = values.count { $0 < point }
        let equal = values.count { $0 == point }
        let share = (Double(below) + Double(equal) / 2) / Double(values.count)
        // A point outside all replicates has no finite bias; half a replicate is the nearest that has.
        let half = 0.5 / Double(values.count)
        let bias = NormalDistribution.quantile(min(1 - half, max(half, share)))
        let bound = { (z: Double) -> Double? in
            let shifted = bias + z
            let scale = 1 - acceleration * shifted
            if scale <= 0 { return z < 0 ? values.first : values.last }
            return replicates.linear(NormalDistribution.cumulative(bias + shifted / scale))
        }
        let z = NormalDistribution.quantile((1 + level) / 2)
        return ConfidenceInterval(lower: bound(-z), upper: bound(z))
    }

    static func percentile(replicates: SortedSamples, level: Double) -> ConfidenceInterval {
        ConfidenceInterval(lower: replicates.linear((1 - level) / 2), upper: replicates.linear((1 + level) / 2))
    }

    /// Σ(m − θᵢ)³ / (6 (Σ(m − θᵢ)²)^1.5) of the statistic's values with one sample left out; 0 where it is undefined.
    static func acceleration(jackknife values: [Double]) -> Double {
        let usable = values.filter { $0.isFinite }
        if usable.isEmpty { return 0 }
        let mean = usable.reduce(0, +) / Double(usable.count)
        var squares = 0.0
        var cubes = 0.0
        for value in usable {
            let d = mean - value
            squares += d * d
            cubes += d * d * d
        }
        return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0
    }
}
