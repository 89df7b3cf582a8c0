import Ticks

/// The requests behind one row of a phase's table: for those who compute figures by other definitions than ours.
public struct MeasuredRow: Sendable, Hashable {
    public var target: TargetRecord
    public var phase: PhaseRecord
    public var concurrency: Int?  // asked for; nil in an open loop
    public var rps: Double?
    public var burst: Int?  // an edge wave's
    /// Measured and sent, in order of dispatch, without their arrivals.
    public var requests: [RequestRecord]
    /// Gaps between token-bearing reads within the measured windows, nanoseconds.
    public var gaps: Histogram

    /// One for each level, stretch and burst; of other phases one for the whole.
    public static func all(of recorded: RecordedRun) -> [MeasuredRow] {
        let index = RunIndex(recorded)
        return recorded.targets.flatMap { target in
            let timeline = TargetTimeline(index, target)
            return index.phases(of: target.id).flatMap { rows(of: $0, timeline) }
        }
    }

    private static func rows(of phase: PhaseRecord, _ timeline: TargetTimeline) -> [MeasuredRow] {
        let steps = timeline.index.steps(of: phase)
        func row(_ steps: [StepRecord], _ requests: RequestSet) -> MeasuredRow {
            var gaps = Histogram()
            for step in steps {
                for window in timeline.windows(of: step, from: step.settled ?? step.release) {
                    gaps.merge(timeline.index.histogram(.itl, of: [step], in: window))
                }
            }
            let sent = requests.only { $0.dispatchLag != nil && $0.outcomeClass != .excluded }
            return MeasuredRow(
                target: timeline.target,
                phase: phase,
                concurrency: steps.first.flatMap { $0.kind == .arrivals ? nil : $0.concurrency },
                rps: steps.first?.rps,
                burst: steps.first?.burst,
                requests: sent.map { request in
                    var request = request
                    request.arrivals = []
                    return request
                },
                gaps: gaps
            )
        }
        let measured = { (steps: [StepRecord]) in
            RequestSet(joining: steps.map { timeline.index.requests(of: $0).only(\.measured) })
        }
        switch phase.kind {
        case .warmup, .idle, .trickle: return []
        case .ramp:
            let stretches = open(steps)
            if !stretches.isEmpty { return stretches.map { row($0, measured($0)) } }
            return steps.filter { $0.kind == .level }.map { row([$0], measured([$0])) }
        case .rate, .replay: return open(steps).map { row($0, measured($0)) }
        case .burst:
            return BurstCycle.all(of: phase, timeline.index).map { row([$0.edge.step], $0.edge.wave) }
        case .steady:
            let levels = steps.filter { $0.kind == .level }
            return [row(levels, measured(levels))]
        case .batch, .probe, .keepwarm:
            return [row(steps.filter { $0.kind != .warmup }, timeline.counted(in: phase))]
        }
    }

    private static func open(_ steps: [StepRecord]) -> [[StepRecord]] {
        Dictionary(grouping: steps.filter { $0.kind == .arrivals }) { $0.stretch ?? 0 }
            .sorted { $0.key < $1.key }.map(\.value)
    }

    public var successes: [RequestRecord] { requests.filter { $0.outcomeClass == .success } }

    /// From the first dispatch to the last end, seconds; 0 without a request.
    public var spanSeconds: Double {
        let from = requests.compactMap(\.dispatched).min() ?? 0
        let to = requests.compactMap { $0.instant($0.ended) }.max() ?? from
        return (Double(to) - Double(from)) / 1e9
    }

    /// The most requests in flight at one instant.
    public var mostInFlight: Int {
        let edges = requests.flatMap { request -> [(at: Int64, change: Int)] in
            guard let from = request.dispatched, let to = request.instant(request.ended) else { return [] }
            return [(from, 1), (to, -1)]
        }.sorted { ($0.at, $0.change) < ($1.at, $1.change) }
        var (now, most) = (0, 0)
        for edge in edges {
            now += edge.change
            most = max(most, now)
        }
        return most
    }
}
