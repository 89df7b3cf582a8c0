/// Where a series of observations stops being shaped by its start.
///
/// White, "An Effective Truncation Heuristic for Bias Reduction in Simulation Output" (1997), in its batched form MSER-5.
/// It cuts one in three series of pure noise too: what it gives is *discarded* observations, never proof of a warm-up.
public struct SteadyState: Sendable, Hashable {
    /// Batches and observations to discard.
    public var discardedBatches: Int
    public var discarded: Int
    /// The statistic's least value: the squared standard error of what stays.
    public var statistic: Double
    /// The mean of the batches that stay.
    public var mean: Double
    /// False when the least value lies at the half of the series: no steady state was reached.
    public var isSteady: Bool

    /// Batches of `batch` observations; d* = argmin over d <= k/2 of Σ_{i>d} (Yᵢ − Ȳ)² / (k − d)². Observations beyond the
    /// last whole batch are left out. nil with fewer than 4 batches.
    public init?(_ values: [Double], batch: Int = 5) {
        let k = batch > 0 ? values.count / batch : 0
        guard k >= 4 else { return nil }
        let means = (0..<k).map { index in
            values[(index * batch)..<((index + 1) * batch)].reduce(0, +) / Double(batch)
        }
        // Sums from the end, about the overall mean so that little cancels.
        let centre = means.reduce(0, +) / Double(k)
        var sum = 0.0
        var squares = 0.0
        var best = (cut: -1, statistic: Double.infinity, mean: centre)
        for cut in stride(from: k - 1, through: 0, by: -1) {
            let d = means[cut] - centre
            sum += d
            squares += d * d
            if cut > k / 2 { continue }
            let n = Double(k - cut)
            let statistic = max(0, squares - sum * sum / n) / (n * n)
            if statistic <= best.statistic { best = (cut, statistic, centre + sum / n) }
        }
        guard best.cut >= 0 else { return nil }
        discardedBatches = best.cut
        discarded = best.cut * batch
        statistic = best.statistic
        mean = best.mean
        isSteady = best.cut < k / 2
    }
}
