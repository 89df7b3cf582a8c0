import Ticks

/// A phase as a person asks for it: one entry of a profile's `phases`.
public enum PhaseShape: Sendable, Hashable {
    case ramp(Ramp)
    case idle(Duration)
    case burst(Burst)
    case steady(Steady)
    case rate(RateShape)
    case replay(Replay)
    case batch(Batch)
    case probe(Probe)
    case keepwarm(Keepwarm)

    /// A closed loop at rising (or falling) levels, without an empty gap between them.
    public struct Ramp: Sendable, Hashable {
        public var concurrency: [Int]
        public var hold = Duration.seconds(30)
        public var settle = Duration.seconds(5)
        public var minRequests: Int?  // nil = auto
        public var holdMax = Duration.seconds(150)
        public var direction = Direction.up

        /// Whether the levels come once, or again in falling order after the last.
        public enum Direction: String, Sendable, Hashable, CaseIterable {
            case up
            case upDown = "up-down"
        }

        public init(concurrency: [Int]) { self.concurrency = concurrency }

        /// The levels as they are run: up and down over 1, 2, 4 is 1, 2, 4, 2, 1.
        public var visits: [Int] {
            switch direction {
            case .up: concurrency
            case .upDown: concurrency + concurrency.dropLast().reversed()
            }
        }
    }

    /// The cycle baseline ─► idle ─► edge ─► hold ─► [drain ─► pause ─► control], `cycles` times.
    public struct Burst: Sendable, Hashable {
        public struct Baseline: Sendable, Hashable {
            public var concurrency: Int
            public var requests: Int

            public init(concurrency: Int = 1, requests: Int = 25) {
                self.concurrency = concurrency
                self.requests = requests
            }
        }

        public var requests: Int
        public var cycles = 1
        public var idle = Duration.seconds(60)
        public var hold = Duration.seconds(30)
        public var baseline: Baseline? = Baseline()
        public var control = true
        public var pause = Duration.seconds(2)  // before the control
        public var connections = Stage.Connections.cold

        public init(requests: Int) { self.requests = requests }
    }

    /// One level for a long time: a soak.
    public struct Steady: Sendable, Hashable {
        public var concurrency: Int
        public var duration: Duration
        public var settle = Duration.seconds(5)
        public var probeRate: Double?

        public init(concurrency: Int, duration: Duration) {
            self.concurrency = concurrency
            self.duration = duration
        }
    }

    /// A fixed job: each of the first `requests` prompts once, so many at a time.
    public struct Batch: Sendable, Hashable {
        public var requests: Int
        public var concurrency: Int
        public var keepsAnswers = false

        public init(requests: Int, concurrency: Int) {
            self.requests = requests
            self.concurrency = concurrency
        }
    }

    /// One request at a time, each `gap` after the end of the one before.
    public struct Probe: Sendable, Hashable {
        public var requests: Int
        public var gap = Duration.seconds(3)

        public init(requests: Int) { self.requests = requests }
    }

    /// After each of some gaps without a request one probe, and at once another, which finds the server warm.
    public struct Keepwarm: Sendable, Hashable {
        static let firstRequests = 3

        public var gaps: [Duration]
        public var repetitions = 5

        public init(gaps: [Duration]) { self.gaps = gaps }

        /// The gaps as they are run: all of them in random order, then all again in another, so that neither the order
        /// nor the hour can pass for an effect of the gap.
        public func order(seed: UInt64) -> [Duration] {
            var generator = SplitMix64(seed: seed, stream: "keepwarm")
            return (0..<repetitions).flatMap { _ in
                var round = gaps
                for index in round.indices.reversed() where index > 0 {
                    round.swapAt(index, Int(generator.unit() * Double(index + 1)))  // Fisher and Yates
                }
                return round
            }
        }
    }

    /// Single probes beside the load: one at a time, with a pause of 1/rate seconds after each.
    var probeRate: Double? {
        switch self {
        case .steady(let steady): steady.probeRate
        case .rate(let rate): rate.probeRate
        case .replay(let replay): replay.probeRate
        case .ramp, .idle, .burst, .batch, .probe, .keepwarm: nil
        }
    }

    public var kind: PhasePlan.Kind {
        switch self {
        case .ramp: .ramp
        case .idle: .idle
        case .burst: .burst
        case .steady: .steady
        case .rate: .rate
        case .replay: .replay
        case .batch: .batch
        case .probe: .probe
        case .keepwarm: .keepwarm
        }
    }

    /// Requests a level must see ended: twice its concurrency, at least 25, at most 1,000.
    public static func automaticMinimum(concurrency: Int) -> Int {
        concurrency >= 500 ? 1000 : max(25, 2 * concurrency)
    }

    /// Its stages in order, `grace` being how long a drain may last, `seed` that of what is drawn.
    public func stages(grace: Duration, seed: UInt64 = 1) -> [Stage] {
        switch self {
        case .ramp(let ramp):
            let levels = ramp.visits.map { concurrency in
                Stage.Level(
                    concurrency: concurrency,
                    hold: ramp.hold,
                    settle: ramp.settle,
                    minRequests: ramp.minRequests ?? Self.automaticMinimum(concurrency: concurrency),
                    holdMax: ramp.holdMax
                )
            }
            return levels.map { Stage(.level($0), grace: grace) } + [Stage(.drain, grace: grace)]
        case .idle(let duration):
            return [Stage(.idle(duration), grace: grace)]
        case .burst(let burst):
            return (0..<burst.cycles).flatMap { burst.cycle($0, grace: grace) }
        case .steady(let steady):
            let level = Stage.Level(
                concurrency: steady.concurrency,
                hold: steady.duration,
                settle: steady.settle,
                minRequests: 0,
                holdMax: steady.duration
            )
            return [Stage(.level(level), grace: grace), Stage(.drain, grace: grace)]
        case .rate(let rate):
            return rate.stages(grace: grace)
        case .replay(let replay):
            return replay.stages(grace: grace)
        case .batch(let batch):
            let job = Stage.Batch(
                concurrency: batch.concurrency,
                items: JobItems(count: batch.requests),
                keepsAnswers: batch.keepsAnswers
            )
            return [Stage(.batch(job), grace: grace), Stage(.drain, grace: grace)]
        case .keepwarm(let keepwarm):
            // The first requests only see to it that the server is warm.
            let start = [Stage(.warmup(requests: Keepwarm.firstRequests), grace: grace), Stage(.drain, grace: grace)]
            return start
                + keepwarm.order(seed: seed).flatMap { gap in
                    var probe = Stage(.probe(requests: 1, gap: .zero), grace: grace)
                    probe.afterIdle = gap
                    return [Stage(.idle(gap), grace: grace), probe, Stage(.rewarm(requests: 1), grace: grace)]
                } + [Stage(.drain, grace: grace)]
        case .probe(let probe):
            return [
                Stage(.probe(requests: probe.requests, gap: probe.gap), grace: grace),
                Stage(.drain, grace: grace),
            ]
        }
    }
}

extension PhaseShape.Burst {
    fileprivate func cycle(_ index: Int, grace: Duration) -> [Stage] {
        let edge = Stage.Edge(requests: requests, hold: hold, connections: connections)
        var rules: [Stage.Rule] = []
        if let baseline {
            rules.append(.baseline(concurrency: baseline.concurrency, requests: baseline.requests))
        }
        rules += [.idle(idle), .edge(edge), .drain]
        if control { rules += [.pause(pause), .control(edge), .drain] }
        return rules.map { Stage($0, burst: index, grace: grace) }
    }
}
