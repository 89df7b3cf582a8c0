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
    private var follower: ReplyFollower
    private var arrivals = ArrivalLog()
    /// What an answer to it is held against.
    var question = ReplyFollower.Question()

    /// Index of the target it is for.
    var target = 0
    /// What it is to the stage that started it, and which one that was.
    var kind = StageShaper.RequestKind.unmeasured
    var step = 0
    var rank: Int?
    /// Whether what the model writes goes to the store.
    var keepsAnswer = false
    /// How long after its dispatch its user gives up, nanoseconds.
    var patience: Int64?
    private var hasGivenUp = false
    /// Whether its answer has been complete, and so it stands in the driver's list of those.
    var isComplete = false
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
    var claim = Budget.Claim(outputTokens: 0, nanodollars: 0)
    /// Its place in the driver's list of running requests.
    var slot = 0

    init(transfer: Transfer, decoder: ReplyDecoder, driver: LoopDriver) {
        self.transfer = transfer
        follower = ReplyFollower(decoder: decoder)
        self.driver = driver
        arrivals.reserve(bytes: 128)
        transfer.touches(self, decoder)
    }

    var decoder: ReplyDecoder { follower.decoder }

    /// - Parameter keepsText: whether what the model writes is kept.
    func reset(keepsText: Bool) {
        follower.reset(keepsText: keepsText)
        rank = nil
        queued = 0
        item = nil
        conversation = nil
        patience = nil
        keepsAnswer = false
        hasGivenUp = false
        isComplete = false
        transfer.handler = self
    }

    // MARK: the transfer

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        let lag = stamp.isKernel ? stamp.readAt.nanoseconds(since: stamp.instant) : nil
        driver.recorder.read(lag: lag, at: stamp.instant)
        let (digest, action) = follower.receive(bytes, at: stamp, of: transfer)
        note(digest, action, stamp)
        if digest.terminalSign != .none, !isComplete {
            isComplete = true
            driver.complete.append(self)
        }
    }

    private func note(_ digest: ReadDigest, _ action: ReplyState.Action, _ stamp: ReceiveStamp) {
        let recorder = driver.recorder
        guard digest.tokenEvents > 0 else { return }
        arrivals.add(
            bin: recorder.binIndex(of: stamp.instant),
            events: digest.tokenEvents,
            textBytes: digest.textBytes
        )
        recorder.tokens(digest.tokenEvents, at: stamp.instant)
        driver.lastToken = stamp.instant
        switch action {
        case .firstToken:
            recorder.firstToken(ttft: stamp.instant.nanoseconds(since: transfer.timing.dispatched))
            driver.firstToken(after: stamp.instant.nanoseconds(since: scheduled))
        case .nextTokens(let gap): recorder.gap(gap)
        case .nothing, .sameRead: break
        }
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) { end(.transfer(failure)) }

    /// Nothing more comes.
    func end(_ cause: EndCause) {
        if let (digest, action, stamp) = follower.finish(transfer) { note(digest, action, stamp) }
        driver.ended(self, cause)
    }

    // MARK: the record

    /// The server's words, where it refused or broke off.
    var serverError: ServerError? { decoder.reply.error }

    /// When its answer was complete; nil = it never was.
    var answered: Instant? { follower.answered(transfer) }

    /// When it is over though its connection stays open; nil while its answer is not complete.
    func over(_ patience: ReplyEnd.Patience) -> Instant? { follower.end.over(patience) }

    /// An instant before which it cannot be overdue.
    func safe(_ watchdog: Watchdog, now: Instant) -> Instant {
        let dispatched = transfer.timing.dispatched
        let safe = watchdog.safe(
            dispatched: dispatched,
            written: transfer.timing.written,
            firstToken: follower.state.firstToken,
            lastRead: follower.state.lastRead ?? transfer.timing.firstByte,
            now: now
        )
        return patience.map { min(safe, dispatched.advanced(byNanoseconds: $0)) } ?? safe
    }

    func overdue(_ watchdog: Watchdog, now: Instant) -> Outcome? {
        if follower.end.since != nil { return nil }  // it has its answer
        if let patience, now.nanoseconds(since: transfer.timing.dispatched) >= patience {
            hasGivenUp = true
            return .cancelled
        }
        return watchdog.verdict(
            dispatched: transfer.timing.dispatched,
            written: transfer.timing.written,
            firstToken: follower.state.firstToken,
            lastRead: follower.state.lastRead ?? transfer.timing.firstByte,
            now: now
        )
    }

    func record(t0: Instant, _ cause: EndCause, redactor: Redactor) -> RequestRecord {
        var record = follower.record(question, transfer, cause, redactor: redactor)
        record.sequence = sequence
        record.attempt = attempt
        record.step = step
        record.rank = rank
        record.item = item
        record.measured = attempt > 0 ? measured : kind == .measured || kind == .wave
        record.loop = driver.loopIndex
        record.scheduled = scheduled.nanoseconds(since: t0)
        record.dispatchLag = transfer.timing.dispatched.nanoseconds(since: scheduled)
        record.queued = queued > 0 ? queued : nil
        if record.outcome == .cancelled, hasGivenUp { record.detail = "user" }
        record.arrivals = arrivals.take()
        guard record.outcomeClass == .success else { return record }
        if let check = driver.check(of: target) {
            let answer = decoder.text.choices[0]?.content ?? ""
            if let shortfall = check.shortfall(of: answer, index: Int(prompt)) {
                record.useful = false
                record.detail = "unexpected"
                record.note = record.note.map { "\($0); \(shortfall)" } ?? shortfall
            }
        }
        record.prompt = comparablePrompt
        if comparablePrompt != nil { record.answerHash = Int64(bitPattern: decoder.reply.answerHash) }
        return record
    }
}
