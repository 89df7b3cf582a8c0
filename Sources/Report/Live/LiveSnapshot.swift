public import Measurement

/// The state of a run at one moment, for eyes only: live figures are forgotten, the result is computed from records.
public struct LiveSnapshot: Sendable, Hashable {
    public enum Activity: Sendable, Hashable {
        case running
        case settling  // requests go out, but are not measured yet
        case draining  // nothing new goes out
        case waiting  // an idle time: nothing is sent
    }

    /// How far something is, and how long it still takes; nil = not known.
    public struct Progress: Sendable, Hashable {
        public var share: Double  // 0...1
        public var leftSeconds: Double

        public init(share: Double, leftSeconds: Double) {
            self.share = share
            self.leftSeconds = leftSeconds
        }
    }

    /// How the load generator itself is, over the last seconds.
    public struct Client: Sendable, Hashable {
        /// Share of the time in which it was kept from running.
        public var heldUpShare = 0.0
        public var cpuPercent: Double?  // of a core, the busiest loop's
        public var stops = 0  // in the run so far

        public init() {}
    }

    public var target = ""
    public var phase = ""
    public var phaseIndex = 0  // from 0
    public var phaseCount = 1
    public var step = ""  // e.g. "16 streams", "edge of 64"
    public var stepIndex = 0  // from 0, within the phase
    public var stepCount = 1
    public var activity: Activity = .running
    public var elapsedSeconds = 0.0  // of the run
    /// Of the step, by time or by count; nil = not known.
    public var stepLeftSeconds: Double?
    /// What must still happen before the step ends, where its time is over or none was set: "the last 12 requests".
    public var waitingFor: String?
    /// Prompts of a job that have ended, of so many.
    public var job: (done: Int, of: Int)? {
        get { jobOf.map { (jobDone, $0) } }
        set { (jobDone, jobOf) = (newValue?.done ?? 0, newValue?.of) }
    }
    private var jobDone = 0
    private var jobOf: Int?
    public var phaseProgress: Progress?
    public var runProgress: Progress?
    public var inFlight = 0
    public var tokensPerSecond: Double?  // over the last 5 s; nil = none came
    public var recentTokensPerSecond: [Double] = []  // second by second, the latest last
    public var ttftP50Milliseconds: Double?  // of first tokens of the last 5 s; nil = none came
    public var ttftP95Milliseconds: Double?
    public var recentTTFT: [Double?] = []  // median of each second, milliseconds
    public var ended = 0  // requests, whatever became of them
    public var outcomes: [Outcome: Int] = [:]  // only failed, throttled and excluded ones are shown
    public var simulated = false
    public var client: Client?
    /// For how long no open stream has brought a token, where that is unusually long.
    public var silenceSeconds: Double?
    /// What a search tries, and why.
    public var search: String?
    /// Something that must be seen now, e.g. "stopping: waits for 12 requests, press Ctrl-C again to stop at once".
    public var notice: String?

    public init() {}
}

/// A step that is over, in live figures: tokens are counted by events.
public struct LiveRow: Sendable, Hashable {
    public var step = ""  // e.g. "16 streams"
    public var tokensPerSecond: Double?
    public var userTokensPerSecond: Double?  // median of the requests'
    public var kept: Double?  // of the first row's, a share
    public var ttftP50Milliseconds: Double?
    public var ttftP95Milliseconds: Double?
    public var e2eP95Milliseconds: Double?
    public var ended = 0  // requests that count
    public var unsuccessful = 0  // of them

    public init() {}
}

/// Something that happened and stays on the screen.
public struct LiveEvent: Sendable, Hashable {
    public var atSeconds: Double  // of the run
    public var text: String
    /// Whether the server or the way to it is at fault, as far as it can be told.
    public var isTheirs: Bool

    public init(atSeconds: Double, text: String, isTheirs: Bool) {
        self.atSeconds = atSeconds
        self.text = text
        self.isTheirs = isTheirs
    }
}
