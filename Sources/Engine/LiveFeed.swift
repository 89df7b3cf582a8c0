public import Measurement
public import Schedule
internal import Synchronization
public import Ticks

/// What the live view may know: loops write it a few times a second, the main thread reads it.
public final class LiveFeed: Sendable {
    /// One loop's part.
    struct LoopState: Sendable {
        var inFlight = 0
        var tokenEvents: Int64 = 0  // of the whole run so far
        var requestsStarted: Int64 = 0
        var requestsEnded: Int64 = 0
        var unsuccessful: [Outcome: Int] = [:]
        /// Since the present step began.
        var ttft = Histogram()
    }

    /// All loops together at one instant.
    public struct Snapshot: Sendable {
        public var at = Instant.zero
        public var inFlight = 0
        public var tokenEvents: Int64 = 0
        public var requestsStarted: Int64 = 0
        public var requestsEnded: Int64 = 0
        public var unsuccessful: [Outcome: Int] = [:]
        public var ttft = Histogram()
        public var stage: StageView?
    }

    /// The stage that runs.
    public struct StageView: Sendable {
        public var target: String
        public var phase: String
        public var stage: Stage
        public var index: Int  // among all stages of the run
        public var count: Int
        public var started: Instant
        /// When it is planned to end at the earliest; nil when time does not decide.
        public var plannedEnd: Instant?
    }

    private let firstLoop: Int
    private let loops: Mutex<[LoopState]>
    private let stage = Mutex<StageView?>(nil)

    public init(firstLoop: Int = 0, loops: Int) {
        self.firstLoop = firstLoop
        self.loops = Mutex(Array(repeating: LoopState(), count: loops))
    }

    func update(loop: Int, _ state: LoopState) { loops.withLock { $0[loop - firstLoop] = state } }
    func enter(_ view: StageView?) { stage.withLock { $0 = view } }

    public func snapshot(at now: Instant) -> Snapshot {
        var result = Snapshot()
        result.at = now
        result.stage = stage.withLock { $0 }
        loops.withLock { loops in
            for loop in loops {
                result.inFlight += loop.inFlight
                result.tokenEvents += loop.tokenEvents
                result.requestsStarted += loop.requestsStarted
                result.requestsEnded += loop.requestsEnded
                result.unsuccessful.merge(loop.unsuccessful, uniquingKeysWith: +)
                result.ttft.merge(loop.ttft)
            }
        }
        return result
    }
}
