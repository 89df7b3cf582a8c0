internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// Requests that end, by themselves or because this loop ends them.
extension LoopDriver {
    func ended(_ request: LiveRequest, _ cause: EndCause) {
        let (lane, passage) = (request.lane, passage)
        var record = request.record(t0: run.t0, cause, redactor: run.redactor())
        let now = request.transfer.timing.ended ?? MonotonicClock.now()
        let began = request.transfer.timing.dispatched
        let kind = passage?.kind(of: request.errand) ?? .carried
        // Another loop may have learnt of the window's end a moment after it.
        if kind == .measured, request.errand.attempt == 0, passage?.lookAhead == nil, let end = passage?.windowEnd,
            began >= end
        {
            record.measured = false
        }
        // A level's load went away under it; a job counts every prompt.
        if record.measured, let passage, passage.entry.stage.isLoaded, passage.entry.stage.jobSize == nil,
            passage.wasPaused(from: began, to: now)
        {
            record.measured = false
        }
        roster.remove(request)
        lane.noteConnection(record)
        keepAnswer(of: request, record)
        let next = followUp(to: request, &record)
        recorder.requestEnded(record, answered: request.answered, at: now)
        run.budget.settle(request.claim, by: record, price: lane.price)
        let advice = ReplyAdvice(of: request, record, at: now)
        let pause = passage?.entry.stage.closed?.gap.nanoseconds ?? 0
        let reason = lane.note(request, record, advice, pause: pause, at: now)
        if let said = advice.limits { lane.note(said, at: now.nanoseconds(since: run.t0)) }
        if passage?.hasStopped == false, passage?.shaper != nil,
            let wait = lane.waitBeforeRetry(request.errand, record, advice, at: now)
        {
            var next = request.errand.again(at: now.advanced(byNanoseconds: wait), measured: record.measured)
            next.wasKeyRefused = next.wasKeyRefused || record.httpStatus == 401
            retries.insert(next)
        } else {
            let failedFast =
                record.outcomeClass != .success && record.tokenEvents == 0
                && now.nanoseconds(since: began) < 50_000_000
            let stays = passage?.shaper?.requestEnded(
                kind,
                failedFast: failedFast,
                refused: record.outcome == .connect,
                thinking: next?.think,
                at: now
            )
            if let next, stays == true || passage?.entry.stage.handsUsersOn == true {
                thinking.insert(next.conversation, due: now.advanced(by: next.think))
            }
        }
        lane.recycle(request)
        if let reason { run.conductor.take(.abandon(target: lane.index, reason: reason)) }
        pump()
    }

    /// Comes before its request's record: stored alone it belongs to nothing, but a request without it would count as
    /// answered.
    private func keepAnswer(of request: LiveRequest, _ record: RequestRecord) {
        guard let item = request.errand.item, request.keepsAnswer, record.outcomeClass != .excluded else { return }
        let name = request.lane.maker.customID(of: item)
        recorder.answer(AnswerRecord(request, record, customID: name, run: run))
    }

    /// The conversation at its next question, and how long its user thinks before; nil where it ends here: it was the
    /// last question, or the answer is none to go on from.
    private func followUp(to request: LiveRequest, _ record: inout RequestRecord) -> (
        conversation: Conversation, think: Duration
    )? {
        guard let conversation = request.errand.conversation else { return nil }
        let answer = request.decoder.text.choices[0]?.content ?? ""
        guard record.outcomeClass == .success, !conversation.isAtLastTurn, !answer.isEmpty else { return nil }
        var (next, think) = request.lane.maker.continued(
            conversation,
            with: answer,
            arrival: request.errand.arrival,
            in: request.errand.arrival.flatMap { _ in run.program.replay(ofStep: request.errand.step) }
        )
        if passage?.entry.stage.handsUsersOn == true { think = .zero }  // the pause is the plan's
        next.token = SessionMark.token(request.lane.target.sessionKey, of: request.transfer) ?? next.token
        record.think = think.nanoseconds
        return (next, think)
    }

    // MARK: ended by this loop

    func cancelAll() {
        while let request = roster.running.last { request.lane.cancel(request, .ours(.cancelled)) }
        for request in prepared { request.lane.recycle(request) }
        prepared.removeAll()
        recycleAhead()
        dropRetries()
    }

    /// Every 2 ms: the place of a request that has its answer is not held by a connection that stays open.
    func endComplete(_ now: Instant) {
        // What one of them starts may be the same object anew.
        for request in roster.complete where request.isComplete {
            guard let over = request.over(run.patience), over <= now else { continue }
            request.lane.cancel(request, .complete)
        }
    }

    func cancelOverdue(_ now: Instant) {
        roster.forgetSafety()
        var position = roster.count
        while position > 0 {
            position -= 1
            guard position < roster.count else { continue }
            let request = roster.running[position]
            if let outcome = request.overdue(now: now) {
                request.lane.cancel(request, .ours(outcome))
            } else {
                roster.note(safeUntil: request.safe(now: now))
            }
        }
    }
}
