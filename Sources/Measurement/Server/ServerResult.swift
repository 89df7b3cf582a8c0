/// What a target's server said of itself: over the whole run, or over a level's measured window.
public struct ServerResult: Sendable, Hashable {
    public struct Level: Sendable, Hashable {
        public var mean: Double
        public var max: Double

        public init(mean: Double, max: Double) {
            self.mean = mean
            self.max = max
        }
    }

    /// Moments at which its gauges are known.
    public var readings = 0
    /// All replicas together.
    public var running: Level?
    public var waiting: Level?
    /// Of the readings, those in which any request waited.
    public var waitingShare: Double?
    /// Mean over the replicas, and the fullest.
    public var kvCacheUsage: Level?
    public var replicasUp: Level?
    public var gpuPowerWatts: Level?
    public var gpuMemoryBytes: Level?
    public var residentMemoryBytes: Level?
    public var prefixHitRate: Double?
    /// What counters grew by; nil = it has none.
    public var preemptions: Double?
    public var promptTokens: Double?
    public var generationTokens: Double?
    public var requests: Double?
    /// Mean time that requests spent in its queue, by its own clock.
    public var queueMilliseconds: Double?

    // Of the whole run only:
    public var restarts = 0
    public var reconciled: ServerReconciliation?
    public var replicas: [Replica] = []
    /// Sources that could not be read now and then, or never.
    public var problems: [Problem] = []

    public init() {}

    /// One of them over the whole run.
    public struct Replica: Sendable, Hashable {
        public var source: String
        public var name: String
        public var firstSeconds: Double  // first and last reading, since the run's start
        public var lastSeconds: Double
        public var running: Level?
        public var waiting: Level?
        public var kvCacheUsage: Level?
        public var generationTokens: Double?
    }

    public struct Problem: Sendable, Hashable {
        public var source: String
        public var failed: Int
        public var readings: Int
        public var words: String  // the last
    }

    /// Fewer readings than this carry no verdict.
    public static let fewestReadings = 3
    /// It queues where some request waited in at least this share of the readings, and does not up to the next.
    static let queuesFrom = 0.5
    static let isQuietUpTo = 0.1

    /// Whether requests wait in its queue; nil = it does not say, or now and then.
    public var queues: Bool? {
        guard readings >= Self.fewestReadings, let waitingShare else { return nil }
        return waitingShare >= Self.queuesFrom ? true : waitingShare <= Self.isQuietUpTo ? false : nil
    }
}

/// The server's counters against what was counted here, over the same requests.
public struct ServerReconciliation: Sendable, Hashable {
    public struct Pair: Sendable, Hashable {
        public var ours: Int64
        public var server: Int64

        public var difference: Int64 { server - ours }

        public init(ours: Int64, server: Int64) {
            self.ours = ours
            self.server = server
        }
    }

    public var promptTokens: Pair?
    public var outputTokens: Pair?
    public var requests: Pair?
    /// Requests of ours that ended before their answers did: what the server made for them is in its counters alone.
    public var unfinished = 0
    /// Requests without the server's own count of tokens: theirs were counted here.
    public var uncounted = 0
    /// Why nothing can be compared; nil = it can.
    public var withheld: String?

    public init() {}

    public var pairs: [Pair] { [promptTokens, outputTokens, requests].compactMap(\.self) }
    public var agrees: Bool { withheld == nil && !pairs.isEmpty && pairs.allSatisfy { $0.difference == 0 } }
}

/// A replica that was not there at a burst's edge and then began to answer.
public struct UsefulReplica: Sendable, Hashable {
    public var name: String
    public var atSeconds: Double  // since the edge, to the reading that shows it: up to one reading late
    public var waiting: Int  // requests of the edge without a first token then
    public var share: Double  // of the edge

    public init(name: String, atSeconds: Double, waiting: Int, share: Double) {
        self.name = name
        self.atSeconds = atSeconds
        self.waiting = waiting
        self.share = share
    }
}
