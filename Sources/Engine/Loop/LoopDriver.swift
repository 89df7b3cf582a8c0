internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport

/// Carries out the program on one loop: asks the stage's shaper what to do, starts requests, closes their books.
final class LoopDriver {
    /// Requests on new connections that are due together go a few at a time, each few written before the next are begun:
    /// else the last one's clock would start long before it can be sent.
    private static let startsPerTurn = 16

    let loopIndex: Int
    let recorder: Recorder
    let lanes: Lanes
    let roster = Roster()
    private let run: RunContext
    private let loop: EventLoop
    private let inbox = Inbox()
    private lazy var source = RequestSource(run, for: self)
    private var timer: PreciseTimer?
    private var housekeeping: Housekeeping?
    private var edge: EdgePreparation?
    private var passage: Passage?  // the present stage
    /// Requests that wait to be sent again; their place in flight stays taken, as their user waits with them.
    private var retries = DueQueue<Errand>()
    private var startsLeft = startsPerTurn  // on new connections, in this turn

    init(loopIndex: Int, loop: EventLoop, run: RunContext) {
        self.loopIndex = loopIndex
        self.loop = loop
        self.run = run
        lanes = Lanes(of: run, on: loop)
        recorder = Recorder(loop: loopIndex, t0: run.t0, sink: run.sink, feed: run.feed)
    }

    /// Attaches to the conductor; the rest happens in the loop's callbacks.
    func begin() {
        timer = PreciseTimer(loop: loop) { [unowned self] deadline in
            let lag = MonotonicClock.now().nanoseconds(since: deadline)
            recorder.timer(lag: lag)
            // The beat that tells of a standstill comes before what judges time.
            if lag > Standstills.shortest { housekeeping?.fire() }
            // A thread that got no core for a while hears first what it was told meanwhile, a pause for one.
            if self.inbox.hasCommands { obey() }
            pump()
        }
        housekeeping = Housekeeping(loop: loop, t0: run.t0, loopIndex: loopIndex, recorder: recorder) {
            [unowned self] now in
            tick(now)
        } beat: { [unowned self] now, standstill in
            if let standstill, let passage {  // its target is not blamed for it
                run.breakers.stoodStill(passage.entry.target, standstill)
                passage.stoodStill(nanoseconds: standstill.upperBound.nanoseconds(since: standstill.lowerBound))
            }
            roster.endComplete(at: now, run.patience)
        }
        loop.onAfterPoll { [unowned self] in endTurn() }
        loop.onWake { [unowned self] in
            obey()
            pump()
        }
        let inbox = inbox
        let waker = loop.waker
        run.conductor.attach(loop: loopIndex) { command in
            inbox.post(command)
            waker.wake()
        }
    }

    private func endTurn() {
        recorder.turn(lag: loop.turnNanoseconds)
        let wasFull = startsLeft == 0
        startsLeft = Self.startsPerTurn
        if wasFull { pump() }
    }

    // MARK: commands

    private func obey() {
        for command in inbox.take() {
            switch command {
            case .enter(let index, let start): enter(index, start: start)
            case .closeWindow(let index, let instant): present(index)?.closeWindow(at: instant)
            case .giveUp(let index, let instant):
                guard let passage = present(index) else { continue }
                passage.giveUp(at: instant)
                dropRetries()
            case .stop(let index, let instant):
                guard let passage = present(index) else { continue }
                passage.stop(at: instant)
                dropRetries()
            case .pause(let index, let instant):
                guard let passage = present(index) else { continue }
                passage.pause(at: instant)
                if tellsBreaker { run.breakers.leave(passage.entry.target, at: instant) }
            case .resume(let index, let instant):
                guard let passage = present(index) else { continue }
                passage.resume(at: instant)
                if tellsBreaker { run.breakers.enter(passage.entry.target, at: instant) }
            case .end: end()
            }
        }
    }

    /// The stage of that place in the program, if it is the present one.
    private func present(_ index: Int) -> Passage? { passage.flatMap { $0.index == index ? $0 : nil } }

    private func enter(_ index: Int, start: Instant) {
        let entry = run.program.entries[index]
        if let before = passage {
            before.endPause(at: start)
            if before.entry.phase != entry.phase { beginPhase(after: before) }
            if tellsBreaker {
                if before.entry.target != entry.target { run.breakers.leave(before.entry.target, at: start) }
                run.breakers.enter(entry.target, at: start)
            }
            recorder.unfilled(before.unfilledArea ?? 0)
        }
        if let first = entry.firstPrompt { source.beginTurn(at: first) }
        recorder.enter(step: entry.step, binWidth: entry.binWidth.nanoseconds, now: max(start, MonotonicClock.now()))
        let share = share(of: entry.stage)
        let shaper = StageShaper(
            stage: share,
            start: start,
            carriedInFlight: roster.count + retries.count,
            thinking: source.thinkingUntil
        )
        source.keepThinking(shaper.staying)
        passage?.endLookAhead()
        let lane = lanes[entry.target]
        let passage = Passage(index, entry, share: share, lane: lane, shaper: shaper, start: start, before: passage)
        self.passage = passage
        tellBreaker(of: passage, pause: entry.stage.plannedPause?.nanoseconds)
        if let wave = run.program.wave(after: index)?.wave {
            prepare(wave, passage, idleEnds: start.advanced(by: entry.stage.plannedPause ?? .zero))
        }
    }

    private func beginPhase(after before: Passage) {
        before.close()
        cancelAll()  // a target that was given up may have left some
        roster.forgetTokens()
        source.forgetUsers()
    }

    private func share(of stage: Stage) -> Stage { stage.segment(loop: loopIndex - run.firstLoop, of: run.loops) }

    /// One loop tells for all.
    private var tellsBreaker: Bool { loopIndex == run.firstLoop }

    /// Nothing comes from its target meanwhile, by plan.
    private func tellBreaker(of passage: Passage, pause: Int64?) {
        guard let pause, tellsBreaker else { return }
        run.breakers.pause(passage.entry.target, pause)
    }

    /// Before an edge bodies and connections are made ready while nothing is sent, so that the edge only has to let go.
    private func prepare(_ connections: ClosedLoad.Connections, _ passage: Passage, idleEnds: Instant) {
        let next = share(of: run.program.entries[passage.index + 1].stage)
        let count = next.concurrency
        source.makeForEdge(next, passage)
        let client = passage.lane.client
        // New connections come beside the idle ones, of which each edge would leave more, until no descriptor is left. And
        // streams that share connections cannot have one each: a cold edge is one that finds none open.
        if connections != .warm { client.closeIdle() }
        client.reserveMemory(forTransfers: count)
        edge = EdgePreparation(
            loop: loop,
            client: client,
            path: passage.lane.target.modelsPath,
            connections: connections,
            count: count,
            idleEnds: idleEnds
        )
    }

    private func end() {
        let now = MonotonicClock.now()
        recorder.unfilled(passage?.unfilledArea ?? 0)
        cancelAll()
        run.breakers.finish(at: now)
        recorder.finish(at: now)
        passage?.close()
        timer?.disarm()
        loop.stop()
    }

    // MARK: the shaper

    private func pump() {
        while let passage, !passage.isClosed {
            let now = MonotonicClock.now()
            while passage.pauseEnds(after: now) == nil, let errand = retries.take(dueBy: now) {
                send(again: errand, passage, at: now)
            }
            guard startsLeft > 0 else { return loop.turnAgain() }
            guard let decision = passage.next(at: now, atMost: startsLeft) else { return }
            switch decision {
            case .start(let count, let scheduled, let measured, let firstRank):
                start(count, passage, scheduled: scheduled, measured: measured, firstRank: firstRank)
            case .arrive(let arrival, let measured):
                begin(request(of: arrival, passage, measured: measured), connection: .any)
            case .shed(let arrival, let measured, let reason):
                drop(request(of: arrival, passage, measured: measured), detail: reason.rawValue)
            case .turnAway(let scheduled, let measured):
                guard let request = source.turnedAway(dueBy: scheduled, passage) else { continue }
                passage.assign(&request.errand, scheduled: scheduled, measured: measured)
                drop(request, detail: StageShaper.ShedReason.cap.rawValue)
            case .windowReady:
                run.conductor.take(.windowReady(loop: loopIndex, index: passage.index))
                obey()  // where this loop was the last, the window is closed before anything else is started
            case .quiet:
                if passage.entry.stage.load == .drain { cancelAll() }
                let warmed = edge?.finish() ?? 0
                edge = nil
                run.conductor.take(.quiet(loop: loopIndex, index: passage.index, warmed: warmed))
            case .wait(let instant):
                let due = passage.pauseEnds(after: now) ?? retries.nextDue ?? .distantFuture
                let next = min(instant ?? .distantFuture, due)
                if next == .distantFuture { timer?.disarm() } else { timer?.arm(at: next) }
                source.makeAhead(until: instant, passage)
                return
            }
        }
    }

    // MARK: requests that begin

    private func start(_ count: Int, _ passage: Passage, scheduled: Instant, measured: Bool, firstRank: Int?) {
        let stage = passage.entry.stage
        let connection = stage.connection(isWave: firstRank != nil)
        for offset in 0..<count {
            let request = source.next(dueBy: scheduled, passage)
            let rank = firstRank.map { $0 + offset * stage.rankStride }
            passage.assign(&request.errand, scheduled: scheduled, measured: measured, rank: rank)
            request.errand.queued = passage.waitForPlace(since: scheduled)
            begin(request, connection: connection)
        }
    }

    /// It starts when it is due, whatever became of those before.
    private func request(of arrival: Arrival, _ passage: Passage, measured: Bool) -> LiveRequest {
        let request = source.request(of: arrival, passage)
        passage.assign(&request.errand, scheduled: arrival.scheduled, measured: measured)
        return request
    }

    private func send(again errand: Errand, _ passage: Passage, at now: Instant) {
        if errand.wasKeyRefused, lanes[errand.target].isLookingForKey {
            var later = errand
            later.scheduled = now.advanced(byNanoseconds: Lane.waitForKey)
            return retries.insert(later, due: later.scheduled)
        }
        begin(source.again(errand, passage), connection: .any)
    }

    private func begin(_ request: LiveRequest, connection: HTTPClient.Connection) {
        request.lane.useNewestKey(for: request)
        if let cap = run.budget.reserve(request.claim) {
            passage?.requestEnded(request.errand, failedFast: true, at: MonotonicClock.now())
            drop(request, detail: "cap")
            run.conductor.stop(.cap(cap))
            return
        }
        roster.add(request)
        let isWritten = request.lane.client.start(request.transfer, connection: connection)
        if !isWritten { startsLeft = max(0, startsLeft - 1) }
        let dispatched = request.transfer.timing.dispatched
        roster.noteDispatch(of: request, at: dispatched)
        recorder.requestStarted(at: dispatched)
    }

    /// It was due and is not sent.
    private func drop(_ request: LiveRequest, detail: String) {
        recorder.requestNotSent(request.errand, detail: detail)
        request.lane.recycle(request)
    }

    // MARK: requests that end

    func firstToken(of request: LiveRequest, at instant: Instant) {
        passage?.firstToken(after: instant.nanoseconds(since: request.errand.scheduled))
    }

    func ended(_ request: LiveRequest, _ cause: EndCause) {
        guard let passage else { preconditionFailure("a request ended before the first stage") }
        let lane = request.lane
        let now = request.transfer.timing.ended ?? MonotonicClock.now()
        var record = request.record(t0: run.t0, cause, redactor: run.redactor())
        if passage.disowns(request, endedAt: now) { record.measured = false }
        roster.remove(request)
        // Before its request's record: stored alone it belongs to nothing, but a request without it would count as answered.
        if let answer = AnswerRecord(request, record, run: run) { recorder.answer(answer) }
        let next = source.followUp(to: request, record, passage)
        record.think = next?.think.nanoseconds
        recorder.requestEnded(record, answered: request.answered, at: now)
        run.budget.settle(request.claim, by: record, price: lane.target.price)
        let advice = ReplyAdvice(of: request, record, at: now)
        let pause = passage.entry.stage.closed?.gap.nanoseconds ?? 0
        let reason = lane.note(request, record, advice, pause: pause, lastToken: roster.lastToken, at: now)
        if passage.takesRetries, let again = lane.again(request.errand, record, advice, at: now) {
            retries.insert(again, due: again.scheduled)
        } else {
            let began = request.transfer.timing.dispatched
            let failedFast =
                record.outcomeClass != .success && record.tokenEvents == 0
                && now.nanoseconds(since: began) < 50_000_000
            let stays = passage.requestEnded(
                request.errand,
                failedFast: failedFast,
                refused: record.outcome == .connect,
                thinking: next?.think,
                at: now
            )
            if let next, stays || passage.entry.stage.handsUsersOn { source.think(next, from: now) }
        }
        lane.recycle(request)
        if let reason { run.conductor.take(.abandon(target: lane.target.id, reason: reason)) }
        pump()
    }

    private func cancelAll() {
        roster.cancelAll()
        source.dropEdge()
        passage?.endLookAhead()
        dropRetries()
    }

    /// Their users give up.
    private func dropRetries() {
        for errand in retries.takeAll() {
            passage?.requestEnded(errand, failedFast: false, at: MonotonicClock.now())
        }
    }

    // MARK: several times a second

    private func tick(_ now: Instant) {
        roster.cancelOverdue(at: now, recorder.standstills)
        watchForBreaker(now)
        lanes.followNames(at: now)
        housekeeping?.note(into: recorder, clients: lanes.clients, inFlight: roster.count, now: now)
        recorder.tick(at: now)
        if let passage, let (second, load) = passage.sample(at: now, running: roster.count) {
            run.conductor.take(.load(load, second: second, index: passage.index))
        }
        run.learnt.tell(loop: loopIndex, at: now, limits: lanes.rateLimits)
    }

    private func watchForBreaker(_ now: Instant) {
        guard let passage, !passage.isClosed else { return }
        let target = passage.entry.target
        let reason = run.breakers.watch(target, loop: loopIndex, at: now) { roster.report }
        if let reason { run.conductor.take(.abandon(target: target, reason: reason)) }
    }
}
