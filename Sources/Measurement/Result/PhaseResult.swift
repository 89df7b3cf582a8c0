public import Ticks

/// One phase against one target.
public struct PhaseResult: Sendable, Hashable {
    public var name = ""
    public var kind: PhaseKind = .ramp
    public var loop: PhaseRecord.LoopModel = .closed
    public var window: Int?  // from 0, where the plan was run several times
    public var startedSeconds: Double?  // since the run's start; nil = it never started
    public var durationSeconds: Double?  // without the turns of other targets
    public var elapsedSeconds: Double?  // with them
    public var blocks: Int?  // between which other targets had their turns; nil = it was run in one go
    public var validity = ValidityResult()
    /// Of the phase as one row; where it has levels or bursts, each of them has its own.
    public var rowValidity = RowValidity()
    public var stats = RequestStatistics()  // all its requests
    public var steps: [StepResult] = []
    public var knee: KneeResult?
    /// Of the levels that came twice, on the way up and on the way down.
    public var hysteresis: [HysteresisResult] = []
    public var find: FindResult?
    public var bursts: [BurstResult] = []
    public var transition: TransitionResult?
    public var consistency: ConsistencyResult?
    public var batch: BatchResult?
    /// By figure, e.g. `ttft`.
    public var drift: [String: DriftResult] = [:]
    /// Where figures of the server jumped though the load stayed the same, by time.
    public var changePoints: [ChangePoint] = []
    public var incidents: [IncidentResult] = []
    /// The longest time in which streams were open and none brought a token, as far as it is a silence: 0 = there was none.
    /// nil = no stream was open.
    public var longestSilenceMilliseconds: Double?
    /// How long of its duration the target was out; nil = it never was.
    public var downSeconds: Double?
    public var keepwarm: KeepwarmResult?
    /// What its server said while it ran; nil = its metrics were not read.
    public var server: ServerResult?
    /// Single requests beside the load.
    public var probes: ProbesResult?
    /// Levels that were measured again because they were disturbed.
    public var tries: [TriedRow] = []
    /// Of a phase that is one row and has no steps: what its requests can show.
    public var power: SamplePower?
    public var conversations: ConversationsResult?  // nil = every request stood alone
    /// By turn, of a phase without steps.
    public var turns: [TurnResult] = []

    public init() {}

    /// Streams were open and brought nothing while the generator ran: nobody can call it steady.
    public var hasSilence: Bool { incidents.contains { $0.kind == .silence } }

    /// Its name, and which of several time windows it was run in.
    public var label: String { window.map { "\(name), time window \($0 + 1)" } ?? name }
}

/// A ramp step, or the one level of a steady phase: figures of the requests dispatched in its measured window.
public struct StepResult: Sendable, Hashable {
    /// Why a step has no measured request.
    public struct Unmeasured: Sendable, Hashable {
        public var sent: Int
        public var settleSeconds: Double?  // before its window
        public var seconds: Double?  // from its start to the end of its window
        public var answerSeconds: Double?  // what its answers took, the median

        public init(sent: Int, settleSeconds: Double?, seconds: Double?, answerSeconds: Double?) {
            self.sent = sent
            self.settleSeconds = settleSeconds
            self.seconds = seconds
            self.answerSeconds = answerSeconds
        }
    }

    /// `2/3`, where shards are missing.
    public var partOfLoad: String?
    public var concurrency: Int?  // exactly one of this and `rps`
    public var rps: Double?
    public var stats = RequestStatistics()
    public var validity = RowValidity()
    /// Of a step without a measured request, whose `stats` then only count what was sent.
    public var unmeasured: Unmeasured?
    public var retention: Double?
    public var decodeRetention: Double?
    public var efficiency: Double?
    public var meanInFlight: Double?
    /// At most so many of its places paused, on average, because their requests had failed at once.
    public var pausedSlots = 0.0
    /// Users between an answer and their next question; nil = every request stood alone.
    public var meanThinking: Double?
    /// By turn of a conversation, the first first; empty where every request stood alone.
    public var turns: [TurnResult] = []
    public var windowSeconds: Double?
    /// How many of the first measured requests MSER-5 would leave out as not yet steady; they are in the figures.
    public var discarded: Int?
    /// |N - X R| / N over the window; near 0 when requests that cross the window's borders are few.
    public var littleDifference: Double?
    /// What its server said over the measured window; nil = its metrics were not read.
    public var server: ServerResult?
    /// Of a step at a request rate.
    public var openLoop: OpenLoopResult?
    /// What its requests can show when it is compared; nil = they are too few to tell.
    public var power: SamplePower?

    public init() {}
}

/// Where more concurrency stops paying.
public struct KneeResult: Sendable, Hashable {
    public var concurrency: Int?  // nil = not reached within the tested levels, or not to be told from them
    public var bracket: [Int] = []  // the knee and the next level; not reached: the largest level alone
    public var hinge: Hinge?
    public var usl: USL?
    public var agree: Bool?

    public init() {}

    public struct Hinge: Sendable, Hashable {
        public var concurrency: Double
        public var interval: ConfidenceInterval

        public init(concurrency: Double, interval: ConfidenceInterval) {
            self.concurrency = concurrency
            self.interval = interval
        }
    }

    /// Universal Scalability Law, X = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
    public struct USL: Sendable, Hashable {
        public var lambda: Double
        public var sigma: Double
        public var kappa: Double
        public var peakConcurrency: Double?  // nil = no retrograde part

        public init(lambda: Double, sigma: Double, kappa: Double, peakConcurrency: Double?) {
            self.lambda = lambda
            self.sigma = sigma
            self.kappa = kappa
            self.peakConcurrency = peakConcurrency
        }
    }
}

/// Whether one endpoint answers alike: a probe's finding.
public struct ConsistencyResult: Sendable, Hashable {
    public var warm = 0
    public var cold = 0
    public var stuck = 0
    public var coldRate: Double?
    public var coldRateUpper95: Double?  // with none seen: the bound that n allows
    public var serialCorrelation: Double?
    /// What makes the CV: a sentence.
    public var driver: String?
    /// Whether the server itself said which were cold; else the classes are groups by shape.
    public var isReported = false

    public init() {}
}

public struct BatchResult: Sendable, Hashable {
    public var makespanSeconds: Double?  // without interruptions
    public var steadyTPS: Double?  // nil = there was no time with all slots busy worth the name
    public var steadySeconds: Double?
    public var tailShare: Double?  // idle slot time after the last dispatch/all slot time
    public var tailSeconds: Double?  // from the last dispatch to the end
    public var prompts: Int?  // of the job
    public var promptsEnded = 0  // those with an answer or a failure
    public var concurrency: Int?
    public var interruptions = 0

    public init() {}
}

public struct DriftResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable {
        case steady  // whatever trend there is does not matter over the time measured
        case drifting  // significant, and it matters
        case undetermined  // the interval holds trends that would matter
        case changed  // it jumped (`PhaseResult.changePoints`), and beside its jumps no trend matters
    }
    public var slopePerHour: Double
    public var interval: ConfidenceInterval
    public var p: Double
    public var verdict: Verdict

    public init(slopePerHour: Double, interval: ConfidenceInterval, p: Double, verdict: Verdict) {
        self.slopePerHour = slopePerHour
        self.interval = interval
        self.p = p
        self.verdict = verdict
    }
}

public struct KeepwarmResult: Sendable, Hashable {
    public var warmUpToSeconds: Double?
    public var coldFromSeconds: Double?
    public var medianSeconds: Double?
    public var interval: ConfidenceInterval?
    public var probes = 0  // that could be told warm or cold
    public var failed = 0
    public var unknown = 0
    public var warmUpper95: Double?  // most that can be cold at `warmUpToSeconds`, one-sided
    public var coldPenaltyMilliseconds: Double?  // median wait of the cold − that of the warm
    public var isInferred = false  // from waits; else the server said it itself
    /// False where the load generator disturbed the probes so that none can be called cold or warm.
    public var isTold = true
    public var curve: [Gap] = []  // ascending

    public init() {}

    public struct Gap: Sendable, Hashable {
        public var gapSeconds: Double
        public var probes: Int
        public var cold: Int
        public var probability: Double  // fitted: never falls with the gap
        public var interval: ConfidenceInterval?  // of the share at this gap alone, Clopper and Pearson

        public init(gapSeconds: Double, probes: Int, cold: Int, probability: Double, interval: ConfidenceInterval?) {
            self.gapSeconds = gapSeconds
            self.probes = probes
            self.cold = cold
            self.probability = probability
            self.interval = interval
        }
    }
}
