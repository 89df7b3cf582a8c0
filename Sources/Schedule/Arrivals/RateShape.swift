import Ticks

/// A `rate` phase as a person asks for it: stretches of an open loop, one after the other without a gap.
public struct RateShape: Sendable, Hashable {
    /// A stretch at one rate, or with a rate that goes linearly from one to the other.
    public struct Stretch: Sendable, Hashable {
        public var from: Rate
        public var to: Rate
        public var duration: Duration  // about, where requests are counted
        /// Exactly so many requests, however long they take to come.
        public var requests: Int?

        public init(from: Rate, to: Rate, for duration: Duration) {
            self.from = from
            self.to = to
            self.duration = duration
        }

        public init(_ rate: Rate, requests: Int) {
            (from, to) = (rate, rate)
            self.requests = requests
            duration = .seconds(Double(requests) / rate.perSecond)
        }
    }

    public var stretches: [Stretch]
    public var law = ArrivalLaw.poisson
    public var settle = Duration.zero  // of each stretch
    public var maxConcurrency: Int?
    public var overflow = Arrivals.Overflow.queue
    public var stopsWhenSaturated = true
    public var probeRate: Double?

    public init(_ stretches: [Stretch]) { self.stretches = stretches }

    func stages(grace: Duration) -> [Stage] {
        let stages = stretches.enumerated().map { place, stretch in
            var plan = ArrivalPlan(from: stretch.from, to: stretch.to, for: stretch.duration, law: law)
            if let requests = stretch.requests { plan.end(after: requests) }
            var arrivals = Arrivals(.rate(plan))
            arrivals.stretch = place
            arrivals.settle = settle
            arrivals.overflow = overflow
            arrivals.stopsWhenSaturated = stopsWhenSaturated
            if let maxConcurrency {
                arrivals.limit = maxConcurrency
                arrivals.isCapped = true
            }
            return Stage(.arrivals(arrivals), grace: grace)
        }
        return stages + [Stage(.drain, grace: grace)]
    }

    func fast(by factor: Int = Fast.factor) -> RateShape {
        var fast = self
        fast.settle /= factor
        fast.probeRate = probeRate.map { $0 * Double(factor) }
        for place in stretches.indices {
            fast.stretches[place].duration /= factor
            fast.stretches[place].from = Rate(micro: stretches[place].from.micro * Int64(factor))
            fast.stretches[place].to = Rate(micro: stretches[place].to.micro * Int64(factor))
        }
        return fast
    }
}

extension Arrivals {
    /// The same stretch in pieces of so long, the last up to a fifth longer; each has gaps of its own.
    func pieces(_ length: Duration) -> [Arrivals] {
        guard case .rate(let plan) = source, plan.duration > length * 6 / 5 else { return [self] }
        var pieces: [Arrivals] = []
        var begun = Duration.zero
        while begun < plan.duration {
            let rest = plan.duration - begun
            let duration = rest < length * 6 / 5 ? rest : length
            var part = ArrivalPlan(from: plan.from, to: plan.to, for: duration, law: plan.law)
            part.from = plan.rate(at: begun)
            part.to = plan.rate(at: begun + duration)
            var keys = SplitMix64(seed: plan.seed ^ UInt64(pieces.count))
            part.seed = keys.next()
            if let count = plan.count {
                // Dealt by time: the shares of all pieces add up to the whole.
                let done = Int(Double(count) * (begun / plan.duration))
                let next =
                    begun + duration == plan.duration
                    ? count : Int(Double(count) * ((begun + duration) / plan.duration))
                if next > done { part.end(after: next - done) }
            }
            var piece = self
            piece.source = .rate(part)
            pieces.append(piece)
            begun += duration
        }
        return pieces
    }
}

extension Stage {
    /// Gives an open loop's gaps a key of their own, and the run's bound where the plan has no cap.
    mutating func settle(seed: UInt64, phase: Int, place: Int, limits: Limits) {
        guard case .arrivals(var arrivals) = rule else { return }
        if !arrivals.isCapped { arrivals.limit = limits.maxInFlight }
        switch arrivals.source {
        case .rate(var plan):
            var keys = SplitMix64(seed: seed, stream: "arrivals")
            let whole = keys.next()
            var own = SplitMix64(seed: whole ^ UInt64(phase) << 32 ^ UInt64(place))
            plan.seed = own.next()
            if let count = plan.count { plan.end(after: count) }
            arrivals.source = .rate(plan)
        case .trace: break
        }
        rule = .arrivals(arrivals)
    }

    /// Conversations that have begun go on: the load grows until as many end as begin, and that is no queue.
    mutating func staysWhenSaturated() {
        guard case .arrivals(var arrivals) = rule else { return }
        arrivals.stopsWhenSaturated = false
        rule = .arrivals(arrivals)
    }
}
