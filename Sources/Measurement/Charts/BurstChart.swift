/// One burst request by request: the edge wave, those that followed it, and the control on the warm server.
public struct BurstChart: Sendable, Hashable {
    public enum Part: String, Sendable, Hashable {
        case edge, hold, control
    }

    /// Instants are milliseconds since the release of its wave; nil = it never happened.
    public struct Request: Sendable, Hashable {
        public var part: Part
        public var sequence: Int64
        public var rank: Int?  // place in the wave, from 0; nil in the hold
        public var dispatched: Double
        public var written: Double?
        public var firstToken: Double?
        public var ended: Double?
        /// By the view of the phase: from the schedule in a wave, from dispatch in the hold.
        public var ttft: Double?
        public var cold: Bool?  // nil = not to be told, or not of the edge wave
        public var outcome: Outcome
    }

    public var phase: Int  // `PhaseRecord.id`
    public var index: Int  // of the cycle, from 0, as in `BurstResult`
    public var releaseSeconds: Double?  // of the edge, since the run's start
    public var requests: [Request] = []
    /// How many there were, where not all are kept.
    public var thinnedFrom: Int?

    static func all(of phase: PhaseRecord, _ timeline: TargetTimeline) -> [BurstChart] {
        BurstCycle.all(of: phase, timeline.index).map { cycle in
            var chart = BurstChart(
                phase: phase.id,
                index: cycle.index,
                releaseSeconds: cycle.edge.release.map { Double($0) / 1e9 }
            )
            let cold = ColdRequests(cycle.edge, control: cycle.control)
            chart.add(cycle.edge.wave, as: .edge, since: cycle.edge.release) { request in
                guard let cold, let rank = request.rank, EdgeWave.ttft(request) != nil else { return nil }
                return cold.ranks.contains(rank)
            }
            chart.add(cycle.edge.hold, as: .hold, since: cycle.edge.release) { _ in nil }
            if let control = cycle.control {
                chart.add(control.wave, as: .control, since: control.release) { _ in nil }
            }
            return chart
        }
    }

    private mutating func add(
        _ set: RequestSet,
        as part: Part,
        since release: Int64?,
        cold: (RequestRecord) -> Bool?
    ) {
        guard let release else { return }
        let since = { (instant: Int64) in (Double(instant) - Double(release)) / 1e6 }
        for request in set {
            guard let dispatched = request.dispatched else { continue }
            requests.append(
                Request(
                    part: part,
                    sequence: request.sequence,
                    rank: request.rank,
                    dispatched: since(dispatched),
                    written: request.instant(request.written).map(since),
                    firstToken: request.instant(request.firstToken).map(since),
                    ended: request.instant(request.ended).map(since),
                    ttft: EdgeWave.ttft(request),
                    cold: cold(request),
                    outcome: request.outcome
                )
            )
        }
    }

    /// Keeps every n-th request of every burst, so that all together are few enough.
    static func thin(_ targets: inout [TargetCharts], to most: Int) {
        let all = targets.reduce(0) { $0 + $1.bursts.reduce(0) { $0 + $1.requests.count } }
        guard all > most else { return }
        let every = (all + most - 1) / most
        for target in targets.indices {
            for burst in targets[target].bursts.indices {
                let requests = targets[target].bursts[burst].requests
                targets[target].bursts[burst].thinnedFrom = requests.count
                targets[target].bursts[burst].requests = stride(from: 0, to: requests.count, by: every).map {
                    requests[$0]
                }
            }
        }
    }
}
