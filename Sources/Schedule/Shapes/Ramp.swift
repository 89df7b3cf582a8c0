public import Ticks

extension PhaseShape {
    /// A closed loop at rising (or falling) levels, without an empty gap between them.
    public struct Ramp: LoadShape {
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

        public static let kind = PhaseKind.ramp
        public var shape: PhaseShape { .ramp(self) }

        public func stages(grace: Duration, seed: UInt64) -> [Stage] {
            let levels = visits.map { concurrency in
                let window = ClosedLoad.Window(
                    hold: hold,
                    settle: settle,
                    minRequests: minRequests ?? PhaseShape.automaticMinimum(concurrency: concurrency),
                    holdMax: holdMax
                )
                return Stage(.level, .closed(ClosedLoad(concurrency, .time(window))), grace: grace)
            }
            return levels + [.drain(grace: grace)]
        }

        public func fast(by factor: Int) -> Ramp {
            var fast = self
            fast.hold /= factor
            fast.settle /= factor
            fast.holdMax /= factor
            return fast
        }
    }

    /// Requests a level must see ended: twice its concurrency, at least 25, at most 1,000.
    public static func automaticMinimum(concurrency: Int) -> Int {
        concurrency >= 500 ? 1000 : max(25, 2 * concurrency)
    }
}
