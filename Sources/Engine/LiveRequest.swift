internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// One request in flight: takes the bytes of its transfer, keeps the state of its reply, becomes a record.
///
/// Pooled with its transfer and decoder, so that a request costs no allocation beyond its body and its record.
final class LiveRequest: TransferHandler {
    let transfer: Transfer
    unowned(unsafe) let driver: LoopDriver
    let decoder: ReplyDecoder
    private var arrivals = ArrivalLog()
    private(set) var state = ReplyState()
    private var hasBegun = false
    private var lastRead: ReceiveStamp?

    /// Index of the target it is for.
    var target = 0
    /// What it is to the stage that started it, and which one that was.
    var kind = StageShaper.RequestKind.unmeasured
    var step = 0
    var rank: Int?
    /// Whether what the model writes goes to the store.
    var keepsAnswer = false
    /// Texts in it, where vectors are wanted.
    var inputs: Int?
    /// How long after its dispatch its user gives up, nanoseconds.
    var patience: Int64?
    private var hasGivenUp = false
    /// Its place in a job's list of prompts.
    var item: Int?
    /// The conversation whose present question it asks.
    var conversation: Conversation?
    var sequence: Int64 = 0
    var prompt: Int64 = 0  // its index among the prompts
    var arrival: Int?  // its place in an open loop's plan
    var attempt = 0
    /// Of a later attempt: whether the first was measured.
    var measured = false
    var scheduled = Instant.zero
    /// The number of its prompt under which its answer may be held against others.
    var comparablePrompt: Int?
    /// How long it had to wait for a place under a cap, nanoseconds.
    var queued: Int64 = 0
    var bodyBytes = 0
    /// Tokens that its prompt was made to have; nil where the prompt is the user's.
    var askedTokens: Int?
    /// Whether an answer that its cap cut short is as long as was asked for.
    var fixesLength = false
    var claim = Budget.Claim(outputTokens: 0, nanodollars: 0)
    /// Its place in the driver's list of running requests.
    var slot = 0

    init(transfer: Transfer, decoder: ReplyDecoder, driver: LoopDriver) {
        self.transfer = transfer
        self.decoder = decoder
        self.driver = driver
        arrivals.reserve(bytes: 128)
        transfer.touches(self, decoder)
    }

    func reset() {
        decoder.reset()
        state = ReplyState()
        hasBegun = false
        lastRead = nil
        rank = nil
        queued = 0
        item = nil
        conversation = nil
        patience = nil
        keepsAnswer = false
        hasGivenUp = false
        transfer.handler = self
    }

    // MARK: the transfer

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        if !hasBegun { begin() }
        let lag = stamp.isKernel ? stamp.readAt.nanoseconds(since: stamp.instant) : nil
        driver.recorder.read(lag: lag, at: stamp.instant)
        lastRead = stamp
        note(decoder.receive(bytes), stamp)
    }

    private func begin() {
        hasBegun = true
        decoder.begin(status: transfer.status, contentType: transfer.responseHeader("content-type"))
    }

    private func note(_ digest: ReadDigest, _ stamp: ReceiveStamp) {
        let recorder = driver.recorder
        let action = state.receive(digest, stamp: stamp)
        guard digest.tokenEvents > 0 else { return }
        arrivals.add(
            bin: recorder.binIndex(of: stamp.instant),
            events: digest.tokenEvents,
            textBytes: digest.textBytes
        )
        recorder.tokens(digest.tokenEvents)
        switch action {
        case .firstToken:
            recorder.firstToken(ttft: stamp.instant.nanoseconds(since: transfer.timing.dispatched))
            driver.firstToken(after: stamp.instant.nanoseconds(since: scheduled))
        case .nextTokens(let gap): recorder.gap(gap)
        case .nothing, .sameRead: break
        }
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        if !hasBegun, transfer.status != 0 { begin() }
        // An error body or an answer in one piece is understood at its end; it arrived with the last read.
        if hasBegun {
            let digest = decoder.finish()
            if digest.events > 0, let lastRead { note(digest, lastRead) }
        }
        driver.ended(self, ours: nil, failure: failure)
    }

    // MARK: the record

    /// The server's words, where it refused or broke off.
    var serverError: ServerError? { decoder.reply.error }

    /// An instant before which it cannot be overdue.
    func safe(_ watchdog: Watchdog, now: Instant) -> Instant {
        let dispatched = transfer.timing.dispatched
        let safe = watchdog.safe(
            dispatched: dispatched,
            written: transfer.timing.written,
            firstToken: state.firstToken,
            lastRead: state.lastRead ?? transfer.timing.firstByte,
            now: now
        )
        return patience.map { min(safe, dispatched.advanced(byNanoseconds: $0)) } ?? safe
    }

    func overdue(_ watchdog: Watchdog, now: Instant) -> Outcome? {
        if let patience, now.nanoseconds(since: transfer.timing.dispatched) >= patience {
            hasGivenUp = true
            return .cancelled
        }
        return watchdog.verdict(
            dispatched: transfer.timing.dispatched,
            written: transfer.timing.written,
            firstToken: state.firstToken,
            lastRead: state.lastRead ?? transfer.timing.firstByte,
            now: now
        )
    }

    func record(t0: Instant, ours: Outcome?, failure: TransferFailure?, fixedLength: Bool, redactor: Redactor)
        -> RequestRecord
    {
        let timing = transfer.timing
        let reply = decoder.reply
        var evidence = OutcomeRule.Evidence()
        evidence.ours = ours
        evidence.failure = failure
        evidence.status = transfer.status
        evidence.reply = reply
        evidence.headBegan = timing.firstByte != nil
        evidence.headEnded = transfer.headIsComplete
        evidence.encoding = reply.events == 0 ? transfer.responseHeader("content-encoding") : nil
        evidence.streams = driver.asksForStream(of: target)
        evidence.tokenReads = state.tokenReads
        evidence.inputs = inputs
        let verdict = OutcomeRule.judge(evidence)

        var record = RequestRecord()
        record.sequence = sequence
        record.attempt = attempt
        record.step = step
        record.rank = rank
        record.item = item
        record.measured = attempt > 0 ? measured : kind == .measured || kind == .wave
        record.loop = driver.loopIndex
        record.scheduled = scheduled.nanoseconds(since: t0)
        let dispatched = timing.dispatched
        record.dispatchLag = dispatched.nanoseconds(since: scheduled)
        record.queued = queued > 0 ? queued : nil
        record.connect = timing.connect
        record.tls = timing.tls
        // The call that wrote it may return after the answer has come.
        record.written = timing.written.map { min($0, timing.firstByte ?? $0).nanoseconds(since: dispatched) }
        record.firstByte = timing.firstByte?.nanoseconds(since: dispatched)
        record.firstEvent = state.firstEvent?.nanoseconds(since: dispatched)
        record.firstReasoning = state.firstReasoning?.nanoseconds(since: dispatched)
        if !reply.isNotStreamed {  // an answer in one piece has an end, but no first token
            record.firstToken = state.firstToken?.nanoseconds(since: dispatched)
            record.firstVisible = state.firstVisible?.nanoseconds(since: dispatched)
        }
        record.lastToken = state.lastToken?.nanoseconds(since: dispatched)
        record.ended = (timing.answered ?? timing.ended)?.nanoseconds(since: dispatched)
        record.outcome = verdict.outcome
        record.detail = verdict.detail.map { redactor.redacted($0) }
        if ours == .cancelled, hasGivenUp { record.detail = "user" }
        record.note = verdict.note
        record.httpStatus = transfer.status == 0 ? nil : transfer.status
        record.finish = reply.finishWord.map { redactor.redacted($0) }
        record.connection = timing.reused ? .reused : timing.preopened ? .preopened : timing.connect == nil ? nil : .new
        record.stamp = state.readStamps == 0 && state.tokenReads > 0 ? .kernel : .read
        record.reportedCold = reply.reportedCold
        record.events = reply.events
        record.tokenEvents = reply.tokenEvents
        record.reads = state.reads
        record.tokenReads = state.tokenReads
        record.textBytes = reply.textBytes
        record.visibleBytes = reply.visibleBytes
        record.firstReadTextBytes = state.firstReadTextBytes
        record.maxGap = state.maxGap
        record.arrivals = arrivals.take()
        let usage = reply.usage
        record.inputTokens = usage.input
        record.askedInputTokens = askedTokens.map { Int64($0) }
        record.cachedInputTokens = usage.cachedInput
        record.outputTokens = usage.output
        record.reasoningTokens = usage.reasoning
        record.tokenSource = usage.output == nil ? nil : .usage
        record.hiddenReasoning = (usage.reasoning ?? 0) > 0 && reply.reasoningBytes == 0
        if record.outputTokens == nil, reply.tokenEvents > 0 {
            record.outputTokens = Int64(reply.tokenEvents)
            record.tokenSource = .events
        }
        if let inputs { record.noteVectors(reply, of: inputs) }
        switch verdict.outcome {
        case .ok: record.useful = inputs == nil || inputs == reply.vectors
        case .okLength: record.useful = fixedLength
        default: record.useful = false
        }
        if record.outcome.class == .success {
            if let check = driver.check(of: target) {
                let answer = decoder.text.choices[0]?.content ?? ""
                if let shortfall = check.shortfall(of: answer, index: Int(prompt)) {
                    record.useful = false
                    record.detail = "unexpected"
                    record.note = record.note.map { "\($0); \(shortfall)" } ?? shortfall
                }
            }
            record.prompt = comparablePrompt
            if comparablePrompt != nil { record.answerHash = Int64(bitPattern: reply.answerHash) }
        }
        if inputs != nil, record.outcome.class == .success, !record.useful {
            record.note = "\(reply.vectors) vectors for \(inputs ?? 0) inputs"
        }
        let words = failure?.text ?? reply.error?.message ?? reply.excerpt
        record.error = verdict.outcome.class == .success ? nil : words.map { redactor.redacted($0) }
        return record
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
