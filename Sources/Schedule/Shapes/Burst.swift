public import Ticks

extension PhaseShape {
    /// The cycle baseline ─► idle ─► edge ─► hold ─► [drain ─► pause ─► control], `cycles` times.
    public struct Burst: LoadShape {
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
        public var connections = ClosedLoad.Connections.cold

        public init(requests: Int) { self.requests = requests }

        public static let kind = PhaseKind.burst
        public static let cut = PhasePlan.Cut.cycles
        public static let takesWarmup = false
        public var shape: PhaseShape { .burst(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            let edge = Stage.Load.closed(ClosedLoad(wave: requests, hold: hold, on: connections))
            var cycle: [(StageKind, Stage.Load)] = []
            if let baseline {
                let load = ClosedLoad(baseline.concurrency, .requests(baseline.requests))
                cycle.append((.baseline, .closed(load)))
            }
            cycle += [(.idle, .wait(idle)), (.edge, edge), (.drain, .drain)]
            if control { cycle += [(.pause, .wait(pause)), (.control, edge), (.drain, .drain)] }
            return (0..<cycles).flatMap { number in
                cycle.map { Stage($0, $1, burst: number, grace: grace) }
            }
        }

        public func fast(by factor: Int) -> Burst {
            var fast = self
            fast.idle /= factor
            fast.hold /= factor
            fast.pause /= factor
            return fast
        }
    }
}
