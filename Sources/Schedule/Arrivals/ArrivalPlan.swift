import Ticks

/// When the requests of one stretch of an open loop are due: a lazy sequence of (seed, index), and nothing else.
///
/// The law gives gaps of mean 1 on an axis that counts requests; the rate maps that axis to time. With a constant rate
/// that is a division; where the rate goes linearly from `from` to `to`, the instant at which the area under it reaches
/// the count (so that Poisson arrivals are a Poisson process of that rate). Nothing is rescaled to hit a number, and each
/// instant counts from the stretch's start, so that no rounding adds up.
public struct ArrivalPlan: Sendable, Hashable {
    public var from: Rate
    public var to: Rate
    public var duration: Duration
    public var law: ArrivalLaw
    /// Key of the gaps; a run gives each stretch one of its own.
    public var seed: UInt64 = 0
    /// Exactly so many arrivals, where it is they that end it; `duration` then reaches just behind the last.
    public private(set) var count: Int?

    /// Arrivals at one rate.
    public init(_ rate: Rate, for duration: Duration, law: ArrivalLaw, seed: UInt64 = 0) {
        self.init(from: rate, to: rate, for: duration, law: law, seed: seed)
    }

    public init(from: Rate, to: Rate, for duration: Duration, law: ArrivalLaw, seed: UInt64 = 0) {
        precondition(from.micro >= 0 && to.micro >= 0 && duration >= .zero, "rates and durations are not negative")
        self.from = from
        self.to = to
        self.duration = duration
        self.law = law
        self.seed = seed
    }

    public var isRamp: Bool { from != to }

    /// The same arrivals, up to the `count`th: right behind it the plan is over. For one rate, when the seed is set.
    public mutating func end(after count: Int) {
        precondition(!isRamp && count > 0 && from > .zero, "so many requests come at one rate")
        self.count = count
        duration = .nanoseconds(Int64.max / 4)
        var cursor = makeCursor()
        var last: Int64 = 0
        while let arrival = cursor.next() { last = arrival.offset }
        duration = .nanoseconds(last + 1)
    }

    /// The mean rate over its whole length.
    public var meanPerSecond: Double { (from.perSecond + to.perSecond) / 2 }

    /// The rate so long after the start.
    func rate(at elapsed: Duration) -> Rate {
        if !isRamp { return from }
        return Rate(from.perSecond + (to.perSecond - from.perSecond) * (elapsed / duration))
    }

    /// How many arrivals there will be; their mean number where chance decides.
    public var expectedCount: Double {
        if let count { return Double(count) }
        guard law == .constant else { return meanPerSecond * (duration / .seconds(1)) }
        // Arrivals 0, 1, 2, ... that lie before the end: the area rounded up.
        return Double((area + Self.request - 1) / Self.request)
    }

    /// Nanoseconds from the start to arrival `index` of a constant law, exact to the nanosecond; nil beyond the end.
    public func constantOffset(at index: Int) -> Int64? {
        precondition(law == .constant, "the instants of other laws depend on all gaps before")
        return offset(ofArea: Int128(index) * Self.request)
    }

    /// The arrivals from the first on.
    public func makeCursor() -> Cursor { Cursor(self) }

    // MARK: Area under the rate, in half units of (millionths of requests/s × nanoseconds): whole numbers

    private static let request: Int128 = 2_000_000_000_000_000

    private var area: Int128 { Int128(from.micro + to.micro) * Int128(duration.nanoseconds) }

    /// When the area under the rate reaches `target`, rounded to the nanosecond; nil when it never does.
    private func offset(ofArea target: Int128) -> Int64? {
        guard target < area else { return nil }
        let last = duration.nanoseconds - 1  // rounding must not carry an arrival over the end
        if from == to {
            let twice = 2 * Int128(from.micro)
            return min(Int64((target + twice / 2) / twice), last)
        }
        // 2 r₀ t + (r₁ − r₀) t²/D = target, solved so that nothing cancels.
        let (start, slope) = (Double(from.micro), Double(to.micro - from.micro))
        let wanted = Double(target)
        guard wanted > 0 else { return 0 }
        let root = (start * start + slope * wanted / Double(duration.nanoseconds)).squareRoot()
        return min(Int64((wanted / (start + root)).rounded()), last)
    }

    /// A place in the sequence.
    public struct Cursor: Sendable {
        private let plan: ArrivalPlan
        private var count = 0.0  // requests up to here on the axis of the law
        private var lost = 0.0  // what rounding took from it (Kahan, CACM 8, 1965)
        private var index = 0

        init(_ plan: ArrivalPlan) { self.plan = plan }

        /// The next arrival, in nanoseconds from the start; nil after the last.
        public mutating func next() -> (index: Int, offset: Int64)? {
            if let count = plan.count, index >= count { return nil }
            let offset: Int64?
            if plan.law == .constant {
                offset = plan.offset(ofArea: Int128(index) * ArrivalPlan.request)
            } else {
                let gap = plan.law.gap(key: plan.seed, index: index) - lost
                let sum = count + gap
                lost = (sum - count) - gap
                count = sum
                let target = (count * Double(ArrivalPlan.request)).rounded()
                offset = target < 1e37 ? plan.offset(ofArea: Int128(target)) : nil
            }
            guard let offset else { return nil }
            defer { index += 1 }
            return (index, offset)
        }
    }
}
