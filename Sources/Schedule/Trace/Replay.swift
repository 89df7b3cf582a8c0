public import Ticks

/// A `replay` phase as a person asks for it, with the trace as it was read.
public struct Replay: LoadShape {
    public var file: String  // absolute
    public var format: TraceFormat
    /// Speed-up: gaps between requests are divided by this.
    public var speed = 1.0
    public var start = Duration.zero  // in the trace's own time, as the next
    public var limit: Duration?
    public var bursts: BurstWindows?
    public var blockTokens = 512
    public var maxConcurrency: Int?
    public var overflow = Arrivals.Overflow.queue
    public var probeRate: Double?
    /// The rows that are replayed, in the trace's own time.
    public private(set) var trace: Trace
    public private(set) var digest: String
    /// By row the share of its prompt that the rows before it have, too; empty where the trace names neither blocks nor sessions.
    private var repeated: [Float] = []
    /// By row the first of its conversation; empty where every row stands alone.
    private var conversations: [Int32] = []

    public init(file: String, format: TraceFormat, trace: Trace) {
        self.file = file
        self.format = format
        self.trace = trace
        digest = ""
    }

    /// Chooses what is replayed: `start` and `limit`, then the bursts of that. Call it once, when all else is set.
    public mutating func choose() {
        trace = trace.selecting(from: start, limit: limit)
        if let bursts { trace = bursts.apply(to: trace) }
        relate()
    }

    private mutating func relate() {
        digest = trace.digest
        conversations = trace.conversations()
        repeated =
            trace.hasBlocks
            ? trace.repeatedShares(blockTokens: blockTokens) : trace.repeatedShares(of: conversations)
    }

    /// The row with whose text a row begins: the first of its conversation, or itself.
    public func beginning(of row: Int) -> Int {
        conversations.indices.contains(row) ? Int(conversations[row]) : row
    }

    /// What a row's prompt repeats.
    public func repetition(at row: Int) -> Repetition {
        .ofTrace(row: row, share: repeated.indices.contains(row) ? Double(repeated[row]) : 0)
    }

    /// What is due at `cut` or later; nil = nothing.
    func rest(after cut: Duration) -> Replay? {
        var rest = self
        // The first that rounds to `cut`.
        let start = ((Double(cut.nanoseconds) - 0.5) * speed).rounded(.up)
        rest.trace = trace.selecting(from: .nanoseconds(Int64(max(0, start))), limit: nil)
        rest.relate()  // a run that goes on has texts of its own
        return rest.count > 0 ? rest : nil
    }

    public var count: Int { trace.count }

    /// When row `index` is due, nanoseconds from the start.
    public func offset(at index: Int) -> Int64 { Int64((Double(trace.times[index]) / speed).rounded()) }

    /// To just behind the last row; a second at least.
    public var duration: Duration {
        let last = trace.count > 0 ? offset(at: trace.count - 1) : 0
        return max(.seconds(1), .nanoseconds(last + 1_000_000))
    }

    /// The most requests that come within one second, over the trace.
    var peakPerSecond: Double {
        var (first, most) = (0, 0)
        for index in 0..<count {
            while offset(at: index) - offset(at: first) > 1_000_000_000 { first += 1 }
            most = max(most, index - first + 1)
        }
        return Double(most)
    }

    public var name: String { file.split(separator: "/").last.map(String.init) ?? file }

    public static let kind = PhaseKind.replay
    public static let cut = PhasePlan.Cut.whole
    public var shape: PhaseShape { .replay(self) }

    public func stages(grace: Duration, seed: UInt64) -> [Stage] {
        var arrivals = Arrivals(.trace(self))
        arrivals.overflow = overflow
        if let maxConcurrency {
            arrivals.limit = maxConcurrency
            arrivals.isCapped = true
        }
        return [Stage(.arrivals, .open(arrivals), grace: grace), .drain(grace: grace)]
    }

    public func fast(by factor: Int) -> Replay {
        var fast = self
        fast.speed *= Double(factor)
        fast.probeRate = probeRate.map { $0 * Double(factor) }
        return fast
    }
}
