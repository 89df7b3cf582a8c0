/// What a run means: the value behind `summary.json`, the terminal report and everything else that is shown.
///
/// It mirrors the contract's `summary.json` key for key, in Swift's spelling; `nil` and empty say "does not apply" or
/// "not known", never zero. Times are milliseconds (seconds where the name says so), rates are per second, shares are
/// fractions of 1 unless the name says percent. No number in it is NaN or infinite.
public struct RunResult: Sendable, Hashable {
    public static let schema = "spate.summary/1"

    public var tool = Tool()
    public var run = RunFacts()
    public var validity = ValidityResult()  // the worst of the phases
    /// What was found, in at most `Headline.most` sentences: the first thing to read.
    public var headline: [HeadlineSentence] = []
    /// What must be known before the figures are believed.
    public var warnings: [String] = []
    /// What is true of every such run, or follows from its size: few requests, one time window.
    public var caveats: [String] = []
    public var targets: [TargetResult] = []
    public var workload: WorkloadResult?  // nil = nothing was said of it
    public var calibration: CalibrationRecord?  // nil = prompts were sized as assumed
    public var comparison: ComparisonResult?
    public var thresholds: [ThresholdResult] = []
    public var shards: ShardsResult?  // nil = it ran on one machine

    public init() {}

    public struct Tool: Sendable, Hashable {
        public var name = "spate"
        public var version = ""

        public init() {}
    }
}

/// Facts of the whole run.
public struct RunFacts: Sendable, Hashable {
    public var id = ""
    public var profile = ""
    public var label: String?
    public var metadata: [String: String] = [:]
    public var seed: UInt64 = 0
    public var scheduleSHA256 = ""
    public var startedAtUnixNanoseconds: Int64 = 0  // CLOCK_REALTIME at t0
    public var durationSeconds: Double?  // of an incomplete run: up to the last thing stored
    public var complete = false
    public var interrupted = false
    public var simulated = false
    public var fast = false
    public var stoppedBy: String?
    public var exitCode: Int?

    public init() {}
}

/// One endpoint and model.
public struct TargetResult: Sendable, Hashable {
    public var name = ""
    public var provider: String?
    public var model: String?
    public var tier: String?  // of service, that was asked for; nil = none was
    public var api = ""
    public var url = ""
    public var insecure = false
    public var simulated = false
    public var tokenSource: RequestRecord.TokenSource?  // events as soon as one success lacks usage; nil = none counted
    public var preflight = Tally()
    /// Of the preflight's requests, looks at the list of models.
    public var preflightGets = 0
    /// How long it was waited for while it loaded: its cold start. nil = it was ready, or not waited for.
    public var waitedReadySeconds: Double?
    public var warmup = Tally()
    /// Of levels that were measured again: requests of the tries that are not shown.
    public var replaced = Tally()
    public var totals = RequestStatistics()  // all but warm-up and preflight
    public var phases: [PhaseResult] = []
    public var failures: [FailureResult] = []  // what went wrong, most frequent first
    public var inputLength: InputLengthResult?  // nil = no prompt was ours, or none was counted
    public var rateLimits: RateLimitRecord?  // nil = its responses spoke of none
    public var server: ServerResult?  // nil = its server's metrics were not read
    public var cache: PrefixCacheResult?  // nil = no answer told its input
    /// What was learnt about it, in sentences.
    public var notes: [String] = []
    /// True when nothing succeeded or its circuit breaker opened.
    public var unusable = false
    /// Why it was given up amid the run; nil where it was not.
    public var givenUp: String?

    public init() {}

    /// Requests that were sent but belong to no figure.
    public struct Tally: Sendable, Hashable {
        public var requests = 0
        public var outputTokens: Int64 = 0
        public var dollars: Double?  // nil = not known

        public init(requests: Int = 0, outputTokens: Int64 = 0) {
            self.requests = requests
            self.outputTokens = outputTokens
        }
    }
}
