public import Ticks

/// When the requests of one stretch of an open loop are due: a lazy sequence of (seed, index), and nothing else.
///
/// The law gives gaps of mean 1 on an axis that counts requests; the rate maps that axis to time: the n-th arrival is where
/// the area under the rate reaches what the law has drawn for it (so that Poisson arrivals are a Poisson process of that
/// rate). The axis runs on over all stretches of a phase and over the blocks that a stretch is cut into. Nothing is
/// rescaled to hit a number, and each instant counts from a beginning, so that no rounding adds up.
public struct ArrivalPlan: Sendable, Hashable {
    public var curve: RateCurve
    /// Where on the curve it begins: behind 0 in a later block of the stretch.
    public var begin = Duration.zero
    /// How long it lasts; a guess until it is `drawn` where requests are counted.
    public internal(set) var duration: Duration
    public var law: ArrivalLaw
    /// Key of the gaps; a run gives each phase one of its own.
    public var seed: UInt64 = 0
    /// So many arrivals end the stretch, however long they take.
    public internal(set) var count: Int?
    /// Of a stretch that is cut into blocks: whether it ends with this one.
    var isLast = true
    /// Where the law stands at its beginning. nil: it begins there.
    var start: Position?

    public init(_ curve: RateCurve, for duration: Duration, law: ArrivalLaw, seed: UInt64 = 0) {
        precondition(duration >= .zero, "durations are not negative")
        self.curve = curve
        self.duration = duration
        self.law = law
        self.seed = seed
    }

    /// Exactly so many at one rate.
    public init(_ rate: Rate, requests count: Int, law: ArrivalLaw, seed: UInt64 = 0) {
        precondition(count > 0 && rate > .zero, "so many requests come at one rate")
        self.init(.constant(rate), for: .seconds(Double(count) / rate.perSecond), law: law, seed: seed)
        self.count = count
    }

    /// The mean rate over its whole length.
    public var meanPerSecond: Double { curve.mean(from: begin, for: duration) }

    public var peakPerSecond: Double { curve.peak(from: begin, for: duration) }

    /// How many arrivals there will be; their mean number where chance decides.
    public var expectedCount: Double {
        if let count, isLast, begin == .zero { return Double(count) }
        let before = start?.area ?? 0
        guard law == .constant else { return Double(area) / Double(RateCurve.request) }
        return Double(Self.whole(before + area) - Self.whole(before))
    }

    /// The arrivals from the first on.
    public func makeCursor() -> Cursor { Cursor(self) }

    /// Area under the rate over its length.
    var area: Int128 {
        curve.area(to: (begin + duration).nanoseconds) - curve.area(to: begin.nanoseconds)
    }

    /// The first whole number of requests at or behind an area.
    private static func whole(_ area: Int128) -> Int128 { (area + RateCurve.request - 1) / RateCurve.request }

    // MARK: Where the law stands

    /// The law's axis at a place of a phase.
    struct Position: Sendable, Hashable {
        var area: Int128 = 0  // under the rate, from the phase's beginning
        var index = 0  // of the next arrival, from the phase's first
        var firstOfStretch = 0
        fileprivate var sum = 0.0  // of the gaps before that index
        fileprivate var lost = 0.0  // what rounding took from it (Kahan, CACM 8, 1965)

        /// The area at which the next arrival is due.
        fileprivate mutating func next(_ law: ArrivalLaw, key: UInt64) -> Int128 {
            defer { index += 1 }
            if law == .constant { return Int128(index) * RateCurve.request }
            let gap = law.gap(key: key, index: index) - lost
            let added = sum + gap
            lost = (added - sum) - gap
            sum = added
            let target = (sum * Double(RateCurve.request)).rounded()
            return target < 1e37 ? Int128(target) : .max
        }
    }

    /// The same plan with its place on the law's axis, and its exact length where requests are counted.
    /// - Parameter position: where the stretch or block before it ended; afterwards where this one does.
    mutating func draw(from position: inout Position) {
        if begin == .zero { position.firstOfStretch = position.index }
        start = position
        if count != nil, isLast { duration = .nanoseconds(max(0, lastOffset()) + 1) }
        var end = position
        end.area += area
        if law == .constant {
            end.index = max(end.index, min(bound, Int(Self.whole(end.area))))
        } else {
            var ahead = end
            while end.index < bound, ahead.next(law, key: seed) < end.area { end = ahead }
        }
        position = end
    }

    /// When the last of so many arrivals is due; -1 where none is left for this block.
    private func lastOffset() -> Int64 {
        var endless = self
        endless.duration = .nanoseconds(Int64.max / 4)
        var cursor = endless.makeCursor()
        if law == .constant { return cursor.last() }
        var last: Int64 = -1
        while let arrival = cursor.next() { last = arrival.offset }
        return last
    }

    /// No arrival of the phase with this index or a later one is its own.
    private var bound: Int { count.map { (start?.firstOfStretch ?? 0) + $0 } ?? .max }

    /// A place in the sequence.
    public struct Cursor: Sendable {
        private let plan: ArrivalPlan
        private let bound: Int
        private let before: Int128  // area on the curve before the plan's beginning, less that of the phase
        private let begin: Int64
        private let end: Int64
        private var position: Position
        private var index = 0

        init(_ plan: ArrivalPlan) {
            self.plan = plan
            bound = plan.bound
            position = plan.start ?? Position()
            begin = plan.begin.nanoseconds
            end = begin + plan.duration.nanoseconds
            before = plan.curve.area(to: begin) - position.area
        }

        /// The next arrival, in nanoseconds from the start; nil after the last.
        public mutating func next() -> (index: Int, offset: Int64)? {
            guard position.index < bound else { return nil }
            let target = position.next(plan.law, key: plan.seed)
            guard target < .max, let instant = plan.curve.instant(ofArea: target + before, before: end) else {
                return nil
            }
            defer { index += 1 }
            return (index, max(0, instant - begin))
        }

        /// The offset of the last of a constant law's arrivals that are counted.
        fileprivate mutating func last() -> Int64 {
            position.index = max(position.index, bound - 1)
            return next()?.offset ?? -1
        }
    }
}

extension RunPlan {
    /// The plan as it is run: its open loops drawn once, so that each stretch knows where the law stands at its beginning
    /// and those that count requests how long they take; its prompts compared once.
    public func drawn() -> RunPlan {
        var plan = placed { _ in true }
        plan.beginnings = ListBeginnings(workload)
        return plan
    }

    /// What of that needs no drawing, and so is known in no time: where constant gaps stand.
    func placed() -> RunPlan { placed { $0 == .constant } }

    private func placed(_ isWanted: (ArrivalLaw) -> Bool) -> RunPlan {
        var plan = self
        for phase in plan.phases.indices {
            var position = ArrivalPlan.Position()
            for var stretch in plan.phases[phase].past where isWanted(stretch.law) { stretch.draw(from: &position) }
            for stage in plan.phases[phase].stages.indices {
                guard var arrivals = plan.phases[phase].stages[stage].arrivals,
                    case .rate(var rate) = arrivals.source, isWanted(rate.law)
                else { continue }
                rate.draw(from: &position)
                arrivals.source = .rate(rate)
                plan.phases[phase].stages[stage].load = .open(arrivals)
            }
        }
        return plan
    }
}
