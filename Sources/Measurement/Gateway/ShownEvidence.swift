import Ticks

/// What one target showed its client over a run, as far as a gateway might change it: counts of its own requests.
struct ShownEvidence: Sendable, Hashable {
    /// A figure's sum and squares, from which its mean and the error of that follow.
    struct Moments: Sendable, Hashable {
        var count = 0.0
        var sum = 0.0
        var squares = 0.0

        mutating func add(_ value: Double) {
            count += 1
            sum += value
            squares += value * value
        }

        static func + (a: Self, b: Self) -> Self {
            Moments(count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares)
        }

        var mean: Double? { count > 0 ? sum / count : nil }
        /// Squared, of the mean; nil under two values.
        var squaredError: Double? {
            count > 1 ? max(0, squares - sum * sum / count) / (count - 1) / count : nil
        }
    }

    var answers = 0
    // Of the answers:
    var withUsage = 0
    var withCached = 0  // that told what came from the cache
    var withReasoningTokens = 0
    var withReasoning = 0  // text of it
    var streamed = 0  // in three reads or more
    var long = 0  // of eight events with tokens or more, or in one piece
    var events = 0.0
    var reads = 0.0
    var inputTokens = Moments()
    var visibleTokens = 0.0  // that usage told, of answers with visible text
    var visibleBytes = 0.0

    /// Requests that were tried, and how often each kind of failure came.
    var tried = 0
    var failures: [String: Int] = [:]

    // What the server made of requests whose user went away, where its counters are read.
    /// When each of them left, milliseconds since it was dispatched.
    var leftAfter: [Double] = []
    var answerTokens = 0.0
    var failureTokens = 0.0
    var ttft = Moments()  // of the answers, as the next
    var e2e = Moments()
    /// What its counter grew by while it was asked; nil = it is not read.
    var made: Double?

    var refusals: [RefusalRecord] = []

    init() {}

    init(_ timeline: TargetTimeline) {
        timeline.counted().forEach { add($0) }
        refusals = timeline.target.refusals
        guard let server = timeline.server else { return }
        let index = timeline.index
        let phases = index.phases(of: timeline.target.id).filter { $0.kind != .warmup && $0.kind != .trickle }
        made = server.increase(of: .generationTokens, in: phases.flatMap(index.activeSpans(of:)))
    }

    private mutating func add(_ request: RequestRecord) {
        guard request.dispatchLag != nil else { return }
        if request.outcome == .cancelled {
            if let ended = request.ended { leftAfter.append(Double(ended) / 1e6) }
            return
        }
        switch request.outcomeClass {
        case .excluded: return
        case .failed, .throttled:
            tried += 1
            failures[request.failureKind, default: 0] += 1
            failureTokens += Double(request.countedOutputTokens ?? 0)
            return
        case .success: tried += 1
        }
        answers += 1
        answerTokens += Double(request.countedOutputTokens ?? 0)
        if let first = request.ttftMilliseconds { ttft.add(first) }
        if let last = request.e2eMilliseconds { e2e.add(last) }
        if request.firstReasoning != nil { withReasoning += 1 }
        if request.tokenReads >= 3 { streamed += 1 }
        if request.tokenEvents >= 8 || request.firstToken == nil { long += 1 }
        if request.tokenEvents >= 8 {
            events += Double(request.tokenEvents)
            reads += Double(max(1, request.tokenReads))
        }
        guard request.tokenSource == .usage else { return }
        withUsage += 1
        if request.cachedInputTokens != nil { withCached += 1 }
        if request.reasoningTokens != nil { withReasoningTokens += 1 }
        if let input = request.inputTokens { inputTokens.add(Double(input)) }
        let visible = (request.countedOutputTokens ?? 0) - max(0, request.reasoningTokens ?? 0)
        guard visible > 0, request.visibleBytes > 0 else { return }
        visibleTokens += Double(visible)
        visibleBytes += Double(request.visibleBytes)
    }

    /// Of two runs at one target.
    mutating func add(_ other: Self) {
        answers += other.answers
        withUsage += other.withUsage
        withCached += other.withCached
        withReasoningTokens += other.withReasoningTokens
        withReasoning += other.withReasoning
        streamed += other.streamed
        long += other.long
        events += other.events
        reads += other.reads
        inputTokens = inputTokens + other.inputTokens
        visibleTokens += other.visibleTokens
        visibleBytes += other.visibleBytes
        tried += other.tried
        failures.merge(other.failures, uniquingKeysWith: +)
        leftAfter += other.leftAfter
        answerTokens += other.answerTokens
        ttft = ttft + other.ttft
        e2e = e2e + other.e2e
        failureTokens += other.failureTokens
        made = made.flatMap { own in other.made.map { own + $0 } }
        refusals += other.refusals
    }

    var eventsPerRead: Double? { reads > 0 ? events / reads : nil }
    var bytesPerToken: Double? { visibleTokens > 0 ? visibleBytes / visibleTokens : nil }
}

extension RequestRecord {
    /// As its client sees it: the status, or what became of a stream.
    fileprivate var failureKind: String {
        if let httpStatus, httpStatus >= 300 { return "HTTP \(httpStatus)" }
        return outcome.rawValue
    }
}
