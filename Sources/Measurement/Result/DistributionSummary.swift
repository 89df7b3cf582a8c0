/// The contract's DIST: one figure over a set of requests, in the unit of the property that holds it.
///
/// Percentiles are by nearest rank; an interval's missing bound means that the sample cannot carry it.
public struct DistributionSummary: Sendable, Hashable {
    public enum Source: String, Sendable, Hashable {
        case samples  // every value was stored: exact
        case histogram  // cells of less than 1 % width: no intervals
    }

    public var count = 0
    /// How many independent samples these are worth; nil = all, as far as one can see. Intervals are made for it. Where they are
    /// of several machines, what the worse told of p50 and p95 rests on.
    public var effectiveCount: Int?
    /// Whether they are of several machines, whose differences are in the intervals.
    var isInBlocks = false
    public var mean: Double?
    public var standardDeviation: Double?  // n - 1
    public var cvPercent: Double?
    public var cvInterval: ConfidenceInterval?  // 95 %, in percent
    /// The bands that the interval touches, best first; several = the band is uncertain.
    public var cvBands: [VariationBand] = []
    public var cvWithoutTop2: Double?  // percent
    public var minimum: Double?
    public var p50: Double?
    public var p75: Double?
    public var p90: Double?
    public var p95: Double?
    public var p99: Double?
    public var p999: Double?
    public var maximum: Double?
    public var p50Interval: ConfidenceInterval?  // 95 %, order statistics
    public var p95Interval: ConfidenceInterval?
    public var p99Interval: ConfidenceInterval?
    /// What the load generator itself added, in milliseconds; nil = not known, or not of this figure.
    public var clientErrorMilliseconds: ClientError?
    /// With failed and throttled requests as +infinity; nil when that is the answer, or where it does not apply.
    public var adjustedP95: Double?
    public var adjustedP99: Double?
    public var source: Source = .samples

    public init() {}

    /// What a few samples are called where a percentile wants more: on several machines, and where they resemble their
    /// neighbours, they count for less than they are.
    /// - Parameter range: how many independent ones they are worth
    public static func evidence(_ range: String, of samples: [DistributionSummary]) -> String {
        let worth = "worth \(range) independent \(range == "1" ? "one" : "ones")"
        if samples.contains(where: \.isInBlocks) { return "requests on several machines, \(worth)" }
        if samples.contains(where: { $0.effectiveCount != nil }) {
            return "requests that resemble their neighbours, \(worth)"
        }
        return range == "1" ? "1 request" : "\(range) requests"
    }

    /// Each percentile less the same percentile over the samples less their lateness.
    public struct ClientError: Sendable, Hashable {
        public var p50: Double
        public var p95: Double
        public var p99: Double

        public init(p50: Double, p95: Double, p99: Double) {
            (self.p50, self.p95, self.p99) = (p50, p95, p99)
        }
    }
}
