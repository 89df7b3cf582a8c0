public import Ticks

extension PhaseShape {
    /// One request at a time, each `gap` after the end of the one before.
    public struct Probe: LoadShape {
        public var requests: Int
        public var gap = Duration.seconds(3)

        public init(requests: Int) { self.requests = requests }

        public static let kind = PhaseKind.probe
        public var shape: PhaseShape { .probe(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            [.oneByOne(.probe, requests, gap: gap, grace: grace), .drain(grace: grace)]
        }

        public func fast(by factor: Int) -> Probe {
            var fast = self
            fast.gap /= factor
            return fast
        }
    }
}
