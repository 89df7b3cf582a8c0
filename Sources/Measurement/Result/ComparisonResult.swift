/// Targets side by side, each held against the base.
public struct ComparisonResult: Sendable, Hashable {
    public var base = ""
    public var rows: [Row] = []
    /// What the traffic of all sides is for; its primary figures come first in `rows`.
    public var workload: WorkloadResult.Kind?
    /// The base first.
    public var sides: [Side] = []
    /// Phases that one side has and the other has not.
    public var missingPhases: [MissingPhase] = []
    public var frontiers: [FrontierResult] = []
    /// Of the sides that are gateways to another of them.
    public var gateways: [GatewayResult] = []
    /// What must be known before the figures are believed, in sentences.
    public var notes: [String] = []

    public init() {}

    /// What may be said of a row.
    public enum Finding: String, Sendable, Hashable {
        case better  // than the base
        case worse
        case none  // no difference shown: none, or too small to matter, or not beyond chance
        case undetermined  // one side has no figure somewhere, or there is too little for an interval
    }

    /// One figure of one target against the base's.
    public struct Row: Sendable, Hashable {
        public var target = ""
        public var base = ""
        /// `phase.figure`, as in thresholds.
        public var metric = ""
        public var phase = ""
        public var figure = ""
        /// Over all matched looks; nil where time windows do not agree.
        public var baseValue: Double?
        public var value: Double?
        public var ratio: Double?  // the target's over the base's
        public var interval: ConfidenceInterval?  // 95 %
        public var p: Double?
        /// After Holm's correction over all rows of this target.
        public var pHolm: Double?
        public var finding = Finding.undetermined
        /// In words: "faster by 12 % [7, 18]", "no difference shown".
        public var verdict = ""
        public var method: RatioEstimate.Method?
        /// Among what decides for that traffic.
        public var isPrimary = false
        public var looks = 0  // what the interval was made of: looks at each side, else requests
        /// Looks at which both sides have the figure, of all at which one has it or should have; and what they are: levels.
        public var compared = 0
        public var of = 0
        public var lookUnit = "looks"
        /// Looks at which one side has none of it, or nothing.
        public var gaps: [Gap] = []
        /// That it is of, at each side.
        var baseRequests = 0
        var targetRequests = 0
        /// "104 of 104 against 0 of 80", of shares one of which is 0.
        var counts: String?

        public init() {}
    }

    /// What stands beside the figures of one target.
    public struct Side: Sendable, Hashable {
        public var name = ""
        public var model: String?
        public var url = ""  // of its first run
        /// Folders of its runs, where they were stored.
        public var folders: [String] = []
        public var simulated = false
        /// The worst of its phases'.
        public var validity = ValidityResult.Verdict.valid
        /// Asked at another time than the base, so that what changed meanwhile is in every ratio to it.
        public var isApart = false
        public var bytesPerVisibleToken: Double?
        public var outputTokensPerRequest: Double?
        /// Median time to open a connection, and median time from the request to the first token: the network's part and
        /// the server's.
        public var connectMilliseconds: Double?
        public var waitMilliseconds: Double?
        public var windows: [Window] = []
        /// Whether its time windows tell the same; nil with one.
        public var windowsAgree: Bool?
        /// ICC(1) of ln TTFT and Kruskal-Wallis' p over the windows.
        public var windowCorrelation: Double?
        public var windowP: Double?

        public init() {}
    }

    /// One time window of a side.
    public struct Window: Sendable, Hashable {
        public var run: String
        public var startedAtUnixNanoseconds: Int64
        /// The figures of `rows` in this window alone, by their metric.
        public var figures: [String: Double]
    }
}

/// Aggregate throughput against what a single user gets, a point per level.
public struct FrontierResult: Sendable, Hashable {
    public struct Point: Sendable, Hashable {
        public var concurrency: Int
        public var perUser: Double  // median speed of a request, per second
        public var aggregate: Double  // per second
        public var ttftP95Milliseconds: Double?
        public var dollarsPerMillion: Double?  // output tokens
    }

    public struct Curve: Sendable, Hashable {
        public var target: String
        public var points: [Point]  // by rising level
    }

    /// What each target gives at the same speed per user, or the same wait.
    public struct Reading: Sendable, Hashable {
        public enum Axis: String, Sendable, Hashable {
            case perUser = "per_user"
            case ttftP95 = "ttft_p95_ms"
        }

        public struct Value: Sendable, Hashable {
            public var target: String
            public var aggregate: Double?  // nil = the target was not seen there
            public var interval: ConfidenceInterval?
            public var dollarsPerMillion: Double?
        }

        public var axis: Axis
        public var at: Double
        public var values: [Value]
    }

    public var phase: String
    /// What is counted: tokens, or bytes where token counts are not comparable.
    public var countsBytes: Bool
    public var curves: [Curve]
    public var readings: [Reading]
}
