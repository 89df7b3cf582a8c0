public import Measurement

/// The state of a run at one moment, for eyes only: live figures are forgotten, the result is computed from records.
public struct LiveSnapshot: Sendable, Hashable {
    public enum Activity: Sendable, Hashable {
        case running
        case settling  // requests go out, but are not measured yet
        case draining  // nothing new goes out
        case waiting  // an idle time: nothing is sent
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
    public var stepElapsedSeconds = 0.0
    public var stepLeftSeconds: Double?  // nil = not known
    public var inFlight = 0
    public var tokensPerSecond: Double?  // over the last seconds; nil = none came
    public var recentTokensPerSecond: [Double] = []  // second by second, the latest last
    public var ttftP50Milliseconds: Double?
    public var ttftP95Milliseconds: Double?
    public var ended = 0  // requests, whatever became of them
    public var outcomes: [Outcome: Int] = [:]  // only failed, throttled and excluded ones are shown
    public var simulated = false
    /// For how long no open stream has brought a token, where that is unusually long.
    public var silenceSeconds: Double?
    /// Something that must be seen now, e.g. "stopping: waits for 12 requests, once more to stop at once".
    public var notice: String?

    public init() {}
}

/// A step that is over, in live figures: tokens are counted by events, and what had yet to settle is in them.
public struct LiveRow: Sendable, Hashable {
    public var step = ""  // e.g. "16 streams"
    public var tokensPerSecond: Double?
    public var ttftP50Milliseconds: Double?
    public var ttftP95Milliseconds: Double?
    public var ended = 0  // requests
    public var unsuccessful = 0  // of them

    public init() {}
}
