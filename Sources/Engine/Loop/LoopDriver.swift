internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// Carries out the program on one loop: asks the stage's shaper what to do, starts requests, closes their books.
final class LoopDriver {
    let loopIndex: Int
    let recorder: Recorder
    let run: RunContext
    private let loop: EventLoop
    private let inbox = Inbox()
    private let parser = JSONParser()
    private var lanes: [Lane?]  // by target index
    private var timer: PreciseTimer?
    private var housekeeping: Housekeeping?
    private var preparation: EdgePreparation?
    /// The present stage, and requests made for the edge that follows.
    var passage: Passage?
    var prepared: [LiveRequest] = []
    var roster = Roster()
    var retries = RetryQueue()
    var thinking = ConversationQueue()
    var numbers: LoopNumbers
    var lastToken: Instant?  // of the present phase
    var startsLeft = LoopDriver.startsPerTurn  // on new connections, in this turn

    init(loopIndex: Int, loop: EventLoop, run: RunContext) {
        self.loopIndex = loopIndex
        self.loop = loop
        self.run = run
        lanes = Array(repeating: nil, count: run.program.targets.count)
        numbers = LoopNumbers(loop: loopIndex, of: run)
        recorder = Recorder(loop: loopIndex, t0: run.t0, sink: run.sink, feed: run.feed)
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

    /// What the loop knows of a target; made when it is first asked.
    func lane(of target: Int) -> Lane {
        if let lane = lanes[target] { return lane }
        let lane = Lane(target, of: run, loop: loop, parser: parser)
        lanes[target] = lane
        return lane
    }

    // MARK: commands

    private func obey() {
        for command in inbox.take() {
            switch command {
            case .enter(let index, let start): enter(index, start: start)
            case .closeWindow(let index, let instant):
                guard let passage, index == passage.index else { continue }
                passage.shaper?.closeWindow(at: instant)
                passage.windowEnd = passage.windowEnd ?? instant
            case .giveUp(let index, let instant):
                guard let passage, index == passage.index else { continue }
                passage.shaper?.giveUp(at: instant)
                dropRetries()
                passage.windowEnd = passage.windowEnd ?? instant
            case .stop(let index, let instant):
                guard let passage, index == passage.index else { continue }
                passage.shaper?.stopStarting(at: instant)
                passage.hasStopped = true
                dropRetries()
                passage.windowEnd = passage.windowEnd ?? instant
            case .pause(let index, let instant):
                guard let passage, index == passage.index else { continue }
                passage.shaper?.pause(at: instant)
                passage.pause(at: instant)
            case .resume(let index, let instant):
                guard let passage, index == passage.index else { continue }
                passage.shaper?.resume(at: instant)
                if let length = passage.resume(at: instant), loopIndex == run.firstLoop {
                    run.breakers.pause(passage.entry.target, length)
                }
            case .end: end()
            }
        }
    }

    private func enter(_ index: Int, start: Instant) {
        let entry = run.program.entries[index]
        if let before = passage, let length = before.resume(at: start), loopIndex == run.firstLoop {
            run.breakers.pause(before.entry.target, length)
        }
        if let passage, passage.entry.phase != entry.phase {
            passage.shaper = nil
            cancelAll()  // a target that was given up may have left some
            lastToken = nil
            thinking.removeAll()
        }
        noteUnfilled()
        if let first = entry.firstPrompt { numbers.beginTurn(at: first) }
        recorder.enter(step: entry.step, binWidth: entry.binWidth.nanoseconds, now: max(start, MonotonicClock.now()))
        let share = share(of: entry.stage)
        let shaper = StageShaper(
            stage: share,
            start: start,
            carriedInFlight: roster.count + retries.count,
            thinking: thinking.dues
        )
        thinking.keep(shaper.staying)
        recycleAhead()
        let lane = lane(of: entry.target)
        passage = Passage(index, entry, share: share, lane: lane, shaper: shaper, start: start)
        if loopIndex == run.firstLoop, let pause = entry.stage.plannedPause {
            run.breakers.pause(entry.target, pause.nanoseconds)
        }
        if let wave = run.program.wave(after: index)?.wave { prepare(wave, after: entry, start: start, lane) }
    }

    private func share(of stage: Stage) -> Stage { stage.segment(loop: loopIndex - run.firstLoop, of: run.loops) }

    private func noteUnfilled() {
        if let shaper = passage?.shaper, let end = passage?.windowEnd {
            recorder.unfilled(shaper.unfilledArea(until: end))
        }
    }

    /// Before an edge bodies and connections are made ready while nothing is sent, so that the edge only has to let go.
    private func prepare(
        _ connections: ClosedLoad.Connections,
        after entry: Program.Entry,
        start: Instant,
        _ lane: Lane
    ) {
        guard let passage else { return }
        let next = share(of: run.program.entries[passage.index + 1].stage)
        let count = next.concurrency
        for _ in 0..<count { prepared.append(make(lane, conversation: newConversation(in: next, lane))) }
        prepared.reverse()
        // New connections come beside the idle ones, of which each edge would leave more, until no descriptor is left. And
        // streams that share connections cannot have one each: a cold edge is one that finds none open.
        if connections != .warm { lane.client.closeIdle() }
        lane.client.reserveMemory(forTransfers: count)
        preparation = EdgePreparation(
            loop: loop,
            client: lane.client,
            path: lane.target.modelsPath,
            connections: connections,
            count: count,
            idleEnds: start.advanced(by: entry.stage.plannedPause ?? .zero)
        )
    }

    private func end() {
        let now = MonotonicClock.now()
        noteUnfilled()
        cancelAll()
        run.breakers.finish(at: now)
        recorder.finish(at: now)
        passage?.shaper = nil
        timer?.disarm()
        loop.stop()
    }

    // MARK: the shaper

    func pump() {
        while let passage, passage.shaper != nil {
            let now = MonotonicClock.now()
            while !passage.isPaused(at: now), let errand = retries.takeDue(at: now) { send(again: errand, at: now) }
            guard startsLeft > 0 else { return loop.turnAgain() }
            guard let decision = passage.shaper?.next(at: now, atMost: startsLeft) else { return }
            switch decision {
            case .start(let count, let scheduled, let measured, let firstRank):
                start(count, scheduled: scheduled, measured: measured, firstRank: firstRank)
            case .arrive(let arrival, let measured): arrive(arrival, measured: measured)
            case .shed(let arrival, let measured, let reason):
                let request = request(of: arrival, measured: measured, passage)
                record(unsent: request, detail: reason.rawValue)
                request.lane.recycle(request)
            case .turnAway(let scheduled, let measured): turnAway(scheduled: scheduled, measured: measured)
            case .windowReady:
                run.conductor.take(.windowReady(loop: loopIndex, index: passage.index))
                obey()  // where this loop was the last, the window is closed before anything else is started
            case .quiet:
                if passage.entry.stage.load == .drain { cancelAll() }
                let warmed = preparation?.finish() ?? 0
                preparation = nil
                run.conductor.take(.quiet(loop: loopIndex, index: passage.index, warmed: warmed))
            case .wait(let instant):
                let due = passage.isPaused(at: now) ? .distantFuture : retries.nextDue ?? .distantFuture
                let next = min(instant ?? .distantFuture, due)
                if next == .distantFuture { timer?.disarm() } else { timer?.arm(at: next) }
                makeAhead(until: instant, passage)
                return
            }
        }
    }

    // MARK: several times a second

    private func tick(_ now: Instant) {
        if now >= roster.safeUntil { cancelOverdue(now) }
        watchForBreaker(now)
        for lane in lanes { lane?.followName(at: now) }
        let clients = lanes.compactMap { $0?.client }
        housekeeping?.note(into: recorder, clients: clients, inFlight: roster.count, now: now)
        recorder.tick(at: now)
        if let passage, let (second, load) = passage.sample(at: now, running: roster.count) {
            run.conductor.take(.load(load, second: second, index: passage.index))
        }
        run.learnt.tell(loop: loopIndex, at: now, limits: rateLimits())
    }

    private func watchForBreaker(_ now: Instant) {
        guard let passage, passage.shaper != nil else { return }
        let target = passage.entry.target
        let reason = run.breakers.watch(target, loop: loopIndex, at: now) {
            Breaker.Report(
                oldestOpen: roster.running.lazy.map(\.transfer.timing.dispatched).min(),
                lastToken: lastToken
            )
        }
        if let reason { run.conductor.take(.abandon(target: target, reason: reason)) }
    }

    /// What each target's responses said of its limits.
    func rateLimits() -> [Int: RateLimitRecord] { ofLanes(\.limits) }

    /// Whether each target's server closes connections after an answer.
    func connectionNotes() -> [Int: Bool] { ofLanes(\.closesConnections) }

    private func ofLanes<Fact>(_ fact: (Lane) -> Fact?) -> [Int: Fact] {
        lanes.reduce(into: [:]) { facts, lane in
            if let lane { facts[lane.index] = fact(lane) }
        }
    }
}
