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

    /// The limits that all must be passed before a second mode is believed. BIC alone calls skewed unimodal data bimodal.
    public static let bicLimit = 10.0
    public static let separationLimit = 2.0
    public static let ratioLimit = 2.5
    public static let slowLimit = 2
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
        mixture = LogNormalMixture(rest)
        cv = Variation(samples)?.cv
        cvWithoutStuck = Variation(rest)?.cv
    }

    /// Whether a slow mode stands apart.
    public var isBimodal: Bool {
        guard let mixture else { return false }
        return mixture.bicDifference >= Self.bicLimit && mixture.separation >= Self.separationLimit
            && mixture.ratio >= Self.ratioLimit && mixture.slowCount >= Self.slowLimit
    }

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
