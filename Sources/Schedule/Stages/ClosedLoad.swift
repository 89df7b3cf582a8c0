import Ticks

/// A closed loop: at most `slots` requests in flight, and a completion releases the next start.
public struct ClosedLoad: Sendable, Hashable {
    /// What ends it.
    public enum Extent: Sendable, Hashable {
        case requests(Int)  // so many were sent, and have ended
        case items(JobItems)  // each of these prompts of a job was sent once, and has ended
        case time(Window)
    }

    /// A stretch of time, part of which is measured.
    ///
    ///     start ── settle ──► settled ═══ measured window ═══► hold, or min_requests, at most hold_max
    ///     └────────────────────── hold and hold_max count from here
    public struct Window: Sendable, Hashable {
        public var settle: Duration
        public var hold: Duration
        /// Requests dispatched after `settle` that must have ended before the window may close.
        public var minRequests: Int
        public var holdMax: Duration

        /// - Parameter holdMax: nil = time alone decides
        public init(hold: Duration, settle: Duration = .zero, minRequests: Int = 0, holdMax: Duration? = nil) {
            self.settle = settle
            self.hold = hold
            self.minRequests = minRequests
            self.holdMax = holdMax ?? hold
        }
    }

    /// What a wave finds: no connection, TCP connections without a request on them yet, or used ones.
    public enum Connections: String, Sendable, Hashable, CaseIterable { case cold, preopened, warm }

    public var slots: Int
    public var extent: Extent
    /// All slots are filled at one instant, on such connections, and starts end with the time; nil = slots open a few at a
    /// time, on any connection.
    public var wave: Connections?
    public var gap = Duration.zero  // from the end of a request to the next start in its slot
    public var isMeasured = true
    /// Whether its requests are the beginnings that prompts of the run share, each once.
    public var primes = false
    /// Whether what the model writes is kept, not only counted.
    public var keepsAnswers = false

    public init(_ slots: Int, _ extent: Extent) {
        self.slots = slots
        self.extent = extent
    }

    /// `slots` at one instant; then, for `hold`, each completion starts another.
    public init(wave slots: Int, hold: Duration, on connections: Connections) {
        self.init(slots, .time(Window(hold: hold)))
        wave = connections
    }

    /// Requests that it may start; nil = as many as its time brings.
    public var budget: Int? {
        switch extent {
        case .requests(let count): count
        case .items(let items): items.count
        case .time: nil
        }
    }

    public var items: JobItems? { if case .items(let items) = extent { items } else { nil } }
    public var window: Window? { if case .time(let window) = extent { window } else { nil } }

    /// Most in flight.
    public var concurrency: Int { min(slots, budget ?? slots) }

    /// Whether it goes on, unmeasured, from the end of its window until the next stage takes over, so that measured
    /// requests end under the load they began with.
    public var staysUp: Bool { window != nil && wave == nil }

    /// One line, for the plan's hash. What of an answer is kept changes nothing that is sent.
    var canonicalText: String {
        var text = "closed slots=\(slots)"
        switch extent {
        case .requests(let count): text += " requests=\(count)"
        case .items(let items): text += " items=\(items.count)"
        case .time(let window):
            text += " hold=\(window.hold.nanoseconds) settle=\(window.settle.nanoseconds)"
            text += " min_requests=\(window.minRequests) hold_max=\(window.holdMax.nanoseconds)"
        }
        if let wave { text += " wave=\(wave.rawValue)" }
        if gap > .zero { text += " gap=\(gap.nanoseconds)" }
        if primes { text += " primes" }
        return isMeasured ? text : text + " unmeasured"
    }
}
