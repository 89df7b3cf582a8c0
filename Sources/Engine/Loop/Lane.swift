internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// One target on one loop: its connections, how its requests are made and priced, when they are given up, what was learnt of
/// it, and requests that are over, to be used anew.
final class Lane {
    let target: EngineTarget
    let client: HTTPClient
    let maker: RequestMaker
    let watchdog: Watchdog
    private let runID: String
    private let t0: Instant
    private let breakers: TargetBreakers
    private let parser: JSONParser
    private var pool: [LiveRequest] = []
    private var answered = 0
    private var reused = 0  // of them, those that went over a connection that was there
    private var book: RateLimitBook?
    private var keyVersion = 0
    private var addressesVersion = 0

    init(_ target: EngineTarget, of run: RunContext, loop: EventLoop, parser: JSONParser) {
        self.target = target
        client = HTTPClient(
            loop: loop,
            endpoint: target.endpoint,
            headers: target.headers.map { ($0.name, $0.value) },
            answers: target.provider.streams ? .streams : .documents
        )
        maker = RequestMaker(target: target, salt: run.salt &+ run.program.twins(before: target))
        watchdog = Watchdog(target.plan.timeouts)
        runID = run.id
        t0 = run.t0
        breakers = run.breakers
        self.parser = parser
    }

    // MARK: requests

    /// What the stage says of a request that is made.
    struct Occasion {
        var trace: Replay?
        var isWarmup = false
        /// Whether the job's answers are kept.
        var keepsAnswers = false
    }

    func make(_ errand: Errand, _ occasion: Occasion, for driver: LoopDriver) -> LiveRequest {
        let request = pool.popLast() ?? new(for: driver)
        let keepsAnswer = errand.item != nil && occasion.keepsAnswers && maker.inputs == nil
        request.reset(errand, keepsText: keepsAnswer || errand.conversation != nil || maker.check != nil)
        request.keepsAnswer = keepsAnswer
        let subject = subject(of: errand, occasion)
        let session = errand.arrival.flatMap { row in occasion.trace?.trace[row].session }
        let mark = errand.conversation.map { SessionMark($0, target.sessionKey, session: session, run: runID) }
        let body =
            errand.conversation.map {
                maker.body(of: $0, session: mark?.member, arrival: errand.arrival, in: occasion.trace)
            }
            ?? maker.body(index: errand.sequence, subject, arrival: errand.arrival, in: occasion.trace)
        let workload = target.plan.workload
        request.question = ReplyFollower.Question(
            streams: target.provider.streams,
            inputs: maker.inputs,
            askedTokens: body.askedTokens,
            fixesLength: workload.lengthIsUseful ?? (occasion.trace != nil || workload.fixesLength)
        )
        request.repetition = body.repetition
        request.isComparable =
            occasion.trace == nil && subject != .warmup && errand.conversation == nil
            && errand.primer == nil && maker.isComparable(index: errand.prompt)
        request.claim = Budget.Claim(
            outputTokens: body.maxTokens,
            nanodollars: target.price.worstCase(bodyBytes: body.bytes.count, outputTokens: body.maxTokens)
        )
        request.bodyBytes = body.bytes.count
        if !occasion.isWarmup { request.patience = maker.patience(index: errand.sequence)?.nanoseconds }
        request.transfer.prepare(
            post: target.requestPath,
            body: body.bytes,
            requestID: errand.requestID(run: runID),
            header: mark?.header
        )
        return request
    }

    private func new(for driver: LoopDriver) -> LiveRequest {
        let decoder = ReplyDecoder(
            api: target.provider.api,
            parser: parser,
            servedBy: target.provider.servedBy
        )
        return LiveRequest(transfer: client.transfer(), decoder: decoder, driver: driver, lane: self)
    }

    private func subject(of errand: Errand, _ occasion: Occasion) -> RequestMaker.Subject {
        if let primer = errand.primer { return .primer(primer) }
        if let item = errand.item { return .item(item) }
        return target.plan.hasJob && occasion.isWarmup ? .warmup : .prompt(Int(errand.prompt))
    }

    func recycle(_ request: LiveRequest) { pool.append(request) }

    func cancel(_ request: LiveRequest, _ cause: EndCause) {
        client.cancel(request.transfer)
        request.end(cause)
    }

    // MARK: what may change outside while the run goes on

    /// A refused request waits so long before it is sent with another key, nanoseconds, and again while one is looked for.
    static let waitForKey: Int64 = 250_000_000
    var isLookingForKey: Bool { target.key?.isAsking ?? false }

    /// Takes over a key that another request had looked for. Comes before a request is started.
    func useNewestKey(for request: LiveRequest) {
        guard let key = target.key?.current else { return }
        if key.version != keyVersion {
            keyVersion = key.version
            let others = target.headers.filter { $0.name.lowercased() != key.value.name.lowercased() }
            client.replaceHeaders((others + [key.value]).map { ($0.name, $0.value) })
        }
        request.errand.keyVersion = keyVersion
    }

    /// Looks the name up again now and then, and takes over what was found. Several times a second.
    func followName(at now: Instant) {
        guard let addresses = target.addresses else { return }
        addresses.renew(at: now.nanoseconds)
        let found = addresses.current
        guard found.version != addressesVersion else { return }
        addressesVersion = found.version
        client.replaceAddresses(found.value)
    }

    /// Whether the refusal may be the old key's alone.
    private func mayHaveAnotherKey(_ errand: Errand, _ record: RequestRecord, at now: Instant) -> Bool {
        guard let key = target.key, record.httpStatus == 401, !errand.wasKeyRefused else { return false }
        return key.mayDiffer(from: errand.keyVersion, at: now.nanoseconds)
    }

    // MARK: what its answers say

    /// Takes the end of a request.
    /// - Parameters:
    ///   - pause: how long nothing is sent after it, by plan, nanoseconds
    ///   - lastToken: of any stream of its loop
    /// - Returns: why the target is given up; nil while it is not.
    func note(
        _ request: LiveRequest,
        _ record: RequestRecord,
        _ advice: ReplyAdvice,
        pause: Int64,
        lastToken: Instant?,
        at now: Instant
    ) -> String? {
        if let said = advice.limits { note(said, at: now) }
        if record.outcomeClass == .success { noteConnection(record) }
        if mayHaveAnotherKey(request.errand, record, at: now) { return nil }  // says nothing of the target yet
        let sent = request.transfer.timing.dispatched
        let attempt = Breaker.Attempt(
            outcome: record.outcomeClass,
            sent: sent,
            firstToken: record.firstToken.map { sent.advanced(byNanoseconds: $0) },
            lastToken: record.lastToken.map { sent.advanced(byNanoseconds: $0) },
            lastOfAll: lastToken,
            refusal: advice.refusal,
            neverConnected: record.written == nil,
            isAnswered: record.outcome.isAnswer
        )
        return breakers.note(attempt, of: target.id, pause: pause, at: now)
    }

    private func noteConnection(_ record: RequestRecord) {
        answered += 1
        if record.connection == .reused { reused += 1 }
    }

    private func note(_ limits: RateLimits, at now: Instant) {
        if book == nil { book = RateLimitBook() }
        book?.note(limits, at: now.nanoseconds(since: t0))
    }

    /// The same request once more; nil = it is not sent again.
    func again(_ errand: Errand, _ record: RequestRecord, _ advice: ReplyAdvice, at now: Instant) -> Errand? {
        guard let wait = waitBeforeRetry(errand, record, advice, at: now) else { return nil }
        var next = errand.again(at: now.advanced(byNanoseconds: wait), measured: record.measured)
        next.wasKeyRefused = next.wasKeyRefused || record.httpStatus == 401
        return next
    }

    /// Nanoseconds; nil = it is not sent again. A prompt of a job that was never taken is asked again, however often: its
    /// list is to be answered. A request whose key was refused is sent once more, with the key of then.
    private func waitBeforeRetry(_ errand: Errand, _ record: RequestRecord, _ advice: ReplyAdvice, at now: Instant)
        -> Int64?
    {
        if mayHaveAnotherKey(errand, record, at: now) {
            target.key?.renew(at: now.nanoseconds, because: errand.keyVersion)
            return Self.waitForKey
        }
        if let wait = advice.wait(after: record, plan: target.plan) { return wait }
        return errand.item != nil && record.outcome == .connect ? RefusalBackoff.pause(round: record.attempt) : nil
    }

    /// What its responses said of its limits; nil = nothing.
    var limits: RateLimitRecord? { book?.record }

    /// Whether its server closes connections after an answer; nil = not known. One that dies closes too: what counts is how
    /// requests that were answered had got there.
    var closesConnections: Bool? { client.closesAfterAnswer.map { $0 && 2 * reused <= answered } }
}
