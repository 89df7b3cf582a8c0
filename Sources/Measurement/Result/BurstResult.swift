/// One burst cycle: the edge wave after idle, held against the same burst on the warm server.
public struct BurstResult: Sendable, Hashable {
    public var index = 0
    public var requests = 0  // asked for at the edge
    public var idleSeconds: Double?
    public var connections: String?  // cold, preopened or warm
    public var sendLagMilliseconds: Double?  // last written of the edge wave - release
    public var sendSkewMilliseconds: Double?  // last - first written
    /// Between the shards' first requests, by clocks that may be apart by the next (nil = not known); nil = one machine.
    public var shardSkewMilliseconds: Double?
    public var shardSkewUncertaintyMilliseconds: Double?
    /// `2/3`, where shards are missing.
    public var partOfLoad: String?
    public var reusedConnections = 0  // of the edge wave
    /// Of the edge wave; the window rates are those of the whole step.
    public var stats = RequestStatistics()
    public var validity = RowValidity()  // of the edge wave
    public var controlValidity = RowValidity()
    public var hold: RequestStatistics?  // those that followed the edge wave
    public var control: RequestStatistics?  // the edge wave on the warm server
    public var baseline: RequestStatistics?
    public var coldShare: Double?
    /// How the cold ones were told: by the server's word or by their time to first token; nil = they could not be told.
    public var coldBy: ColdEvidence?
    public var coldRequests: Int?
    public var coldKnown: Int?  // of the edge wave's requests with a first token, those that could be told
    public var coldPenaltyMilliseconds: Double?  // median over ranks; 0 where no request was cold
    public var coldPenaltyPairs = 0  // ranks it is the median of
    /// The same over the ranks that were cold: what a cold request paid, however few they were.
    public var coldOnlyPenaltyMilliseconds: Double?
    public var timeToRecoverSeconds: Double?  // nil = not within `censoredAtSeconds`, or not to be told
    public var censoredAtSeconds: Double?
    public var recoveryThresholdMilliseconds: Double?
    public var waves: [TransitionResult.Wave] = []
    public var controlWaves: [TransitionResult.Wave] = []  // of the warm server
    /// Replicas that came after the edge, in the order in which they began to answer; where the server's metrics were read.
    public var replicas: [UsefulReplica] = []

    public init() {}

    public enum ColdEvidence: String, Sendable, Hashable {
        case reported  // by the server
        case control  // above the warm control's band, and more often than the control itself
    }
}

/// All bursts of a phase pooled.
public struct TransitionResult: Sendable, Hashable {
    public var bursts = 0
    public var coldShare: Double?
    public var coldShareInterval: ConfidenceInterval?
    /// Of the bursts' medians; its p50 is their median, the mean of the two middle ones where they are even in number.
    public var coldPenaltyMilliseconds: DistributionSummary?
    public var timeToRecoverSeconds: DistributionSummary?  // of the bursts that recovered
    public var censored = 0  // bursts that did not
    public var ttftByRank: [Rank] = []

    public init() {}

    /// Medians over the bursts.
    public struct Rank: Sendable, Hashable {
        public var rank: Int
        public var coldMilliseconds: Double?
        public var warmMilliseconds: Double?

        public init(rank: Int, coldMilliseconds: Double?, warmMilliseconds: Double?) {
            self.rank = rank
            self.coldMilliseconds = coldMilliseconds
            self.warmMilliseconds = warmMilliseconds
        }
    }

    /// First tokens that came together after the edge.
    public struct Wave: Sendable, Hashable {
        public var atSeconds: Double  // since the edge
        public var requests: Int

        public init(atSeconds: Double, requests: Int) {
            self.atSeconds = atSeconds
            self.requests = requests
        }
    }
}
