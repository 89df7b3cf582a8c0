/// What the model wrote in answer to one request: one line of an OpenAI batch's output file, redacted.
public struct AnswerRecord: Sendable, Hashable {
    public var sequence: Int64 = 0  // of the request
    public var line = ""

    public init() {}

    public init(sequence: Int64, line: String) {
        self.sequence = sequence
        self.line = line
    }
}

/// One request, from the plan's instant to its end: one row of `run.sqlite`.
///
/// `scheduled` counts from the run's `t0`; every other instant counts from `dispatched`. nil = it never happened.
///
///     scheduled ─► dispatched ─► connected ─► written ─► first byte ─► first event ─► first token ─► last token ─► end
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
    public var sequence: Int64 = 0  // unique in the run, in order of dispatch within a loop
    public var step: Int = 0  // `StepRecord.id`
    @Sparse public var rank: Int? = nil  // place in an edge wave, from 0
    @Sparse public var item: Int? = nil  // its place in a job's list of prompts, from 0
    /// The conversation it belongs to and its place in it, from 0; nil = it stands alone.
    @Sparse public var conversation: Int? = nil
    @Sparse public var turn: Int? = nil
    /// How long its user thinks after it, nanoseconds; nil = no question follows.
    @Sparse public var think: Int64? = nil
    public var measured = false  // dispatched inside its step's measured window
    public var loop: Int = 0
    public var attempt: Int = 0

    // Instants, nanoseconds.
    public var scheduled: Int64 = 0  // since t0
    @Sparse public var dispatchLag: Int64? = nil  // dispatched = scheduled + lag; nil = not sent
    @Sparse public var queued: Int64? = nil  // the part of the lag that a cap on requests in flight made; nil = none
    @Sparse public var dns: Int64? = nil  // durations of connection set-up, 0 or nil on a reused connection
    @Sparse public var connect: Int64? = nil
    @Sparse public var tls: Int64? = nil
    @Sparse public var written: Int64? = nil  // since dispatched, as all below: the last byte of the request went to the kernel
    @Sparse public var firstByte: Int64? = nil
    @Sparse public var firstEvent: Int64? = nil
    @Sparse public var firstReasoning: Int64? = nil
    @Sparse public var firstToken: Int64? = nil
    @Sparse public var firstVisible: Int64? = nil
    @Sparse public var lastToken: Int64? = nil
    @Sparse public var lastByte: Int64? = nil  // when its terminal sign came, where it has one; else when anything last came
    @Sparse public var ended: Int64? = nil

    // What the generator itself added, nanoseconds; nil = not known (a result of before, or the instant never came).
    @Sparse public var lateSend: Int64? = nil  // to the first byte sent, set-up off; counts from `dispatched`
    @Sparse public var lateFirst: Int64? = nil  // at most, to the instant of the first token
    @Sparse public var lateLast: Int64? = nil  // at most, to that of the last token
    @Sparse public var lateEnd: Int64? = nil  // from its last bytes' arrival until its end was understood and its slot free

    // Result.
    public var outcome: Outcome = .notSent
    public var detail: String?  // the finer class, e.g. `http_404`, `connect_refused`
    public var useful = false
    @Sparse public var httpStatus: Int? = nil
    public var finish: String?  // the server's finish reason, as sent
    public var note: String?  // e.g. "no [DONE]"
    public var error: String?  // the server's words, redacted, at most 2 KiB
    public var connection: Connection?
    public var stamp: Stamp = .read
    /// The prompt it sent, where others send the same at temperature 0, and a hash of the answer's visible text.
    @Sparse public var prompt: Int? = nil
    public var answerHash: Int64?
    /// Whether the server itself said that this request waited for a replica to start; nil = it said nothing.
    public var reportedCold: Bool?

    // Tokens.
    @Sparse public var askedInputTokens: Int64? = nil  // that a synthetic prompt was made to have; nil where the text is the user's
    @Sparse public var inputTokens: Int64? = nil
    @Sparse public var cachedInputTokens: Int64? = nil
    @Sparse public var outputTokens: Int64? = nil  // by `tokenSource`
    @Sparse public var reasoningTokens: Int64? = nil  // part of the output
    public var tokenSource: TokenSource?
    @Sparse public var inputs: Int? = nil  // texts of a request for embeddings; nil where text was asked for
    @Sparse public var vectors: Int? = nil  // embeddings that came

    // The stream.
    public var events: Int = 0  // all events that carried a payload
    public var tokenEvents: Int = 0  // those with text, reasoning, tool arguments or refusal
    public var reads: Int = 0  // reads from the socket
    public var tokenReads: Int = 0  // reads that brought at least one token event
    public var textBytes: Int64 = 0  // UTF-8 bytes of all that text
    public var visibleBytes: Int64 = 0  // of the visible part
    public var firstReadTextBytes: Int64 = 0  // of the first token-bearing read
    public var hiddenReasoning = false  // reasoning was billed but not streamed
    @Sparse public var maxGap: Int64? = nil  // longest gap between token-bearing reads
    /// Those of half a second and more, encoded by `GapLog`; nil = none, or a result of before.
    public var longGaps: [UInt8]?
    /// Token events and text bytes per bin, encoded by `ArrivalLog`; bins are those of the step (`StepRecord.binWidth`).
    public var arrivals: [UInt8] = []

    public init() {}

    /// The `detail` of an answer that its cap cut before a word of it came.
    public static let cutShort = "truncated_length"

    /// Whether max_tokens ended it while the model was still reasoning. Its times are as good as any, and it is of no use.
    public var isCutWhileReasoning: Bool { outcome == .reasoningOnly && detail == Self.cutShort }

    /// The class it counts in: `reasoning_only` is a success where the cap cut it, for then no server could have done
    /// better.
    public var outcomeClass: Outcome.Class { isCutWhileReasoning ? .success : outcome.class }

    /// Since t0; nil = not sent.
    public var dispatched: Int64? { dispatchLag.map { scheduled &+ $0 } }
}
