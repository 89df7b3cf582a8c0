/// One stretch of a phase with one rule: a ramp's level, the edge of a burst, an idle time.
///
/// Several loops drive a stage together, each with its exact share of it: `segment(loop:of:)`.
public struct Stage: Sendable, Hashable {
    public enum Rule: Sendable, Hashable {
        case warmup(requests: Int)  // one at a time, none measured
        case level(Level)
        case idle(Duration)  // nothing is sent
        case baseline(concurrency: Int, requests: Int)  // a closed loop of so many requests, all measured
        case edge(Edge)
        case control(Edge)  // the same burst again, on the warm server
        case pause(Duration)  // between a burst's drain and its control
        case batch(Batch)  // a job: a closed loop over so many prompts, each once, all measured
        case rewarm(requests: Int)  // one at a time, right after a keep-warm probe: what a warm answer takes
        case probe(requests: Int, gap: Duration)  // one at a time, `gap` from an end to the next start, all measured
        case arrivals(Arrivals)  // an open loop: requests start when they are due
        case drain  // nothing is started; waits for what is in flight
    }

    /// A closed loop that keeps `concurrency` requests in flight.
    ///
    ///     start ── settle ──► settled ═══ measured window ═══► hold, or min_requests, at most hold_max
    ///     └────────────────────── hold and hold_max count from here
    public struct Level: Sendable, Hashable {
        public var concurrency: Int
        public var hold: Duration
        public var settle: Duration
        /// Requests dispatched after `settle` that must have ended before the window may close.
        public var minRequests: Int
        public var holdMax: Duration

        public init(concurrency: Int, hold: Duration, settle: Duration, minRequests: Int, holdMax: Duration) {
            self.concurrency = concurrency
            self.hold = hold
            self.settle = settle
            self.minRequests = minRequests
            self.holdMax = holdMax
        }
    }

    /// `requests` at one instant; then, for `hold`, each completion starts another.
    public struct Edge: Sendable, Hashable {
        public var requests: Int
        public var hold: Duration
        public var connections: Connections

        public init(requests: Int, hold: Duration, connections: Connections) {
            self.requests = requests
            self.hold = hold
            self.connections = connections
        }
    }

    /// A job to be done: `items` of a list of prompts, at most `concurrency` at a time.
    public struct Batch: Sendable, Hashable {
        public var concurrency: Int
        public var items: JobItems
        /// Whether what the model writes is kept, not only counted.
        public var keepsAnswers: Bool

        public init(concurrency: Int, items: JobItems, keepsAnswers: Bool = false) {
            self.concurrency = concurrency
            self.items = items
            self.keepsAnswers = keepsAnswers
        }
    }

    /// What an edge finds: no connection, TCP connections without a request on them yet, or used ones.
    public enum Connections: String, Sendable, Hashable, CaseIterable { case cold, preopened, warm }

    /// The rule's name, as in `run.sqlite`.
    public enum Kind: String, Sendable, Hashable {
        case warmup, level, idle, baseline, edge, control, pause, batch, rewarm, probe, arrivals, drain
    }

    public var rule: Rule
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

    public init(_ rule: Rule, burst: Int? = nil, grace: Duration) {
        self.rule = rule
        self.burst = burst
        self.grace = grace
    }

    public var kind: Kind {
        switch rule {
        case .warmup: .warmup
        case .level: .level
        case .idle: .idle
        case .baseline: .baseline
        case .edge: .edge
        case .control: .control
        case .pause: .pause
        case .batch: .batch
        case .rewarm: .rewarm
        case .probe: .probe
        case .arrivals: .arrivals
        case .drain: .drain
        }
    }

    /// Why it cannot be measured again at the end of its phase; nil = it can, or it measures nothing.
    public var reasonNotToRepeat: String? {
        switch rule {
        case .edge, .control, .baseline: "a burst is about a server that was idle before it"
        case .batch: "each prompt of a job is asked once"
        case .probe where afterIdle != nil: "a keep-warm probe is about the pause before it"
        case .rewarm: "a keep-warm probe is about the pause before it"
        case .warmup, .level, .idle, .pause, .probe, .arrivals, .drain: nil
        }
    }

    /// Whether it brings a row that can be measured again.
    public var isRepeatable: Bool {
        switch rule {
        case .level, .arrivals: true
        case .probe: afterIdle == nil
        case .warmup, .idle, .baseline, .edge, .control, .pause, .batch, .rewarm, .drain: false
        }
    }

    /// Requests that the stage itself keeps in flight; none in an open loop, which keeps no number.
    public var concurrency: Int {
        switch rule {
        case .warmup(let requests): min(1, requests)
        case .level(let level): level.concurrency
        case .baseline(let concurrency, let requests): min(concurrency, requests)
        case .edge(let edge), .control(let edge): edge.requests
        case .batch(let batch): min(batch.concurrency, batch.items.count)
        case .probe(let requests, _), .rewarm(let requests): min(1, requests)
        case .idle, .pause, .arrivals, .drain: 0
        }
    }

    /// Prompts of a job; nil for everything else.
    public var jobSize: Int? {
        if case .batch(let batch) = rule { return batch.items.count }
        return nil
    }

    /// Whether some of its requests are measured, so that its window is closed by agreement of all loops.
    public var hasWindow: Bool {
        switch rule {
        case .level, .baseline, .edge, .control, .batch, .rewarm, .probe, .arrivals: true
        case .warmup, .idle, .pause, .drain: false
        }
    }
}
