public import Ticks

extension PhaseShape {
    /// One level for a long time: a soak.
    public struct Steady: LoadShape {
        public var concurrency: Int
        public var duration: Duration
        public var settle = Duration.seconds(5)
        public var probeRate: Double?

        public init(concurrency: Int, duration: Duration) {
            self.concurrency = concurrency
            self.duration = duration
        }

        public static let kind = PhaseKind.steady
        public var shape: PhaseShape { .steady(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            let window = ClosedLoad.Window(hold: duration, settle: settle)
            return [Stage(.level, .closed(ClosedLoad(concurrency, .time(window))), grace: grace), .drain(grace: grace)]
        }

        public func fast(by factor: Int) -> Steady {
            var fast = self
            fast.duration = min(duration / factor, Fast.longestSteady)
            fast.settle /= factor
            fast.probeRate = probeRate.map { $0 * Double(factor) }
            return fast
        }
    }
}
