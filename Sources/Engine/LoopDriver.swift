internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// Carries out the program on one loop: asks the stage's shaper what to do, starts requests, closes their books.
final class LoopDriver {
    let loopIndex: Int
    let recorder: Recorder
    let loop: EventLoop
    let run: RunContext
    private var clients: [Int: HTTPClient] = [:]  // by target index
    private var makers: [Int: RequestMaker] = [:]
    private var pool: [Int: [LiveRequest]] = [:]
    var running: [LiveRequest] = []
    var complete: [LiveRequest] = []  // of them, those that have their answer, and whose connection is open yet
    var prepared: [LiveRequest] = []  // for the next edge
    var lookAhead: LookAhead?  // of an open loop
    var replay: Replay?  // whose requests it sends
    var sampler: LoadSampler?
    private var connectionUse: [Int: (answered: Int, reused: Int)] = [:]
    var lastToken: Instant?  // of the present phase
    private var limits: [Int: RateLimitBook] = [:]
    var retries = RetryQueue()
    var thinking = ConversationQueue()
    var nextConversation: Int  // its number
    var hasStopped = false  // the present stage; nothing is sent again
    private let inbox = Inbox()
    private let parser = JSONParser()

    var index = -1
    var shaper: StageShaper?
    private var windowEnd: Instant?  // of the present stage
    var startsLeft = LoopDriver.startsPerTurn  // on new connections, in this turn
    var safeUntil = Instant.distantFuture  // until when no running request can be overdue
    private var nextSequence: Int64
    private var nextPrompt: Int64 = 0  // where prompts are counted by turn
    var job: (batch: Stage.Batch, next: Int)?  // this loop's share of the present one
    private var timer: PreciseTimer?
    var preparation: EdgePreparation?
    private var housekeeping: Housekeeping?

    init(loopIndex: Int, loop: EventLoop, run: RunContext) {
        self.loopIndex = loopIndex
        self.loop = loop
        self.run = run
        recorder = Recorder(loop: loopIndex, t0: run.t0, sink: run.sink, feed: run.feed)
        nextSequence = run.program.continuation.sequence + Int64(run.shard.number(loopIndex))
        nextConversation = Int(nextSequence)
    }

    /// Attaches to the conductor; the rest happens in the loop's callbacks.
    func begin() {
        timer = PreciseTimer(loop: loop) { [unowned self] deadline in
            recorder.timer(lag: MonotonicClock.now().nanoseconds(since: deadline))
            pump()
        }
        housekeeping = Housekeeping(loop: loop, t0: run.t0, loopIndex: loopIndex, recorder: recorder) {
            [unowned self] now in
            tick(now)
        } beat: { [unowned self] now in
            endComplete(now)
        }
        loop.onAfterPoll { [unowned self] in endTurn() }
        loop.onWake { [unowned self] in takeCommands() }
        let inbox = inbox
        let waker = loop.waker
        run.conductor.attach(loop: loopIndex) { command in
            inbox.post(command)
            waker.wake()
        }
    }

    // MARK: commands

    private func takeCommands() {
        obey()
        pump()
    }

    private func obey() {
        for command in inbox.take() {
            switch command {
            case .enter(let index, let start): enter(index, start: start)
            case .closeWindow(let index, let instant):
                guard index == self.index else { continue }
                shaper?.closeWindow(at: instant)
                windowEnd = windowEnd ?? instant
            case .giveUp(let index, let instant):
                guard index == self.index else { continue }
                shaper?.giveUp(at: instant)
                dropRetries()
                windowEnd = windowEnd ?? instant
            case .stop(let index, let instant):
                guard index == self.index else { continue }
                shaper?.stopStarting(at: instant)
                hasStopped = true
                dropRetries()
                windowEnd = windowEnd ?? instant
            case .end: end()
            }
        }
    }

    private func enter(_ newIndex: Int, start: Instant) {
        let entry = run.program.entries[newIndex]
        if index >= 0, run.program.entries[index].phase != entry.phase {
            shaper = nil
            cancelAll()  // a target that was given up may have left some
            lastToken = nil
            thinking.removeAll()
        }
        noteUnfilled()
        index = newIndex
        windowEnd = nil
        hasStopped = false
        if let first = entry.firstPrompt {
            nextPrompt = first + Int64(run.shard.number(loopIndex - run.firstLoop))
            nextConversation = Int(nextPrompt)
        }
        recorder.enter(step: entry.step, binWidth: entry.binWidth.nanoseconds, now: max(start, MonotonicClock.now()))
        let share = entry.stage.segment(loop: loopIndex - run.firstLoop, of: run.loops)
        if case .batch(let batch) = share.rule { job = (batch, 0) } else { job = nil }
        let shaper = StageShaper(
            stage: share,
            start: start,
            carriedInFlight: running.count + retries.count,
            thinking: thinking.dues
        )
        thinking.keep(shaper.staying)
        self.shaper = shaper
        recycleAhead()
        if case .arrivals(let arrivals) = share.rule {
            lookAhead = LookAhead(arrivals)
            if case .trace(let trace) = arrivals.source { replay = trace }
            if arrivals.stopsWhenSaturated, arrivals.isSteady { sampler = LoadSampler(start: start) }
        }
        if loopIndex == run.firstLoop, let pause = entry.stage.plannedPause {
            run.breakers.pause(entry.target, pause.nanoseconds)
        }
        if let edge = run.program.edge(after: newIndex) { prepare(edge, entry: entry, start: start) }
    }

    private func noteUnfilled() {
        if let shaper, let windowEnd { recorder.unfilled(shaper.unfilledArea(until: windowEnd)) }
    }

    private func end() {
        let now = MonotonicClock.now()
        noteUnfilled()
        cancelAll()
        run.breakers.finish(at: now)
        recorder.finish(at: now)
        shaper = nil
        timer?.disarm()
        loop.stop()
    }

    // MARK: the shaper

    func pump() {
        while shaper != nil {
            let now = MonotonicClock.now()
            while let entry = retries.takeDue(at: now) { send(again: entry) }
            guard startsLeft > 0 else { return loop.turnAgain() }
            guard let decision = shaper?.next(at: now, atMost: startsLeft) else { return }
            switch decision {
            case .start(let count, let scheduled, let measured, let firstRank):
                start(count, scheduled: scheduled, measured: measured, firstRank: firstRank)
            case .arrive(let arrival, let measured): arrive(arrival, measured: measured)
            case .shed(let arrival, let measured, let reason):
                let request = request(of: arrival, measured: measured)
                record(unsent: request, detail: reason.rawValue)
                recycle(request)
            case .windowReady:
                run.conductor.take(.windowReady(loop: loopIndex, index: index))
                obey()  // where this loop was the last, the window is closed before anything else is started
            case .quiet:
                if case .drain = run.program.entries[index].stage.rule { cancelAll() }
                let warmed = preparation?.finish() ?? 0
                preparation = nil
                run.conductor.take(.quiet(loop: loopIndex, index: index, warmed: warmed))
            case .wait(let instant):
                let due = retries.nextDue ?? .distantFuture
                let next = min(instant ?? .distantFuture, due)
                if next == .distantFuture { timer?.disarm() } else { timer?.arm(at: next) }
                makeAhead(until: instant)
                return
            }
        }
    }

    // MARK: requests

    /// - Parameters:
    ///   - item: its place in a job's list of prompts.
    ///   - arrival: its place in an open loop's plan: what a trace says of it.
    ///   - conversation: the one whose present question it asks.
    ///   - again: a request to be sent once more; nil makes a new one.
    func make(
        target: Int,
        item: Int? = nil,
        arrival: Int? = nil,
        conversation: Conversation? = nil,
        again: RetryQueue.Entry? = nil
    ) -> LiveRequest {
        let client = client(of: target)
        let request: LiveRequest
        if let old = pool[target]?.popLast() {
            request = old
        } else {
            let api = run.program.targets[target].provider.api
            let decoder = ReplyDecoder(api: api, parser: parser)
            request = LiveRequest(transfer: client.transfer(), decoder: decoder, driver: self)
        }
        let keepsAnswer = item != nil && job?.batch.keepsAnswers == true && maker(of: target).inputs == nil
        let conversation = again?.conversation ?? conversation
        request.reset(keepsText: keepsAnswer || conversation != nil || maker(of: target).check != nil)
        request.keepsAnswer = keepsAnswer
        request.conversation = conversation
        request.target = target
        request.item = item
        request.attempt = again?.attempt ?? 0
        if let again {
            (request.sequence, request.prompt) = (again.sequence, again.prompt)
        } else {
            request.sequence = nextSequence
            nextSequence += Int64(run.shard.count * run.loopsOfAllRuns)
            request.prompt = run.program.countsPromptsByTurn ? nextPrompt : request.sequence
            nextPrompt += Int64(run.shard.count * run.loops)
        }
        if let item { request.prompt = Int64(item) }
        if let conversation { request.prompt = Int64(maker(of: target).listPlace(of: conversation)) }
        request.arrival = again?.arrival ?? arrival
        let trace = again.map { run.program.replay(ofStep: $0.step) } ?? replay
        let maker = maker(of: target)
        let subject = subject(of: request)
        let body =
            conversation.map(maker.body(of:))
            ?? maker.body(index: request.sequence, subject, arrival: request.arrival, in: trace)
        let workload = run.program.targets[target].plan.workload
        request.question = ReplyFollower.Question(
            streams: run.program.targets[target].provider.streams,
            inputs: maker.inputs,
            askedTokens: body.askedTokens,
            fixesLength: workload.lengthIsUseful ?? (trace != nil || workload.fixesLength)
        )
        request.comparablePrompt =
            trace == nil && subject != .warmup && conversation == nil
            ? maker.comparablePrompt(index: request.prompt) : nil
        request.claim = Budget.Claim(
            outputTokens: body.maxTokens,
            nanodollars: run.prices[target].worstCase(bodyBytes: body.bytes.count, outputTokens: body.maxTokens)
        )
        request.bodyBytes = body.bytes.count
        if run.program.entries[index].stage.kind != .warmup {
            request.patience = maker.patience(index: request.sequence)?.nanoseconds
        }
        request.transfer.prepare(
            post: run.program.targets[target].requestPath,
            body: body.bytes,
            requestID: request.attempt == 0
                ? "\(run.id)-\(request.sequence)" : "\(run.id)-\(request.sequence).\(request.attempt)"
        )
        return request
    }

    /// A request is over.
    func ended(_ request: LiveRequest, _ cause: EndCause) {
        let target = request.target
        var record = request.record(t0: run.t0, cause, redactor: run.redactor)
        let now = request.transfer.timing.ended ?? MonotonicClock.now()
        let began = request.transfer.timing.dispatched
        let kind = kind(request.kind, step: request.step)
        // Another loop may have learnt of the window's end a moment after it.
        if kind == .measured, request.attempt == 0, lookAhead == nil, let windowEnd, began >= windowEnd {
            record.measured = false
        }
        let last = running.removeLast()
        if last !== request {
            last.slot = request.slot
            running[request.slot] = last
        }
        if request.isComplete {
            request.isComplete = false
            complete.removeAll { $0 === request }
        }
        if record.outcomeClass == .success {
            connectionUse[target, default: (0, 0)].answered += 1
            if record.connection == .reused { connectionUse[target]?.reused += 1 }
        }
        keepAnswer(of: request, record)
        let next = followUp(to: request, &record)
        recorder.requestEnded(record, answered: request.answered, at: now)
        run.budget.settle(request.claim, by: record, price: run.prices[target])
        let advice = ReplyAdvice(of: request, record, at: now)
        let reason = noteForBreaker(request, record, advice, at: now)
        if let said = advice.limits {
            limits[target, default: RateLimitBook()].note(said, at: now.nanoseconds(since: run.t0))
        }
        if !hasStopped, shaper != nil, let wait = waitBeforeRetry(request, record, advice) {
            sendLater(request, record, at: now.advanced(byNanoseconds: wait))
        } else {
            let failedFast =
                record.outcomeClass != .success && record.tokenEvents == 0
                && now.nanoseconds(since: began) < 50_000_000
            let think = next?.think
            let refused = record.outcome == .connect
            if shaper?.requestEnded(kind, failedFast: failedFast, refused: refused, thinking: think, at: now) == true,
                let next
            {
                thinking.insert(next.conversation, due: now.advanced(by: next.think))
            }
        }
        recycle(request)
        if let reason { run.conductor.take(.abandon(target: target, reason: reason)) }
        pump()
    }

    func recycle(_ request: LiveRequest) { pool[request.target, default: []].append(request) }

    private func cancelAll() {
        while let request = running.last { cancel(request, .ours(.cancelled)) }
        for request in prepared { recycle(request) }
        prepared.removeAll()
        recycleAhead()
        dropRetries()
    }

    func cancel(_ request: LiveRequest, _ cause: EndCause) {
        client(of: request.target).cancel(request.transfer)
        request.end(cause)
    }

    func client(of target: Int) -> HTTPClient {
        if let client = clients[target] { return client }
        let context = run.program.targets[target]
        let client = HTTPClient(
            loop: loop,
            endpoint: context.endpoint,
            headers: context.headers.map { ($0.name, $0.value) },
            answers: context.provider.streams ? .streams : .documents
        )
        clients[target] = client
        return client
    }

    func maker(of target: Int) -> RequestMaker {
        if let maker = makers[target] { return maker }
        let maker = RequestMaker(
            target: run.program.targets[target],
            salt: run.salt &+ run.program.twins(before: target)
        )
        makers[target] = maker
        return maker
    }

    // MARK: several times a second

    private func tick(_ now: Instant) {
        if now >= safeUntil { cancelOverdue(now) }
        watchForBreaker(now)
        housekeeping?.note(into: recorder, clients: Array(clients.values), inFlight: running.count, now: now)
        recorder.tick(at: now)
        sampleLoad(at: now)
        run.learnt.tell(loop: loopIndex, at: now, limits: rateLimits())
    }

    /// What each target's responses said of its limits.
    func rateLimits() -> [Int: RateLimitRecord] { limits.mapValues(\.record) }

    /// What was learnt of each target's way with connections.
    func connectionNotes() -> [Int: Bool] {
        clients.compactMapValues(\.closesAfterAnswer).reduce(into: [:]) { notes, client in
            // A server that dies closes too: what counts is how requests that were answered had got there.
            let use = connectionUse[client.key] ?? (0, 0)
            notes[client.key] = client.value && 2 * use.reused <= use.answered
        }
    }
}
