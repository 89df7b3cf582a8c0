public import Ticks

/// A run as it was stored: everything the result is computed from. The order within each array is by id or time.
public struct RecordedRun: Sendable, Hashable {
    public var run = RunRecord()
    public var targets: [TargetRecord] = []
    public var phases: [PhaseRecord] = []
    public var steps: [StepRecord] = []
    public var requests: [RequestRecord] = []
    /// What came of those requests whose own arrivals were not stored (`RequestRecord.isPacked`).
    public var arrived: [ArrivedRecord] = []
    public var bins: [BinRecord] = []
    public var histograms: [HistogramRecord] = []
    public var health: [HealthRecord] = []
    public var incidents: [IncidentRecord] = []
    /// What the targets' servers said of themselves; empty where their metrics were not read.
    public var serverReadings: [ServerReading] = []
    /// The parts that a run over several machines consists of: its own where it is one of them, all that are there where
    /// they were merged.
    public var shards: [ShardRecord] = []

    public init() {}
}

/// Facts of the whole run.
public struct RunRecord: Sendable, Hashable, Codable {
    public var id = ""
    public var toolVersion = ""
    public var profileName = ""
    public var label: String?
    public var metadata: [String: String] = [:]
    public var seed: UInt64 = 0
    public var scheduleSHA256 = ""
    public var startedAtUnixNanoseconds: Int64 = 0  // CLOCK_REALTIME at t0
    public var durationNanoseconds: Int64?  // nil while it runs, or after a kill; without the time it was away
    /// How long it was away, from being cut off to going on, all times together, nanoseconds; nil = never.
    public var awayNanoseconds: Int64?
    public var complete = false
    public var interrupted = false
    public var simulated = false
    public var fast = false
    public var stoppedBy: String?  // the cap or limit that ended it
    public var loops = 1
    /// SLOs of the profile, milliseconds.
    public var sloTTFT: Double?
    public var sloTPOT: Double?
    public var sloE2E: Double?
    /// Threshold expressions, as written.
    public var thresholds: [String] = []
    /// Whether they are judged on the 95 % interval instead of the figure.
    public var thresholdsConfident = false
    public var warnings: [String] = []
    /// How far this machine's self-test went, made with as many loops or more; nil = there was none, 0 = it failed.
    public var selftestStreams: Int?
    public var selftestTokensPerSecond: Double?
    /// How old the self-test was when the run began, seconds; nil = not known.
    public var selftestAge: Int64?
    /// CPUs that the generator might use at a time; nil = not known.
    public var cores: Int?
    /// A capacity search: the promise, and the levels between which its ramp looks.
    public var find: String?
    public var findFrom: Int?
    public var findTo: Int?
    /// What was found before the run of how long prompts must be; nil = nothing was looked for.
    public var calibration: CalibrationRecord?
    /// What the traffic is for: `chat`, `batch`, `rag` or `production`.
    public var workload: String?
    /// Which requests have a row of their own.
    public var keptRows = KeptRows.all
    /// Where the answers of its job go, besides the result.
    public var answers: String?

    public init() {}
}

/// One endpoint and model under test.
public struct TargetRecord: Sendable, Hashable, Codable {
    public var id = 0
    public var name = ""
    public var provider: String?
    public var model: String?
    public var api = ""
    public var url = ""
    public var insecure = false
    /// Dollars per million tokens of the model and tier that are asked for; nil = unknown.
    public var inputPrice: Double?
    public var cachedInputPrice: Double?
    public var outputPrice: Double?
    /// What each model that may answer costs in each tier; nil = a result of before: the three above are all.
    public var prices: PriceList?
    /// The tier of service that is asked for; nil = none is.
    public var tier: AskedTier?
    public var dollarsPerHour: Double?
    /// The target before which it stands, as a gateway to it; nil = it is none.
    public var gatewayTo: String?
    /// How it refused what no server can answer, where that was looked at: before a run through gateways.
    public var refusals: [RefusalRecord] = []
    public var resolveNanoseconds: Int64?  // time of the one name resolution
    public var addresses: [String] = []
    public var preflightRequests = 0
    public var preflightGets = 0  // of them: looks at the list of models, which are no generations
    /// How long it was waited for while it loaded, its cold start, nanoseconds; nil = it was ready, or not waited for.
    public var waitedReady: Int64?
    public var preflightInputTokens: Int64 = 0
    public var preflightOutputTokens: Int64 = 0
    /// The program of this machine that took its connections; nil = it runs elsewhere, or that is not known.
    public var process: String?
    /// How long the threads of that program waited for a core during the run, together, nanoseconds.
    public var processWaited: Int64?
    /// True when its name or path marks a deliberate choice that the report must shout about.
    public var simulated = false
    /// What its responses said of its limits; nil = nothing.
    public var rateLimits: RateLimitRecord?
    /// What was learnt about it, e.g. "closes the connection after each answer".
    public var notes: [String] = []

    public init() {}
}

/// One entry of the profile's `phases`, against one target.
public struct PhaseRecord: Sendable, Hashable, Codable {
    public enum LoopModel: String, Sendable, Hashable, Codable { case closed, open }

    public var id = 0
    public var target = 0  // `TargetRecord.id`
    public var name = ""
    public var kind: PhaseKind = .ramp
    public var loop: LoopModel = .closed
    public var beside: Int?  // a trickle's: the phase whose load it probes
    public var window: Int?  // from 0, where the plan was run several times
    public var requests: Int?  // a batch's: prompts of the job
    public var started: Int64?  // since t0
    public var ended: Int64?

    public init() {}
}

/// A stretch of a phase: a ramp's level, the edge of a burst, an idle time.
///
///     started ──► settled ═══ measured window ═══► windowEnded ──► drained
public struct StepRecord: Sendable, Hashable, Codable {
    /// The run was cut off in the step, and went on later.
    public enum Cut: String, Sendable, Hashable, Codable {
        case continued  // up to the end of its window it counts; the rest follows in another step
        case repeated  // another step measures it anew, and it counts in nothing
    }

    public var id = 0
    public var phase = 0  // `PhaseRecord.id`
    public var ordinal = 0  // within the phase
    public var kind: StageKind = .level
    public var concurrency = 0  // in flight, asked for; an edge's width
    public var burst: Int?  // index of the burst cycle it belongs to, from 0
    /// The step that it measures again, because the load generator had disturbed it; nil = it is the first try.
    public var retryOf: Int?
    public var cut: Cut?  // nil = it was not, or nobody went on
    public var paused: Int64?  // since when somebody has paused it, since t0; a pause that is over is an incident
    /// From 0, where the phase was cut into blocks between which other targets had their turns.
    public var block: Int?
    public var idle: Int64?  // an edge's or a keep-warm probe's: how long nothing was sent before it
    public var gap: Int64?  // a keep-warm probe's: how long that was planned to be
    public var connections: String?  // an edge's: cold, preopened or warm
    public var warmed = 0  // connections warmed (or preopened) before the edge
    public var release: Int64?  // an edge's: the instant of release, since t0
    public var stretch: Int?  // an open loop's: which of the phase's stretches it is part of, from 0
    public var rps: Double?  // an open loop's: mean planned rate
    public var rpsFrom: Double?  // where it goes linearly from one rate to another
    public var rpsTo: Double?
    public var rateCurve: String?  // a rate that changes in another way, in words: "20 ± 10 (sine of 60 s)"
    public var arrivals: String?  // the law of its gaps: constant, poisson, gamma SHAPE, trace
    public var planned: Int64?  // how long it was planned to last
    public var cap: Int?  // on requests in flight, and what happens beyond it: queue or shed
    public var overflow: String?
    public var saturated: Int64?  // when it was given up because the server could not keep up, since t0
    public var saturationInSystem: Double?  // by how many requests, and by how many seconds of TTFT, the queue then
    public var saturationTTFT: Double?  // grew each second
    public var trace: String?  // a replay's: the file's name
    public var traceFormat: String?
    public var traceSpeed: Double?
    public var traceRows: Int?  // read
    public var traceDue: Int?  // of them, requests that are due in the step
    public var traceDropped: [String: String] = [:]  // of them, left out: how many for each reason
    public var traceInputTokens: Int64?  // of those that are due
    public var traceOutputTokens: Int64?
    public var binWidth: Int64 = 1_000_000_000  // of this step's bins and of its requests' arrivals
    public var started: Int64?  // since t0, as below
    public var settled: Int64?
    public var windowEnded: Int64?
    public var drained: Int64?

    public init() {}
}

/// One bin of a step's series, from one loop. Bins count from t0 in units of the step's `binWidth`.
public struct BinRecord: Sendable, Hashable {
    public var step = 0
    public var bin: Int64 = 0
    public var loop = 0
    public var started = 0
    public var firstTokens = 0
    public var ended = 0
    public var failed = 0  // failed or throttled
    public var tokenEvents = 0
    public var inFlightArea: Int64 = 0  // integral of in flight over the bin, nanoseconds
    public var inFlightMax = 0
    /// Of a closed level: Σ time, nanoseconds, in which slots were free inside the window and nothing was sent in them up
    /// to the level's end. It stands in the bin of that end.
    public var unfilledArea: Int64?

    public init() {}
}

/// What was counted in a histogram during one second of one step, from one loop.
public struct HistogramRecord: Sendable, Hashable {
    public enum Metric: String, Sendable, Hashable, Codable {
        case itl  // gap between token-bearing reads, counted at the later read
        case jointGap = "joint_gap"  // between token-bearing reads of all the loop's streams together, from 1 ms up
        case loopLag = "loop_lag"  // from the loop's wake-up to the end of its turn: what a late event may have waited
        case readLag = "read_lag"  // callback minus kernel stamp
        case timerLag = "timer_lag"  // how late a precise timer fired
        case wakeLag = "wake_lag"  // how late the loop ran, at instants evenly spread over time
        case heldUp = "held_up"  // how long its thread waited for a core, where it was kept 1 ms or more
        case shortStop = "short_stop"  // kept and waited for no core: a signal, or the machine stood still
        case stopped  // the same, from `longStop` up

        /// 20 ms.
        public static let longStop: Int64 = 20_000_000
    }
    public var step = 0
    public var second: Int64 = 0  // since t0
    public var loop = 0
    public var metric: Metric = .itl
    public var histogram = Histogram()

    public init() {}
}

/// The generator's own state, about once a second.
public struct HealthRecord: Sendable, Hashable {
    public var at: Int64 = 0  // since t0
    public var loop = 0
    public var loopCPU: Int64 = 0  // CPU time of the loop's thread so far, nanoseconds
    public var processCPU: Int64 = 0
    public var residentBytes: Int64 = 0
    public var descriptors = 0
    public var inFlight = 0
    public var reads: Int64 = 0
    public var gatheredReads: Int64?  // of them, through a ring (io_uring)
    public var kernelStamps: Int64 = 0
    public var discardedStamps: Int64 = 0
    public var connectionsOpened: Int64 = 0
    public var realtimeOffset: Int64 = 0  // CLOCK_REALTIME − CLOCK_MONOTONIC
    public var boottimeOffset: Int64 = 0  // CLOCK_BOOTTIME − CLOCK_MONOTONIC: grows when the machine was suspended
    public var listenOverflows: Int64 = 0  // of this machine (loopback targets), since boot
    public var load: Double?  // the machine's load average of a minute
    public var throttled: Int64?  // quotas of control groups have held the generator back so far, nanoseconds
    public var stolen: Int64?  // CPU time that this machine's host gave to others since boot, all cores, nanoseconds

    public init() {}
}
