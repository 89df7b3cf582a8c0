public import Ticks

extension PhaseShape {
    /// A time in which nothing is sent.
    public struct Idle: LoadShape {
        public var duration: Duration

        public init(_ duration: Duration) { self.duration = duration }

        public static let kind = PhaseKind.idle
        public static let cut = PhasePlan.Cut.whole
        public static let takesWarmup = false
        public var shape: PhaseShape { .idle(duration) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] { [Stage(.idle, .wait(duration), grace: grace)] }

        public func fast(by factor: Int) -> Idle { Idle(duration / factor) }
    }
}
