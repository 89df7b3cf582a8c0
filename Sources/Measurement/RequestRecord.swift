/// One request, from the plan's instant to its end: one row of `run.sqlite`.
///
/// `scheduled` counts from the run's `t0`; every other instant counts from `dispatched`. nil = it never happened.
///
///     scheduled ─► dispatched ─► connected ─► written ─► first byte ─► first event ─► first token ─► last token ─► end
///
/// A value that is one reference, copied when one of several holders writes: a run of a million requests is read whole and
/// walked through some hundred times.
public struct RequestRecord: Sendable, Hashable {
    /// Where the request's connection came from.
    public enum Connection: String, Sendable, Hashable, Codable {
        case new  // opened for this request
        case preopened  // TCP connection opened before the edge
        case reused  // had carried a request before
    }
    /// Which clock stamped its tokens.
    public enum Stamp: String, Sendable, Hashable, Codable {
        case kernel  // SO_TIMESTAMPNS of the bytes, converted to CLOCK_MONOTONIC
        case read  // the instant of the read
    }
    /// Where its output token count comes from.
    public enum TokenSource: String, Sendable, Hashable, Codable { case usage, events }

    // Identity.
    /// Unique in the run, in order of dispatch within a loop.
    @inline(__always) public var sequence: Int64 {
        get { fields.sequence }
        set { fields.sequence = newValue }
    }
    /// `StepRecord.id`.
    @inline(__always) public var step: Int {
        get { Int(fields.step) }
        set { fields.step = Int32(clamping: newValue) }
    }
    /// Place in an edge wave, from 0.
    @inline(__always) public var rank: Int? {
        get { fields.rank.map(Int.init) }
        set { fields.rank = newValue.map(Int32.init(clamping:)) }
    }
    /// Its place in a job's list of prompts, from 0.
    @inline(__always) public var item: Int? {
        get { fields.item.map(Int.init) }
        set { fields.item = newValue.map(Int32.init(clamping:)) }
    }
    /// Dispatched inside its step's measured window.
    @inline(__always) public var measured: Bool {
        get { fields.measured }
        set { fields.measured = newValue }
    }
    @inline(__always) public var loop: Int {
        get { Int(fields.loop) }
        set { fields.loop = Int32(clamping: newValue) }
    }
    @inline(__always) public var attempt: Int {
        get { Int(fields.attempt) }
        set { fields.attempt = Int32(clamping: newValue) }
    }

    // Instants, nanoseconds.
    /// Since t0.
    @inline(__always) public var scheduled: Int64 {
        get { fields.scheduled }
        set { fields.scheduled = newValue }
    }
    /// Dispatched = scheduled + lag; nil = not sent.
    @inline(__always) public var dispatchLag: Int64? {
        get { fields.dispatchLag }
        set { fields.dispatchLag = newValue }
    }
    /// Since dispatched, as all below: the last byte of the request went to the kernel.
    @inline(__always) public var written: Int64? {
        get { fields.written }
        set { fields.written = newValue }
    }
    @inline(__always) public var firstByte: Int64? {
        get { fields.firstByte }
        set { fields.firstByte = newValue }
    }
    @inline(__always) public var firstEvent: Int64? {
        get { fields.firstEvent }
        set { fields.firstEvent = newValue }
    }
    @inline(__always) public var firstReasoning: Int64? {
        get { fields.firstReasoning }
        set { fields.firstReasoning = newValue }
    }
    @inline(__always) public var firstToken: Int64? {
        get { fields.firstToken }
        set { fields.firstToken = newValue }
    }
    @inline(__always) public var firstVisible: Int64? {
        get { fields.firstVisible }
        set { fields.firstVisible = newValue }
    }
    @inline(__always) public var lastToken: Int64? {
        get { fields.lastToken }
        set { fields.lastToken = newValue }
    }
    /// When its terminal sign came, where it has one; else when anything last came.
    @inline(__always) public var lastByte: Int64? {
        get { fields.lastByte }
        set { fields.lastByte = newValue }
    }
    @inline(__always) public var ended: Int64? {
        get { fields.ended }
        set { fields.ended = newValue }
    }

    // What the generator itself added, nanoseconds; nil = not known (a result of before, or the instant never came).
    /// To the first byte sent, set-up off; counts from `dispatched`.
    @inline(__always) public var lateSend: Int64? {
        get { fields.lateSend }
        set { fields.lateSend = newValue }
    }
    /// At most, to the instant of the first token.
    @inline(__always) public var lateFirst: Int64? {
        get { fields.lateFirst }
        set { fields.lateFirst = newValue }
    }
    /// At most, to that of the last token.
    @inline(__always) public var lateLast: Int64? {
        get { fields.lateLast }
        set { fields.lateLast = newValue }
    }
    /// From its last bytes' arrival until its end was understood and its slot free.
    @inline(__always) public var lateEnd: Int64? {
        get { fields.lateEnd }
        set { fields.lateEnd = newValue }
    }

    // Result.
    @inline(__always) public var outcome: Outcome {
        get { fields.outcome }
        set { fields.outcome = newValue }
    }
    @inline(__always) public var useful: Bool {
        get { fields.useful }
        set { fields.useful = newValue }
    }
    @inline(__always) public var connection: Connection? {
        get { fields.connection }
        set { fields.connection = newValue }
    }
    @inline(__always) public var stamp: Stamp {
        get { fields.stamp }
        set { fields.stamp = newValue }
    }

    // Tokens.
    @inline(__always) public var inputTokens: Int64? {
        get { fields.inputTokens.map(Int64.init) }
        set { fields.inputTokens = newValue.map(Int32.init(clamping:)) }
    }
    @inline(__always) public var cachedInputTokens: Int64? {
        get { fields.cachedInputTokens.map(Int64.init) }
        set { fields.cachedInputTokens = newValue.map(Int32.init(clamping:)) }
    }
    /// Written to the server's cache; part of the input.
    @inline(__always) public var cacheWrittenTokens: Int64? {
        get { fields.cacheWrittenTokens.map(Int64.init) }
        set { fields.cacheWrittenTokens = newValue.map(Int32.init(clamping:)) }
    }
    /// By `tokenSource`.
    @inline(__always) public var outputTokens: Int64? {
        get { fields.outputTokens.map(Int64.init) }
        set { fields.outputTokens = newValue.map(Int32.init(clamping:)) }
    }
    /// Part of the output.
    @inline(__always) public var reasoningTokens: Int64? {
        get { fields.reasoningTokens.map(Int64.init) }
        set { fields.reasoningTokens = newValue.map(Int32.init(clamping:)) }
    }
    @inline(__always) public var tokenSource: TokenSource? {
        get { fields.tokenSource }
        set { fields.tokenSource = newValue }
    }

    // The stream.
    /// All events that carried a payload.
    @inline(__always) public var events: Int {
        get { Int(fields.events) }
        set { fields.events = Int32(clamping: newValue) }
    }
    /// Those with text, reasoning, tool arguments or refusal.
    @inline(__always) public var tokenEvents: Int {
        get { Int(fields.tokenEvents) }
        set { fields.tokenEvents = Int32(clamping: newValue) }
    }
    /// Reads from the socket.
    @inline(__always) public var reads: Int {
        get { Int(fields.reads) }
        set { fields.reads = Int32(clamping: newValue) }
    }
    /// Reads that brought at least one token event.
    @inline(__always) public var tokenReads: Int {
        get { Int(fields.tokenReads) }
        set { fields.tokenReads = Int32(clamping: newValue) }
    }
    /// UTF-8 bytes of all that text.
    @inline(__always) public var textBytes: Int64 {
        get { fields.textBytes }
        set { fields.textBytes = newValue }
    }
    /// Of the visible part.
    @inline(__always) public var visibleBytes: Int64 {
        get { fields.visibleBytes }
        set { fields.visibleBytes = newValue }
    }
    /// Of the first token-bearing read.
    @inline(__always) public var firstReadTextBytes: Int64 {
        get { fields.firstReadTextBytes }
        set { fields.firstReadTextBytes = newValue }
    }
    /// Reasoning was billed but not streamed.
    @inline(__always) public var hiddenReasoning: Bool {
        get { fields.hiddenReasoning }
        set { fields.hiddenReasoning = newValue }
    }
    /// Longest gap between token-bearing reads.
    @inline(__always) public var maxGap: Int64? {
        get { fields.maxGap }
        set { fields.maxGap = newValue }
    }
    /// Token events and text bytes per bin, encoded by `ArrivalLog`; bins are those of the step (`StepRecord.binWidth`).
    @inline(__always) public var arrivals: [UInt8] {
        get { fields.arrivals }
        set { fields.arrivals = newValue }
    }

    /// It has no row of its own in the stored run, and its arrivals stand in `RecordedRun.arrived`, with those of others.
    @inline(__always) public internal(set) var isPacked: Bool {
        get { fields.isPacked }
        set { fields.isPacked = newValue }
    }

    // What few have, or many alike.
    /// The conversation it belongs to and its place in it, from 0; nil = it stands alone.
    @inline(__always) public var conversation: Int? {
        get { aside.conversation }
        set { if newValue != aside.conversation { aside.conversation = newValue } }
    }
    @inline(__always) public var turn: Int? {
        get { aside.turn }
        set { if newValue != aside.turn { aside.turn = newValue } }
    }
    /// How long its user thinks after it, nanoseconds; nil = no question follows.
    @inline(__always) public var think: Int64? {
        get { aside.think }
        set { if newValue != aside.think { aside.think = newValue } }
    }
    /// The part of the lag that a cap on requests in flight made; nil = none.
    @inline(__always) public var queued: Int64? {
        get { aside.queued }
        set { if newValue != aside.queued { aside.queued = newValue } }
    }
    /// Durations of connection set-up, 0 or nil on a reused connection.
    @inline(__always) public var dns: Int64? {
        get { aside.dns }
        set { if newValue != aside.dns { aside.dns = newValue } }
    }
    @inline(__always) public var connect: Int64? {
        get { aside.connect }
        set { if newValue != aside.connect { aside.connect = newValue } }
    }
    @inline(__always) public var tls: Int64? {
        get { aside.tls }
        set { if newValue != aside.tls { aside.tls = newValue } }
    }
    /// The finer class, e.g. `http_404`, `connect_refused`.
    @inline(__always) public var detail: String? {
        get { aside.detail }
        set { if newValue != aside.detail { aside.detail = newValue } }
    }
    @inline(__always) public var httpStatus: Int? {
        get { aside.httpStatus }
        set { if newValue != aside.httpStatus { aside.httpStatus = newValue } }
    }
    /// The server's finish reason, as sent.
    @inline(__always) public var finish: String? {
        get { aside.finish }
        set { if newValue != aside.finish { aside.finish = newValue } }
    }
    /// E.g. "no [DONE]".
    @inline(__always) public var note: String? {
        get { aside.note }
        set { if newValue != aside.note { aside.note = newValue } }
    }
    /// The server's words, redacted, at most 2 KiB.
    @inline(__always) public var error: String? {
        get { aside.error }
        set { if newValue != aside.error { aside.error = newValue } }
    }
    /// The number of the prompt it sent, where others may send the same word for word; nil = it is its own.
    @inline(__always) public var prompt: Int? {
        get { aside.prompt }
        set { if newValue != aside.prompt { aside.prompt = newValue } }
    }
    /// The number of its prompt's beginning, where others begin with it or a piece of it.
    @inline(__always) public var prefix: Int? {
        get { aside.prefix }
        set { if newValue != aside.prefix { aside.prefix = newValue } }
    }
    /// That beginning's share of the prompt's text, 0...1; without a number, of what was sent before for certain. nil = none.
    @inline(__always) public var repeatedShare: Double? {
        get { aside.repeatedShare }
        set { if newValue != aside.repeatedShare { aside.repeatedShare = newValue } }
    }
    /// A hash of the answer's visible text, where others answer the same prompt at temperature 0.
    @inline(__always) public var answerHash: Int64? {
        get { aside.answerHash }
        set { if newValue != aside.answerHash { aside.answerHash = newValue } }
    }
    /// Whether the server itself said that this request waited for a replica to start; nil = it said nothing.
    @inline(__always) public var reportedCold: Bool? {
        get { aside.reportedCold }
        set { if newValue != aside.reportedCold { aside.reportedCold = newValue } }
    }
    /// That a synthetic prompt was made to have; nil where the text is the user's.
    @inline(__always) public var askedInputTokens: Int64? {
        get { aside.askedInputTokens }
        set { if newValue != aside.askedInputTokens { aside.askedInputTokens = newValue } }
    }
    /// Texts of a request for embeddings; nil where text was asked for.
    @inline(__always) public var inputs: Int? {
        get { aside.inputs }
        set { if newValue != aside.inputs { aside.inputs = newValue } }
    }
    /// Embeddings that came.
    @inline(__always) public var vectors: Int? {
        get { aside.vectors }
        set { if newValue != aside.vectors { aside.vectors = newValue } }
    }
    /// Of those written to the cache, the ones that are kept for an hour; the others are for minutes.
    @inline(__always) public var cacheWrittenForHour: Int64? {
        get { aside.cacheWrittenForHour }
        set { if newValue != aside.cacheWrittenForHour { aside.cacheWrittenForHour = newValue } }
    }
    /// The model that answered, by its own words; nil = it was not told, as with the next two.
    @inline(__always) public var servedModel: String? {
        get { aside.servedModel }
        set { if newValue != aside.servedModel { aside.servedModel = newValue } }
    }
    /// The tier of service that it was given.
    @inline(__always) public var servedTier: String? {
        get { aside.servedTier }
        set { if newValue != aside.servedTier { aside.servedTier = newValue } }
    }
    /// The replica, worker, region or upstream, where the target says how to tell.
    @inline(__always) public var servedBy: String? {
        get { aside.servedBy }
        set { if newValue != aside.servedBy { aside.servedBy = newValue } }
    }
    /// Those of half a second and more, encoded by `GapLog`; nil = none, or a result of before.
    @inline(__always) public var longGaps: [UInt8]? {
        get { aside.longGaps }
        set { if newValue != aside.longGaps { aside.longGaps = newValue } }
    }

    // The stored form.
    private(set) var row = RequestRow.empty

    private var fields: RequestRow.Fields {
        @inline(__always) _read { yield row.fields }
        @inline(__always) _modify {
            if !isKnownUniquelyReferenced(&row) { row = RequestRow(row.fields) }
            yield &row.fields
        }
    }

    private var aside: RequestRow.Aside.Fields {
        @inline(__always) _read { yield row.fields.aside.fields }
        _modify {
            if !isKnownUniquelyReferenced(&fields.aside) { fields.aside = RequestRow.Aside(fields.aside.fields) }
            yield &fields.aside.fields
        }
    }

    /// Takes an equal aside for its own; false where it is not.
    mutating func share(_ aside: RequestRow.Aside) -> Bool {
        guard row.fields.aside == aside else { return false }
        if row.fields.aside !== aside { fields.aside = aside }
        return true
    }

    public init() {}

    /// The `detail` of an answer that its cap cut before a word of it came.
    public static let cutShort = "truncated_length"

    /// Whether max_tokens ended it while the model was still reasoning. Its times are as good as any, and it is of no use.
    @inline(__always) public var isCutWhileReasoning: Bool { outcome == .reasoningOnly && detail == Self.cutShort }

    /// The class it counts in: `reasoning_only` is a success where the cap cut it, for then no server could have done
    /// better.
    @inline(__always) public var outcomeClass: Outcome.Class { isCutWhileReasoning ? .success : outcome.class }

    /// Since t0; nil = not sent.
    @inline(__always) public var dispatched: Int64? { dispatchLag.map { scheduled &+ $0 } }
}
