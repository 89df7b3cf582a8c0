internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// Requests that begin: of a closed loop, an open one, or once more.
extension LoopDriver {
    /// Requests on new connections that are due together go a few at a time, each few written before the next are begun:
    /// else the last one's clock would start long before it can be sent.
    static let startsPerTurn = 16

    /// A new request of the present stage.
    func make(_ lane: Lane, item: Int? = nil, arrival: Int? = nil, conversation: Conversation? = nil) -> LiveRequest {
        var errand = numbers.errand(to: lane.index)
        (errand.item, errand.arrival, errand.conversation) = (item, arrival, conversation)
        errand.primer = passage?.nextPrimer()
        if let item { errand.prompt = Int64(item) }
        if let conversation { errand.prompt = Int64(lane.maker.listPlace(of: conversation)) }
        return lane.make(errand, passage?.occasion(trace: passage?.replay) ?? Lane.Occasion(), for: self)
    }

    func start(_ count: Int, scheduled: Instant, measured: Bool, firstRank: Int?) {
        guard let passage else { return }
        let connection = passage.entry.stage.connection(isWave: firstRank != nil)
        for offset in 0..<count {
            let request =
                prepared.popLast()
                ?? make(passage.lane, item: passage.nextItem(), conversation: nextTurn(dueBy: scheduled, passage))
            request.errand.scheduled = scheduled
            request.errand.step = passage.entry.step
            request.errand.rank = firstRank.map { $0 + offset * passage.entry.stage.rankStride }
            request.errand.kind = firstRank != nil ? .wave : measured ? .measured : .unmeasured
            if passage.entry.stage.arrivals != nil {
                request.errand.queued = passage.shaper?.waitForPlace(since: scheduled) ?? 0
            }
            begin(request, connection: connection)
        }
    }

    func begin(_ request: LiveRequest, connection: HTTPClient.Connection) {
        request.lane.useNewestKey(for: request)
        if let cap = run.budget.reserve(request.claim) {
            skip(request)
            run.conductor.stop(.cap(cap))
            return
        }
        roster.add(request)
        let isWritten = request.lane.client.start(request.transfer, connection: connection)
        if !isWritten { startsLeft = max(0, startsLeft - 1) }
        let dispatched = request.transfer.timing.dispatched
        roster.note(safeUntil: request.safe(now: dispatched))
        recorder.requestStarted(at: dispatched)
    }

    /// A cap was reached: the request is in the books as not sent.
    private func skip(_ request: LiveRequest) {
        record(unsent: request, detail: "cap")
        tellShaper(of: request.errand, failedFast: true)
        request.lane.recycle(request)
    }

    /// A request that was due is in the books though it was not sent.
    func record(unsent request: LiveRequest, detail: String) {
        var record = RequestRecord()
        request.errand.sign(&record, loop: loopIndex, t0: run.t0)
        record.outcome = .notSent
        record.detail = detail
        recorder.requestNotSent(record)
    }

    private func tellShaper(of errand: Errand, failedFast: Bool) {
        guard let passage else { return }
        let kind = passage.kind(of: errand)
        _ = passage.shaper?.requestEnded(kind, failedFast: failedFast, at: MonotonicClock.now())
    }

    // MARK: an open loop

    /// It starts when it is due, whatever became of those before.
    func arrive(_ arrival: Arrival, measured: Bool) {
        guard let passage else { return }
        let request = request(of: arrival, measured: measured, passage)
        request.errand.queued = arrival.queued
        begin(request, connection: .any)
    }

    func request(of arrival: Arrival, measured: Bool, _ passage: Passage) -> LiveRequest {
        let request =
            passage.lookAhead?.take(arrival.index)
            ?? make(
                passage.lane,
                arrival: arrival.index,
                conversation: newConversation(in: passage.entry.stage, passage.lane)
            )
        request.errand.scheduled = arrival.scheduled
        request.errand.step = passage.entry.step
        request.errand.kind = measured ? .measured : .unmeasured
        return request
    }

    func makeAhead(until due: Instant?, _ passage: Passage) {
        guard passage.lookAhead != nil else { return }
        let (lane, replay) = (passage.lane, passage.replay)
        passage.lookAhead?.fill(
            until: due,
            bytes: { arrival in
                guard let replay else { return lane.maker.usualBytes }
                return arrival < replay.count ? lane.maker.bytes(of: replay.trace[arrival]) : nil
            },
            make: { arrival in
                make(lane, arrival: arrival, conversation: newConversation(in: passage.entry.stage, lane))
            }
        )
    }

    func recycleAhead() { for request in passage?.endLookAhead() ?? [] { request.lane.recycle(request) } }

    // MARK: users who ask again

    /// What the place that is free from `instant` on is for: the question of a user who has thought, or of a new one. nil
    /// where requests stand alone.
    private func nextTurn(dueBy instant: Instant, _ passage: Passage) -> Conversation? {
        guard passage.entry.stage.takesConversations else { return nil }
        return thinking.take(dueBy: instant) ?? newConversation(in: passage.entry.stage, passage.lane)
    }

    func newConversation(in stage: Stage, _ lane: Lane) -> Conversation? {
        stage.takesConversations ? numbers.conversation(lane.maker.conversation) : nil
    }

    /// The question of a user who has thought is in the books, and not sent: the conversation ends.
    func turnAway(scheduled: Instant, measured: Bool) {
        guard let passage, let conversation = thinking.take(dueBy: scheduled) else { return }
        let request = make(passage.lane, conversation: conversation)
        request.errand.scheduled = scheduled
        request.errand.step = passage.entry.step
        request.errand.kind = measured ? .measured : .unmeasured
        record(unsent: request, detail: StageShaper.ShedReason.cap.rawValue)
        request.lane.recycle(request)
    }

    // MARK: requests that were refused or lost, once more

    func send(again errand: Errand, at now: Instant) {
        if errand.wasKeyRefused, lane(of: errand.target).isLookingForKey {
            var later = errand
            later.scheduled = now.advanced(byNanoseconds: Lane.waitForKey)
            return retries.insert(later)
        }
        let trace = run.program.replay(ofStep: errand.step)
        let request = lane(of: errand.target).make(
            errand,
            passage?.occasion(trace: trace) ?? Lane.Occasion(trace: trace),
            for: self
        )
        begin(request, connection: .any)
    }

    /// Their users give up.
    func dropRetries() { for errand in retries.takeAll() { tellShaper(of: errand, failedFast: false) } }
}
