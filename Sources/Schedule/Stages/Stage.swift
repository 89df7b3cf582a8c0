public import Ticks

/// One stretch of a phase: a label, which says what it is to people and rows, and a load, which says what is done.
///
/// Several loops drive a stage together, each with its exact share of it: `segment(loop:of:)`.
public struct Stage: Sendable, Hashable {
    public enum Load: Sendable, Hashable {
        case closed(ClosedLoad)  // a completion releases the next start
        case open(Arrivals)  // requests start when they are due
        case wait(Duration)  // nothing is sent
        case drain  // nothing is started; waits for what is in flight
    }

    public var kind: StageKind
    public var load: Load
    /// Of a keep-warm probe: how long nothing is sent before it.
    public var afterIdle: Duration?
    public var burst: Int?  // index of the burst cycle it belongs to, from 0
    public var block: Int?  // of a phase that is cut into blocks, from 0
    /// How long measured requests may take to end after the window has closed, and a drain may last.
    public var grace: Duration
    /// Rank in the whole edge wave of this share's first request.
    public var firstRank = 0
    /// From each of its requests' ranks to the next: shards take turns.
    public var rankStride = 1

    public init(_ kind: StageKind, _ load: Load, burst: Int? = nil, grace: Duration) {
        self.kind = kind
        self.load = load
        self.burst = burst
        self.grace = grace
    }

    public static func drain(burst: Int? = nil, grace: Duration) -> Stage {
        Stage(.drain, .drain, burst: burst, grace: grace)
    }

    /// A closed loop over so many requests, one at a time.
    public static func oneByOne(_ kind: StageKind, _ requests: Int, gap: Duration = .zero, grace: Duration) -> Stage {
        var load = ClosedLoad(1, .requests(requests))
        load.gap = gap
        load.isMeasured = kind != .warmup
        return Stage(kind, .closed(load), grace: grace)
    }
}

/// What others ask of a stage, whatever its label is.
extension Stage {
    public var closed: ClosedLoad? { if case .closed(let load) = load { load } else { nil } }

    public var arrivals: Arrivals? { if case .open(let arrivals) = load { arrivals } else { nil } }

    /// The trace that it replays.
    public var replay: Replay? { if case .trace(let replay)? = arrivals?.source { replay } else { nil } }

    /// Requests that the stage itself keeps in flight; none in an open loop, which keeps no number.
    public var concurrency: Int { closed?.concurrency ?? 0 }

    /// Prompts of a job; nil for everything else.
    public var jobSize: Int? { closed?.items?.count }

    /// Whether it sends the beginnings that prompts share, so that the server has read them before anything is measured.
    public var primes: Bool { closed?.primes ?? false }

    /// Whether some of its requests are measured, so that its window is closed by agreement of all loops.
    public var hasWindow: Bool {
        switch load {
        case .closed(let load): load.isMeasured
        case .open: true
        case .wait, .drain: false
        }
    }

    /// Requests that begin within so long of its start are not measured.
    public var settle: Duration { closed?.window?.settle ?? arrivals?.settle ?? .zero }

    /// How long it lasts by its plan, as soon as time allows; nil where answers decide.
    public var plannedLength: Duration? {
        switch load {
        case .closed(let load): load.window?.hold
        case .open(let arrivals): arrivals.duration
        case .wait(let duration): duration
        case .drain: nil
        }
    }

    /// How long nothing is sent, by plan; nil where requests are.
    public var plannedPause: Duration? { if case .wait(let duration) = load { duration } else { nil } }

    /// Whether it is a load that single probes may go beside.
    public var isLoaded: Bool {
        switch load {
        case .closed(let load): load.staysUp || load.items != nil
        case .open: true
        case .wait, .drain: false
        }
    }

    /// Whether its requests are questions of users, who ask the next one here as far as it lasts.
    public var takesConversations: Bool {
        switch load {
        case .closed(let load): load.isMeasured
        case .open: true
        case .wait, .drain: false
        }
    }

    /// Whether its one request's user asks the next question in the stage that follows, after its idle time: a probe after a
    /// pause, and the one behind it.
    public var handsUsersOn: Bool { afterIdle != nil || kind == .rewarm }

    /// Why it cannot be measured again at the end of its phase; nil = it can, or it measures nothing.
    public var reasonNotToRepeat: String? {
        guard hasWindow else { return nil }
        if burst != nil || closed?.wave != nil { return "a burst is about a server that was idle before it" }
        if jobSize != nil { return "each prompt of a job is asked once" }
        return afterIdle != nil || kind == .rewarm ? "a keep-warm probe is about the pause before it" : nil
    }

    /// Whether it brings a row that can be measured again.
    public var isRepeatable: Bool { hasWindow && reasonNotToRepeat == nil }
}
