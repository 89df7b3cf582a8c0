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
        var jointGap = Histogram()
        var hasToken = false
        /// When a token last came; while no stream was open, when the next one began.
        var lastToken = Instant.zero
        /// Nanoseconds since then in which the loop ran.
        var quiet = Int64.max
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
        /// Of the present step: gaps between tokens of all streams, and whether one had its first.
        var jointGap = Histogram()
        var hasToken = false
        /// When a token last came, or the first stream after it began.
        public var lastToken = Instant.zero
        var quiet = Int64.max

        /// For how long streams have been open and none brought a token, nanoseconds, if that is longer than this step's
        /// own gaps and waits for a first token explain; nil otherwise. The result judges by more than is known here.
        public var silence: Int64? {
            guard inFlight > 0, hasToken, quiet < .max else { return nil }
            let gap = Double(jointGap.quantile(.p90) ?? 0) * 5
            let wait = Double(ttft.quantile(.p50) ?? 0) * 10
            return Double(quiet) > max(1e9, gap, wait) ? quiet : nil
        }
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
                result.jointGap.merge(loop.jointGap)
                result.hasToken = result.hasToken || loop.hasToken
                result.lastToken = max(result.lastToken, loop.lastToken)
                result.quiet = min(result.quiet, loop.quiet)
            }
        }
        return result
    }
}
