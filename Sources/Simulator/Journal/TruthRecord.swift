internal import Ticks

/// What the provider really did for one request. Instants are taken right after the write of the bytes they tell of.
struct TruthRecord: Sendable {
    enum Outcome: String, Sendable {
        case completed
        case cancelled  // the client went away
        case rejected  // 429, the queue full or on purpose
        case refused  // 400, 404, 405: the request was wrong
        case serverError = "server_error"
        case truncated, empty
        case inbandError = "inband_error"
        case stalled
        case fault  // of the scenario's list
        case stopped  // the simulator was ended
    }

    /// Tokens sent in all up to an instant.
    struct Sample: Sendable, Hashable {
        var at: Instant
        var tokens: Int
    }

    /// Samples are at least so far apart, and the latest `sampleCapacity` are kept: the last 320 ms, or the last 32
    /// writes when they come slower.
    static let sampleSpacing: Int64 = 10_000_000
    static let sampleCapacity = 32

    var id = ""
    var connection = 0  // number of the request on its connection, from 0
    var received: Instant
    var dequeued: Instant?
    var replica: Int?
    var cold: Bool?
    var firstToken: Instant?
    var lastToken: Instant?
    var ended = Instant.zero
    var tokensSent = 0
    var promptTokens = 0
    var cachedTokens = 0  // of the prompt's
    var writtenTokens = 0  // of the prompt's, to the cache
    var writtenForHour = 0  // of them
    var model = ""  // that answered
    var tier: String?  // that it was served in; nil = it is not told
    var reasoningTokens = 0  // of those sent
    var vectors: Int?  // embeddings sent; nil = text was asked for
    var fault: String?
    var maxTokens: Int?
    var streams = false
    var status = 200
    var outcome = Outcome.completed
    /// Whether the client ever left written bytes unread in such number that the kernel took no more: then the tokens had
    /// been handed over, but not all sent.
    var clientWasSlow = false
    private(set) var samples: [Sample] = []  // a ring once full; `oldest` is where it begins
    private var oldest = 0

    init(received: Instant) { self.received = received }

    /// - Parameter isShown: false for tokens that are counted and billed, but of which nothing was written.
    mutating func sent(_ tokens: Int, at now: Instant, isShown: Bool = true) {
        tokensSent += tokens
        guard isShown else { return }
        if firstToken == nil { firstToken = now }
        lastToken = now
        let sample = Sample(at: now, tokens: tokensSent)
        if samples.count < Self.sampleCapacity {
            if let last = samples.last, now.nanoseconds(since: last.at) < Self.sampleSpacing { return }
            samples.append(sample)
        } else {
            let newest = (oldest + Self.sampleCapacity - 1) % Self.sampleCapacity
            if now.nanoseconds(since: samples[newest].at) < Self.sampleSpacing { return }
            samples[oldest] = sample
            oldest = (oldest + 1) % Self.sampleCapacity
        }
    }

    /// In order of time.
    var orderedSamples: [Sample] { Array(samples[oldest...] + samples[..<oldest]) }
}
