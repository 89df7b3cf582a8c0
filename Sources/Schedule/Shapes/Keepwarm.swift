public import Ticks

extension PhaseShape {
    /// After each of some gaps without a request one probe, and at once another, which finds the server warm.
    public struct Keepwarm: LoadShape {
        /// They only see to it that the server is warm.
        private static let firstRequests = 3

        public var gaps: [Duration]
        public var repetitions = 5

        public init(gaps: [Duration]) { self.gaps = gaps }

        public static let kind = PhaseKind.keepwarm
        public static let cut = PhasePlan.Cut.whole
        public static let takesWarmup = false
        public var shape: PhaseShape { .keepwarm(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            let looks = order(seed: seed).flatMap { gap in
                var probe = Stage.oneByOne(.probe, 1, grace: grace)
                probe.afterIdle = gap
                return [Stage(.idle, .wait(gap), grace: grace), probe, .oneByOne(.rewarm, 1, grace: grace)]
            }
            let start: [Stage] = [.oneByOne(.warmup, Self.firstRequests, grace: grace), .drain(grace: grace)]
            return start + looks + [.drain(grace: grace)]
        }

        public func fast(by factor: Int) -> Keepwarm {
            var fast = self
            fast.gaps = gaps.map { $0 / factor }
            return fast
        }

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
}
