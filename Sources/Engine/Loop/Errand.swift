internal import Measurement
internal import Schedule
internal import Ticks

/// One request's identity and plan: what stays the same when it is sent again, and what its row in the books begins with,
/// whether it is sent or not.
struct Errand: Sendable, Hashable {
    var target: Int  // `EngineTarget.id`
    var sequence: Int64
    var prompt: Int64  // its index among the prompts
    var attempt = 0
    /// The stage that started it, and what it is to that one.
    var step = 0
    var kind = StageShaper.RequestKind.unmeasured
    /// Whether it is one of a load that has to be held, so that it says nothing where a pause took that load away.
    var leansOnLoad = false
    var rank: Int?  // in an edge's wave
    var item: Int?  // its place in a job's list of prompts
    var arrival: Int?  // its place in an open loop's plan: what a trace says of it
    var conversation: Conversation?  // whose present question it asks
    var primer: Int?  // the number of the beginning that it sends ahead of all prompts
    var scheduled = Instant.zero
    var keyVersion = 0  // of the key it was sent with
    var wasKeyRefused = false  // by an attempt before this one
    var queued: Int64 = 0  // how long it had to wait for a place under a cap, nanoseconds
    /// Of a later attempt: whether the first was measured.
    private var firstWasMeasured: Bool?

    init(target: Int, sequence: Int64, prompt: Int64) {
        self.target = target
        self.sequence = sequence
        self.prompt = prompt
    }

    /// Whether it counts, as far as is known before it ends.
    var isMeasured: Bool { firstWasMeasured ?? (kind != .unmeasured) }

    /// The same request once more, under the same number.
    func again(at due: Instant, measured: Bool) -> Errand {
        var next = self
        next.attempt += 1
        next.scheduled = due
        (next.rank, next.queued) = (nil, 0)
        next.firstWasMeasured = measured
        return next
    }

    /// By which a server's log can be matched.
    func requestID(run: String) -> String { attempt == 0 ? "\(run)-\(sequence)" : "\(run)-\(sequence).\(attempt)" }

    /// Writes what is known of it before anything comes back.
    func sign(_ record: inout RequestRecord, loop: Int, t0: Instant) {
        record.sequence = sequence
        record.attempt = attempt
        record.step = step
        record.rank = rank
        record.item = item
        record.conversation = conversation?.number
        record.turn = conversation?.turn
        record.measured = isMeasured
        record.loop = loop
        record.scheduled = scheduled.nanoseconds(since: t0)
    }
}
