internal import Measurement
internal import Schedule
internal import Synchronization
internal import Ticks

/// The breakers of a run's targets, which all of its loops share: asked at the end of a request, and several times a second
/// while one brings nothing. Outages that are over go to the sink.
final class TargetBreakers: Sendable {
    private let breakers: Mutex<[Breaker]>
    private let ids: [Int]  // `TargetRecord.id`, by index
    private let t0: Instant
    private let sink: (any RecordSink)?

    /// - Parameter sink: nil where outages are not to be told, as beside a load that tells them.
    init(_ targets: [EngineTarget], loops: Int, t0: Instant, sink: (any RecordSink)?) {
        breakers = Mutex(targets.map { Breaker(after: $0.plan.breakerAfter, loops: loops) })
        ids = targets.map(\.id)
        self.t0 = t0
        self.sink = sink
    }

    /// Why the target is given up; nil while it is not.
    func note(_ attempt: Breaker.Attempt, of target: Int, pause: Int64, at now: Instant) -> String? {
        let (outage, reason) = breakers.withLock { breakers in
            breakers[target].pause(pause)
            return (breakers[target].note(attempt, at: now), breakers[target].reason)
        }
        tell(outage, target)
        return reason
    }

    /// Takes what a loop has under way, if that matters now.
    func watch(_ target: Int, loop: Int, at now: Instant, _ report: () -> Breaker.Report) -> String? {
        guard breakers.withLock({ $0[target].isWatching }) else { return nil }
        let report = report()
        let (outage, reason) = breakers.withLock { breakers in
            (breakers[target].tell(loop: loop, report, at: now), breakers[target].reason)
        }
        tell(outage, target)
        return reason
    }

    /// Nothing is to be sent to the target for so long, by plan.
    func pause(_ target: Int, _ nanoseconds: Int64) { breakers.withLock { $0[target].pause(nanoseconds) } }

    /// The run is over.
    func finish(at now: Instant) {
        for target in ids.indices { tell(breakers.withLock { $0[target].finish(at: now) }, target) }
    }

    private func tell(_ outage: Breaker.Outage?, _ target: Int) {
        guard let outage, let sink else { return }
        var incident = IncidentRecord()
        incident.at = outage.start.nanoseconds(since: t0)
        incident.ended = outage.end?.nanoseconds(since: t0)
        incident.kind = .outage
        incident.side = .unknown  // the network between is neither's
        incident.attempts = outage.attempts
        incident.target = ids[target]
        var batch = RecordBatch()
        batch.incidents.append(incident)
        sink.write(batch)
    }
}
