internal import Measurement
internal import Schedule
internal import Synchronization
internal import Ticks

/// The breakers of a run's targets, which all of its loops share: asked at the end of a request, and several times a second
/// while one brings nothing. Outages that are over go to the sink.
final class TargetBreakers: Sendable {
    private struct Row {
        let target: Int  // id
        var breaker: Breaker
    }

    private let rows: Mutex<[Row]>
    private let t0: Instant
    private let sink: any RecordSink
    private let load: TargetBreakers?

    /// - Parameter load: beside which these requests are sent: it alone tells outages, and hears of answers to these
    init(_ targets: [EngineTarget], loops: Int, t0: Instant, sink: any RecordSink, beside load: TargetBreakers? = nil) {
        self.load = load
        rows = Mutex(targets.map { Row(target: $0.id, breaker: Breaker(after: $0.plan.breakerAfter, loops: loops)) })
        self.t0 = t0
        self.sink = sink
    }

    /// Why the target is given up; nil while it is not.
    func note(_ attempt: Breaker.Attempt, of target: Int, pause: Int64, at now: Instant) -> String? {
        if let load {
            let answered = attempt.outcome == .success || attempt.isAnswered ? now : nil
            for sign in [attempt.firstToken, attempt.lastToken, answered] {
                if let sign { load.sign(of: target, at: sign) }
            }
        }
        return change(target) { breaker in
            breaker.pause(pause)
            return breaker.note(attempt, at: now)
        }
    }

    private func sign(of target: Int, at instant: Instant) {
        _ = change(target) { $0.sign(at: instant) }
    }

    /// Takes what a loop has under way, if that matters now.
    func watch(_ target: Int, loop: Int, at now: Instant, _ report: () -> Breaker.Report) -> String? {
        if let load, let token = report().lastToken { load.sign(of: target, at: token) }
        guard rows.withLock({ rows in rows.contains { $0.target == target && $0.breaker.isWatching } }) else {
            return nil
        }
        let report = report()
        return change(target) { $0.tell(loop: loop, report, at: now) }
    }

    /// Nothing is to be sent to the target for so long, by plan.
    func pause(_ target: Int, _ nanoseconds: Int64) {
        note(of: target) { $0.pause(nanoseconds) }
    }

    /// Nothing is asked of the target from then on: the run is paused, or another one has its turn.
    func leave(_ target: Int, at instant: Instant) {
        note(of: target) { $0.leave(at: instant) }
    }

    /// It is asked again.
    func enter(_ target: Int, at instant: Instant) {
        note(of: target) { $0.enter(at: instant) }
    }

    /// A loop did not run, and may be the first of several to say so.
    func stoodStill(_ target: Int, _ standstill: Range<Instant>) {
        note(of: target) { $0.stoodStill(standstill) }
    }

    /// The run is over.
    func finish(at now: Instant) {
        for target in rows.withLock({ $0.map(\.target) }) { _ = change(target) { $0.finish(at: now) } }
    }

    private func note(of target: Int, _ body: (inout Breaker) -> Void) {
        _ = change(target) { breaker in
            body(&breaker)
            return nil
        }
    }

    /// Tells of the outage that is over by it.
    private func change(_ target: Int, _ body: (inout Breaker) -> Breaker.Outage?) -> String? {
        let (outage, reason) = rows.withLock { rows -> (Breaker.Outage?, String?) in
            guard let place = rows.firstIndex(where: { $0.target == target }) else {
                preconditionFailure("target \(target) has no breaker")
            }
            let outage = body(&rows[place].breaker)
            return (outage, rows[place].breaker.reason)
        }
        if let outage { tell(outage, target) }
        return reason
    }

    private func tell(_ outage: Breaker.Outage, _ target: Int) {
        guard load == nil else { return }
        var incident = IncidentRecord()
        incident.at = outage.start.nanoseconds(since: t0)
        incident.ended = outage.end?.nanoseconds(since: t0)
        incident.kind = .outage
        incident.side = .unknown  // the network between is neither's
        incident.attempts = outage.attempts
        incident.target = target
        var batch = RecordBatch()
        batch.incidents.append(incident)
        sink.write(batch)
    }
}
