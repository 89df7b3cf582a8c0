import Glibc

/// Whether samples of TTFT fall into a warm and a slow mode, after a far tail of *stuck* requests is set apart.
///
/// By shape alone; a cold start known by its cause (it followed an idle time, and the next request was fast) is a stronger
/// label. A unimodal answer does not prove that there are no cold starts: a run that keeps the server warm sees none.
public struct ColdStartClassifier: Sendable, Hashable {
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        case none
        case coldStart = "cold-start"
        case stuckTail = "stuck-tail"
        case coldStartAndStuckTail = "cold-start + stuck-tail"
        case broad = "broad/skewed (no separate cold mode)"
    }

    /// The limits that all must be passed before a slow mode is believed. BIC alone calls skewed unimodal data bimodal.
    public static let bicLimit = 10.0
    public static let separationLimit = 2.0
    public static let ratioLimit = 2.5
    public static let slowLimit = 2
    /// What the separation and the warm samples must reach where the slow mode is the larger one: else the short tail of
    /// an exponential law passes for a warm mode (1 in 10 series of 300).
    public static let majoritySeparation = 4.0
    public static let majorityWarmLimit = 4
    /// The BIC difference asked of the second start, at the widest gap: Otsu's split cuts a broad warm mode in two and
    /// then misses a few cold samples (2 in 100 series with 3 of 75, five times slower, σ 0.25).
    public static let secondStartBIC = 15.0
    /// A far tail begins behind a gap of this factor and holds at most a hundredth of the samples, or one.
    public static let stuckFactor = 4.0

    public let count: Int
    /// The stuck samples, ascending.
    public let stuck: [Double]
    /// The fit to the samples without the stuck ones; nil when there are too few or one is not above 0.
    public let mixture: LogNormalMixture?
    /// Coefficients of variation, fractions.
    public let cv: Double?
    public let cvWithoutStuck: Double?

    public init(_ samples: SortedSamples) {
        count = samples.count
        let stuckCount = Self.stuckCount(samples.values)
        let rest = SortedSamples(ascending: Array(samples.values.dropLast(stuckCount)))
        stuck = Array(samples.values.suffix(stuckCount))
        let fit = LogNormalMixture(rest)
        if !Self.believes(fit, rest.count), let gap = Self.widestGap(rest.values),
            let second = LogNormalMixture(rest, below: gap), Self.believes(second, rest.count),
            second.bicDifference >= Self.secondStartBIC
        {
            mixture = second
        } else {
            mixture = fit
        }
        cv = Variation(samples)?.cv
        cvWithoutStuck = Variation(rest)?.cv
    }

    /// Whether a slow mode stands apart.
    public var isBimodal: Bool { Self.believes(mixture, count - stuck.count) }

    /// The slow mode's weight among the samples that are not stuck; 0 without such a mode.
    public var coldShare: Double { isBimodal ? mixture?.slowWeight ?? 0 : 0 }

    /// The value from which a sample counts as cold; nil without a slow mode.
    public var coldThreshold: Double? { isBimodal ? mixture?.boundary : nil }

    public var classes: (warm: Int, cold: Int, stuck: Int) {
        let cold = isBimodal ? mixture?.slowCount ?? 0 : 0
        return (count - stuck.count - cold, cold, stuck.count)
    }

    public var cause: Cause {
        switch (isBimodal, stuck.isEmpty) {
        case (true, false): .coldStartAndStuckTail
        case (true, true): .coldStart
        case (false, false): .stuckTail
        case (false, true): (cv ?? 0) >= 0.4 ? .broad : .none
        }
    }

    private static func believes(_ mixture: LogNormalMixture?, _ count: Int) -> Bool {
        guard let mixture else { return false }
        let stands =
            mixture.slowWeight <= 0.5
            || mixture.separation >= majoritySeparation && count - mixture.slowCount >= majorityWarmLimit
        return stands && mixture.bicDifference >= bicLimit && mixture.separation >= separationLimit
            && mixture.ratio >= ratioLimit && mixture.slowCount >= slowLimit
    }

    /// How many samples lie below the widest gap (by ratio) of the upper half.
    private static func widestGap(_ ascending: [Double]) -> Int? {
        guard ascending.count >= 4 else { return nil }
        return ((ascending.count + 1) / 2..<ascending.count).max { a, b in
            ascending[a] * ascending[b - 1] < ascending[b] * ascending[a - 1]
        }
    }

    /// How many of the largest lie behind the lowest gap of ln 4 or more that leaves at most 1 % (at least one) above it.
    private static func stuckCount(_ ascending: [Double]) -> Int {
        let most = max(1, ascending.count / 100)
        for above in stride(from: min(most, ascending.count - 1), to: 0, by: -1) {
            let first = ascending[ascending.count - above]
            let before = ascending[ascending.count - above - 1]
            if before > 0, first / before >= stuckFactor { return above }
        }
        return 0
    }
}
