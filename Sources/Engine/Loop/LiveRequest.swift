internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// One request in flight: takes the bytes of its transfer, keeps the state of its reply, becomes a record.
///
/// Pooled with its transfer and decoder, so that a request costs no allocation beyond its body and its record.
final class LiveRequest: TransferHandler {
    // What each read touches comes first (`hotBytes`).
    let transfer: Transfer
    unowned(unsafe) let driver: LoopDriver
    private var tokensLeft = 0  // at most
    /// Whether its answer has been complete, and so it stands in the driver's list of those.
    var isComplete = false
    private var arrivals = ArrivalLog()
    private var follower: ReplyFollower
    static let hotBytes = 384

    unowned(unsafe) let lane: Lane
    /// What an answer to it is held against.
    var question = ReplyFollower.Question()

    /// What it is for.
    var errand = Errand(target: 0, sequence: 0, prompt: 0)
    /// Whether what the model writes goes to the store.
    var keepsAnswer = false
    /// How long after its dispatch its user gives up, nanoseconds.
    var patience: Int64?
    private var hasGivenUp = false
    /// What its prompt has in common with others, and whether its answer may be held against those to the same prompt.
    var repetition = Repetition.none
    var isComparable = false
    var bodyBytes = 0
    var claim = Budget.Claim(outputTokens: 0, nanodollars: 0) { didSet { tokensLeft = claim.outputTokens } }
    /// With so few left the answer's end is near.
    private static let lastTokens = 3
    /// Its place in the driver's list of running requests.
    var slot = 0

    init(transfer: Transfer, decoder: ReplyDecoder, driver: LoopDriver, lane: Lane) {
        self.transfer = transfer
        follower = ReplyFollower(decoder: decoder)
        self.driver = driver
        self.lane = lane
        arrivals.reserve(bytes: 128)
        transfer.touches(self, bytes: Self.hotBytes, decoder, bytes: ReplyDecoder.hotBytes)
    }

    var decoder: ReplyDecoder { follower.decoder }

    /// Makes ready for another errand.
    /// - Parameter keepsText: whether what the model writes is kept.
    func reset(_ errand: Errand, keepsText: Bool) {
        self.errand = errand
        follower.reset(keepsText: keepsText)
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
            driver.roster.noteComplete(self)
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
        tokensLeft -= digest.tokenEvents
        if tokensLeft <= Self.lastTokens { transfer.endIsNear = true }
        driver.roster.noteToken(at: stamp.instant)
        switch action {
        case .firstToken:
            recorder.firstToken(ttft: stamp.instant.nanoseconds(since: transfer.timing.dispatched))
            driver.firstToken(of: self, at: stamp.instant)
        case .nextTokens(let gap): if let gap { recorder.gap(gap) }
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
    func safe(now: Instant) -> Instant {
        let dispatched = transfer.timing.dispatched
        let safe = lane.watchdog.safe(
            dispatched: dispatched,
            written: transfer.timing.written,
            firstToken: follower.state.firstToken,
            lastRead: follower.state.lastRead ?? transfer.timing.firstByte,
            now: now
        )
        return patience.map { min(safe, dispatched.advanced(byNanoseconds: $0)) } ?? safe
    }

    func overdue(now: Instant, _ standstills: Standstills) -> Outcome? {
        if follower.end.since != nil { return nil }  // it has its answer
        if let patience, standstills.age(since: transfer.timing.dispatched, at: now) >= patience {
            hasGivenUp = true
            return .cancelled
        }
        return lane.watchdog.verdict(
            dispatched: transfer.timing.dispatched,
            written: transfer.timing.written,
            firstToken: follower.state.firstToken,
            lastRead: follower.state.lastRead ?? transfer.timing.firstByte,
            standstills: standstills,
            now: now
        )
    }

    func record(t0: Instant, _ cause: EndCause, redactor: Redactor) -> RequestRecord {
        var record = follower.record(question, transfer, cause, redactor: redactor)
        errand.sign(&record, loop: driver.loopIndex, t0: t0)
        record.dispatchLag = transfer.timing.dispatched.nanoseconds(since: errand.scheduled)
        record.queued = errand.queued > 0 ? errand.queued : nil
        if record.outcome == .cancelled, hasGivenUp { record.detail = "user" }
        record.arrivals = arrivals.take()
        record.prompt = repetition.prompt
        record.prefix = repetition.prefix
        record.repeatedShare = repetition.share > 0 ? repetition.share : nil
        guard record.outcomeClass == .success else { return record }
        if let check = lane.maker.check {
            let answer = decoder.text.choices[0]?.content ?? ""
            if let shortfall = check.shortfall(of: answer, index: Int(errand.prompt)) {
                record.useful = false
                record.detail = "unexpected"
                record.note = record.note.map { "\($0); \(shortfall)" } ?? shortfall
            }
        }
        if isComparable { record.answerHash = Int64(bitPattern: decoder.reply.answerHash) }
        return record
    }
}
