/// One level of a ramp, for the knee.
public struct RampLevel: Sendable, Hashable {
    public var concurrency: Int
    public var throughput: Double  // tokens or requests per second
    public var ttftP95: Double?  // any unit

    public init(concurrency: Int, throughput: Double, ttftP95: Double?) {
        self.concurrency = concurrency
        self.throughput = throughput
        self.ttftP95 = ttftP95
    }
}

/// The contract's knee: the largest tested level whose marginal gain per stream is at least half of X(c0)/c0 and whose
/// TTFT p95 is at most twice that of c0, c0 being the lowest level (which always qualifies).
public struct KneeRule: Sendable, Hashable {
    /// nil: not reached; also the largest level qualifies.
    public let concurrency: Int?
    /// The largest level that qualifies, and the next one; nil = it is the largest tested.
    public let bracket: (lower: Int, upper: Int?)

    /// nil with fewer than two levels, or when c0 has no throughput or no p95. A level without p95 does not qualify.
    public init?(_ levels: [RampLevel]) {
        let levels = levels.sorted { $0.concurrency < $1.concurrency }
        guard levels.count >= 2, let base = levels.first, base.concurrency > 0, base.throughput > 0,
            let baseTTFT = base.ttftP95
        else { return nil }
        let half = base.throughput / Double(base.concurrency) / 2
        var last = 0
        for index in 1..<levels.count {
            let (below, level) = (levels[index - 1], levels[index])
            let streams = Double(level.concurrency - below.concurrency)
            guard streams > 0, let ttft = level.ttftP95 else { continue }
            if (level.throughput - below.throughput) / streams >= half, ttft <= 2 * baseTTFT { last = index }
        }
        let reached = last + 1 < levels.count
        concurrency = reached ? levels[last].concurrency : nil
        bracket = (levels[last].concurrency, reached ? levels[last + 1].concurrency : nil)
    }

    /// Whether the fits tell the same story: the hinge's interval meets the bracket and the USL does not peak before it;
    /// where the rule did not reach a knee, neither may a fit have one inside the tested levels. nil without a hinge.
    public func agrees(with hinge: Hinge?, _ usl: UniversalScalability?) -> Bool? {
        guard let hinge, let interval = hinge.interval else { return nil }
        let low = Double(bracket.lower)
        let peak = usl?.peakConcurrency ?? .infinity
        if let upper = bracket.upper {
            let high = Double(upper)
            return interval.lower ?? 0 <= high && interval.upper ?? .infinity >= low && peak >= low
        }
        return interval.upper ?? .infinity >= low && peak >= low
    }

    public static func == (a: KneeRule, b: KneeRule) -> Bool {
        a.concurrency == b.concurrency && a.bracket == b.bracket
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(concurrency)
        hasher.combine(bracket.lower)
        hasher.combine(bracket.upper)
    }
}
