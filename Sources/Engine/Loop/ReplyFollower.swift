internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

/// Follows one reply at a time, from its first byte to its verdict: what came, when, and what it amounts to.
///
/// Everything that judges answers, a run or a check, judges the same facts, which are gathered here.
struct ReplyFollower {
    /// What was asked for, without which no answer can be judged.
    struct Question: Sendable, Hashable {
        /// Whether a stream was asked for.
        var streams = true
        /// Texts whose vectors are wanted; nil = text is.
        var inputs: Int?
        /// Tokens that the prompt was made to have; nil where the prompt is the user's.
        var askedTokens: Int?
        /// Whether an answer that its cap cut short is as long as was asked for.
        var fixesLength = false
    }

    /// Between two tokens of the fastest models there are: 5,000 a second. Nanoseconds.
    private static let shortestGap: Int64 = 200_000

    let decoder: ReplyDecoder
    private var hasBegun = false
    private var late: Int64 = 0  // what has bytes behind it in the last read, by at most so much
    private var lastRead: ReceiveStamp?
    private var gaps = GapLog()
    private(set) var state = ReplyState()
    private(set) var end = ReplyEnd()

    init(decoder: ReplyDecoder) { self.decoder = decoder }

    /// Makes ready for another reply.
    /// - Parameter keepsText: whether what the model writes is kept.
    mutating func reset(keepsText: Bool) {
        decoder.keepsText = keepsText
        decoder.reset()
        state = ReplyState()
        end = ReplyEnd()
        hasBegun = false
        lastRead = nil
        late = 0
    }

    /// Takes a piece of the body.
    mutating func receive(_ bytes: Span<UInt8>, at stamp: ReceiveStamp, of transfer: Transfer) -> (
        digest: ReadDigest, action: ReplyState.Action
    ) {
        if !hasBegun { begin(transfer) }
        lastRead = stamp
        let digest = decoder.receive(bytes)
        end.note(digest.terminalSign, usage: decoder.reply.usage, at: stamp.instant, read: stamp.readAt)
        // The usual case: one event, and nothing behind it.
        let isExact = stamp.isExactAtEnd && (digest.endsWithToken ? digest.tokenEvents == 1 : digest.events == 0)
        late = isExact ? 0 : transfer.lateness(of: stamp)
        let before = state.lastToken
        let action = state.receive(digest, stamp: stamp, late: late)
        // What may have come before its stamp ends a gap as early.
        if case .nextTokens = action, let before {
            let gap = stamp.instant.nanoseconds(since: before) - late
            if gap >= GapLog.shortest {
                gaps.add(gap, endingAt: stamp.instant.nanoseconds(since: transfer.timing.dispatched) - late)
            }
        }
        return (digest, action)
    }

    /// Nothing more comes. An error body or an answer in one piece is understood here; it arrived with the last read.
    /// - Returns: what that brought, and when; nil = nothing.
    mutating func finish(_ transfer: Transfer) -> (digest: ReadDigest, action: ReplyState.Action, at: ReceiveStamp)? {
        if !hasBegun, transfer.status != 0 { begin(transfer) }
        guard hasBegun else { return nil }
        let digest = decoder.finish()
        guard digest.events > 0, let lastRead else { return nil }
        return (digest, state.receive(digest, stamp: lastRead, late: late), lastRead)
    }

    private mutating func begin(_ transfer: Transfer) {
        hasBegun = true
        decoder.begin(status: transfer.status, contentType: transfer.responseHeader("content-type"))
        decoder.takeHead { transfer.responseHeader($0) }
    }

    /// When the answer was complete, its usage included: its last bytes came then, whatever its connection did later. nil =
    /// it never was.
    func answered(_ transfer: Transfer) -> Instant? { transfer.timing.answered ?? end.since }

    // MARK: the record

    /// What is known when the request is over.
    private func evidence(_ question: Question, _ transfer: Transfer, _ cause: EndCause) -> OutcomeRule.Evidence {
        var evidence = OutcomeRule.Evidence()
        evidence.cause = cause
        evidence.status = transfer.status
        evidence.reply = decoder.reply
        evidence.headBegan = transfer.timing.firstByte != nil
        evidence.headEnded = transfer.headIsComplete
        evidence.encoding = evidence.reply.events == 0 ? transfer.responseHeader("content-encoding") : nil
        evidence.streams = question.streams
        evidence.tokenReads = state.tokenReads
        evidence.mayHaveMet =
            max(state.lateFirst, state.lateLast) >= Int64(evidence.reply.tokenEvents) * Self.shortestGap
        evidence.inputs = question.inputs
        return evidence
    }

    /// Everything of a request's record but its identity: its instants, its verdict, what came. Text of the server's is
    /// redacted.
    mutating func record(_ question: Question, _ transfer: Transfer, _ cause: EndCause, redactor: Redactor)
        -> RequestRecord
    {
        let evidence = evidence(question, transfer, cause)
        let verdict = OutcomeRule.judge(evidence)
        var record = RequestRecord()
        note(transfer, in: &record, isWhole: evidence.reply.isNotStreamed)
        record.longGaps = gaps.take()
        note(evidence.reply, question, in: &record)
        note(verdict, question, evidence.reply, in: &record)
        record.detail = record.detail.map { redactor.redacted($0) }
        record.finish = evidence.reply.finishWord.map { redactor.redacted($0) }
        record.servedModel = evidence.reply.served.model.map { redactor.redacted($0) }
        record.servedTier = evidence.reply.served.tier.map { redactor.redacted($0) }
        record.servedBy = evidence.reply.served.by.map { redactor.redacted($0) }
        let lost = end.since == nil ? cause.failure?.text : nil
        let words = lost ?? transfer.redirection ?? evidence.reply.error?.message ?? evidence.reply.excerpt
        record.error = record.outcomeClass == .success ? nil : words.map { redactor.redacted($0) }
        return record
    }

    private func note(_ transfer: Transfer, in record: inout RequestRecord, isWhole: Bool) {
        let timing = transfer.timing
        let dispatched = timing.dispatched
        record.connect = timing.connect
        record.tls = timing.tls
        // The call that wrote it may return after the answer has come.
        record.written = timing.written.map { min($0, timing.firstByte ?? $0).nanoseconds(since: dispatched) }
        record.firstByte = timing.firstByte?.nanoseconds(since: dispatched)
        record.firstEvent = state.firstEvent?.nanoseconds(since: dispatched)
        record.firstReasoning = state.firstReasoning?.nanoseconds(since: dispatched)
        if !isWhole {  // an answer in one piece has an end, but no first token
            record.firstToken = state.firstToken?.nanoseconds(since: dispatched)
            record.firstVisible = state.firstVisible?.nanoseconds(since: dispatched)
        }
        record.lastToken = state.lastToken?.nanoseconds(since: dispatched)
        record.ended = (answered(transfer) ?? timing.ended)?.nanoseconds(since: dispatched)
        record.lastByte = (end.since ?? state.lastRead)?.nanoseconds(since: dispatched)
        record.lateSend = timing.lateSend
        record.lateFirst = record.firstToken == nil ? nil : state.lateFirst
        record.lateLast = record.lastToken == nil ? nil : state.lateLast
        // A connection that was left open behind its answer, and closed by us, was waited for on purpose.
        let understood = timing.answered == nil ? end.noticed : timing.ended
        if let answered = answered(transfer), let understood {
            record.lateEnd = max(0, understood.nanoseconds(since: answered))
        }
        record.httpStatus = transfer.status == 0 ? nil : transfer.status
        record.connection = timing.reused ? .reused : timing.preopened ? .preopened : timing.connect == nil ? nil : .new
        record.stamp = state.readStamps == 0 && state.tokenReads > 0 ? .kernel : .read
        record.reads = state.reads
        record.tokenReads = state.tokenReads
        record.firstReadTextBytes = state.firstReadTextBytes
        record.maxGap = state.maxGap
    }

    private func note(_ reply: ReplyFacts, _ question: Question, in record: inout RequestRecord) {
        record.reportedCold = reply.reportedCold
        record.events = reply.events
        record.tokenEvents = reply.tokenEvents
        record.textBytes = reply.textBytes
        record.visibleBytes = reply.visibleBytes
        let usage = reply.usage
        record.inputTokens = usage.input
        record.askedInputTokens = question.askedTokens.map { Int64($0) }
        record.cachedInputTokens = usage.cachedInput
        record.cacheWrittenTokens = usage.written
        record.cacheWrittenForHour = usage.writtenForHour
        record.outputTokens = usage.output
        record.reasoningTokens = usage.reasoning
        record.tokenSource = usage.output == nil ? nil : .usage
        record.hiddenReasoning = (usage.reasoning ?? 0) > 0 && reply.reasoningBytes == 0
        if record.outputTokens == nil, reply.tokenEvents > 0 {
            record.outputTokens = Int64(reply.tokenEvents)
            record.tokenSource = .events
        }
        if let inputs = question.inputs { record.noteVectors(reply, of: inputs) }
    }

    private func note(
        _ verdict: OutcomeRule.Verdict,
        _ question: Question,
        _ reply: ReplyFacts,
        in record: inout RequestRecord
    ) {
        record.outcome = verdict.outcome
        record.detail = verdict.detail
        record.note = verdict.note
        switch verdict.outcome {
        case .ok: record.useful = question.inputs == nil || question.inputs == reply.vectors
        case .okLength: record.useful = question.fixesLength
        default: record.useful = false
        }
        if let inputs = question.inputs, verdict.outcome.class == .success, !record.useful {
            record.note = "\(reply.vectors) vectors for \(inputs) inputs"
        }
    }
}

extension RequestRecord {
    /// Embeddings have no output tokens: with the server's count of the input all of theirs is known.
    mutating func noteVectors(_ reply: ReplyFacts, of inputs: Int) {
        self.inputs = inputs
        vectors = reply.vectors
        outputTokens = reply.usage.input == nil ? nil : 0
        tokenSource = reply.usage.input == nil ? nil : .usage
    }
}
