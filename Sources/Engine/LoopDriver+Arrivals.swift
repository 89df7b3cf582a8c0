internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport

/// An open loop: requests start when they are due, whatever became of those before.
extension LoopDriver {
    func arrive(_ arrival: Arrival, measured: Bool) {
        let request = request(of: arrival, measured: measured)
        request.queued = arrival.queued
        begin(request, connection: .any)
    }

    func request(of arrival: Arrival, measured: Bool) -> LiveRequest {
        let entry = run.program.entries[index]
        let request =
            lookAhead?.take(arrival.index)
            ?? make(target: entry.target, arrival: arrival.index, conversation: newConversation(entry.target))
        request.scheduled = arrival.scheduled
        request.step = entry.step
        request.kind = measured ? .measured : .unmeasured
        return request
    }

    func makeAhead(until due: Instant?) {
        guard lookAhead != nil else { return }
        let target = run.program.entries[index].target
        let (maker, replay) = (maker(of: target), replay)
        lookAhead?.fill(
            until: due,
            bytes: { arrival in
                guard let replay else { return maker.usualBytes }
                return arrival < replay.count ? maker.bytes(of: replay.trace[arrival]) : nil
            },
            make: { arrival in make(target: target, arrival: arrival, conversation: newConversation(target)) }
        )
    }

    func recycleAhead() {
        for request in lookAhead?.removeAll() ?? [] { recycle(request) }
        (lookAhead, sampler, replay) = (nil, nil, nil)
    }

    func firstToken(after ttft: Int64) { sampler?.firstToken(after: ttft) }

    func sampleLoad(at now: Instant) {
        let sample = sampler?.sample(at: now) { running.count + (shaper?.backlog(at: now) ?? 0) }
        if let (second, load) = sample { run.conductor.take(.load(load, second: second, index: index)) }
    }

    /// A request that was due is in the books though it was not sent.
    func record(unsent request: LiveRequest, detail: String) {
        var record = RequestRecord()
        record.sequence = request.sequence
        record.step = request.step
        record.rank = request.rank
        record.item = request.item
        record.conversation = request.conversation?.number
        record.turn = request.conversation?.turn
        record.attempt = request.attempt
        record.measured = request.attempt > 0 ? request.measured : request.kind != .unmeasured
        record.loop = loopIndex
        record.scheduled = request.scheduled.nanoseconds(since: run.t0)
        record.outcome = .notSent
        record.detail = detail
        recorder.requestNotSent(record)
    }
}
