public import Ticks

/// A `rate` phase as a person asks for it: stretches of an open loop, one after the other without a gap.
public struct RateShape: LoadShape {
    /// A stretch with one rate over time.
    public struct Stretch: Sendable, Hashable {
        public var curve: RateCurve
        public var duration: Duration  // about, where requests are counted
        /// Exactly so many requests, however long they take to come.
        public var requests: Int?

        public init(_ curve: RateCurve, for duration: Duration) {
            self.curve = curve
            self.duration = duration
        }

        public init(_ rate: Rate, requests: Int) {
            curve = .constant(rate)
            self.requests = requests
            duration = .seconds(Double(requests) / rate.perSecond)
        }

        fileprivate func plan(_ law: ArrivalLaw) -> ArrivalPlan {
            var plan = ArrivalPlan(curve, for: duration, law: law)
            plan.count = requests
            return plan
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

    public static let kind = PhaseKind.rate
    public var shape: PhaseShape { .rate(self) }

    public func stages(grace: Duration, seed: UInt64) -> [Stage] {
        let stages = stretches.enumerated().map { place, stretch in
            var arrivals = Arrivals(.rate(stretch.plan(law)))
            arrivals.stretch = place
            arrivals.settle = settle
            arrivals.overflow = overflow
            arrivals.stopsWhenSaturated = stopsWhenSaturated
            if let maxConcurrency {
                arrivals.limit = maxConcurrency
                arrivals.isCapped = true
            }
            return Stage(.arrivals, .open(arrivals), grace: grace)
        }
        return stages + [.drain(grace: grace)]
    }

    public func fast(by factor: Int) -> RateShape {
        var fast = self
        fast.settle /= factor
        fast.probeRate = probeRate.map { $0 * Double(factor) }
        for place in stretches.indices {
            fast.stretches[place].duration /= factor
            fast.stretches[place].curve = stretches[place].curve.fast(by: factor)
        }
        return fast
    }
}

extension Arrivals {
    /// The same stretch in pieces of so long, the last up to a fifth longer: each arrival is in one of them.
    func pieces(_ length: Duration) -> [Arrivals] {
        guard case .rate(let plan) = source, plan.duration > length * 6 / 5 else { return [self] }
        var pieces: [Arrivals] = []
        var begun = Duration.zero
        while begun < plan.duration {
            let rest = plan.duration - begun
            var part = plan
            part.begin = plan.begin + begun
            part.isLast = rest < length * 6 / 5
            part.duration = part.isLast ? rest : length
            var piece = self
            piece.source = .rate(part)
            pieces.append(piece)
            begun += part.duration
        }
        return pieces
    }
}

extension Stage {
    /// Gives an open loop's gaps the key of its phase, and the run's bound where the plan has no cap.
    mutating func settle(seed: UInt64, phase: Int, limits: Limits) {
        guard var arrivals else { return }
        if !arrivals.isCapped { arrivals.limit = limits.maxInFlight }
        switch arrivals.source {
        case .rate(var plan):
            var keys = SplitMix64(seed: seed, stream: "arrivals")
            let whole = keys.next()
            var own = SplitMix64(seed: whole ^ UInt64(phase) << 32)
            plan.seed = own.next()
            arrivals.source = .rate(plan)
        case .trace: break
        }
        load = .open(arrivals)
    }

    /// Conversations that have begun go on: the load grows until as many end as begin, and that is no queue.
    mutating func staysWhenSaturated() {
        guard var arrivals else { return }
        arrivals.stopsWhenSaturated = false
        load = .open(arrivals)
    }
}
