/// The steps of one burst cycle.
struct BurstCycle: Sendable {
    let index: Int
    let edge: EdgeWave
    let control: EdgeWave?
    let baseline: StepRecord?

    /// The cycles of a phase, by their index; a cycle without an edge (cut off before it) is none.
    static func all(of phase: PhaseRecord, _ index: RunIndex) -> [BurstCycle] {
        let steps = Dictionary(grouping: index.steps(of: phase).filter { $0.burst != nil }) { $0.burst ?? 0 }
        return steps.sorted { $0.key < $1.key }.compactMap { burst, steps in
            guard let edge = steps.first(where: { $0.kind == .edge }) else { return nil }
            return BurstCycle(
                index: burst,
                edge: EdgeWave(edge, index),
                control: steps.first { $0.kind == .control }.map { EdgeWave($0, index) },
                baseline: steps.first { $0.kind == .baseline }
            )
        }
    }

    /// TTFT(cold burst, rank k) − TTFT(warm control, rank k), milliseconds, of the ranks that have both.
    var penalties: [(rank: Int, milliseconds: Double)] {
        guard let warm = control?.ttftByRank else { return [] }
        return edge.ttftByRank.sorted { $0.key < $1.key }.compactMap { rank, cold in
            warm[rank].map { (rank, cold - $0) }
        }
    }

    /// The usual time to first token of the warm server, milliseconds: the control's, else the baseline's median.
    func warmTTFT(_ index: RunIndex) -> Double? {
        if let median = SortedSamples(control?.wave.figures(EdgeWave.ttft) ?? []).median { return median }
        guard let baseline else { return nil }
        return SortedSamples(index.requests(of: baseline).figures(\.ttftMilliseconds)).median
    }
}

extension BurstResult {
    init(of cycle: BurstCycle, in phase: PhaseRecord, _ timeline: TargetTimeline) {
        self.init()
        let edge = cycle.edge
        index = cycle.index
        requests = edge.step.concurrency
        idleSeconds = edge.step.idle.map { Double($0) / 1e9 }
        connections = edge.step.connections
        sendLagMilliseconds = edge.sendLagMilliseconds
        sendSkewMilliseconds = edge.sendSkewMilliseconds
        reusedConnections = edge.wave.only { $0.connection == .reused }.count
        stats = Self.stats(of: edge, edge.wave, phase, timeline)
        if !edge.hold.isEmpty { hold = Self.stats(of: edge, edge.hold, phase, timeline) }
        control = cycle.control.map { Self.stats(of: $0, $0.wave, phase, timeline) }
        baseline = cycle.baseline.map {
            RequestStatistics(of: timeline.index.requests(of: $0), in: timeline.scope(for: phase))
        }

        let band = cycle.control?.band
        let cold = ColdRequests(edge, band: band)
        coldBy = cold?.evidence
        coldShare = cold?.share
        coldRequests = cold?.ranks.count
        coldKnown = cold?.known
        let penalties = cycle.penalties
        coldPenaltyPairs = penalties.count
        coldPenaltyMilliseconds = SortedSamples(penalties.map(\.milliseconds)).median
        coldOnlyPenaltyMilliseconds = cold.flatMap { cold in
            SortedSamples(penalties.filter { cold.ranks.contains($0.rank) }.map(\.milliseconds)).median
        }
        waves = TransitionResult.waves(edge.firstTokenSeconds, warmMilliseconds: cycle.warmTTFT(timeline.index))

        recoveryThresholdMilliseconds = band
        guard let band else { return }
        switch Recovery(of: edge, below: band) {
        case .after(let seconds): timeToRecoverSeconds = seconds
        case .notWithin(let seconds): censoredAtSeconds = seconds
        case nil: break
        }
    }

    /// Of some of an edge's requests; rates and gaps are those of the whole step.
    private static func stats(
        of edge: EdgeWave,
        _ requests: RequestSet,
        _ phase: PhaseRecord,
        _ timeline: TargetTimeline
    ) -> RequestStatistics {
        var scope = timeline.scope(for: phase)
        if let window = timeline.window(of: edge.step, from: edge.release) {
            scope.window = timeline.totals(in: window, scope: scope)
        }
        scope.gaps = timeline.index.histogram(.itl, of: [edge.step])
        return RequestStatistics(of: requests, in: scope)
    }
}

/// When a burst's requests were back within the warm band.
enum Recovery: Sendable, Hashable {
    case after(seconds: Double)  // since the edge
    case notWithin(seconds: Double)

    /// The first dispatch from which at most 1 of the next 10 requests exceeds the limit, itself among the ten.
    ///
    /// A request that failed without a first token exceeds it; one that we cancelled says nothing. Ten must follow:
    /// where fewer are left nothing is shown, so a burst that gets there has not recovered within the last dispatch
    /// that ten followed. nil when there never were ten, or the edge's instant is not known.
    init?(of edge: EdgeWave, below limit: Double) {
        guard let release = edge.release else { return nil }
        let told = RequestSet(ordering: Array(edge.wave) + Array(edge.hold)).only {
            $0.dispatched != nil && ($0.firstToken != nil || $0.outcome.class != .excluded)
        }
        var dispatches: [Double] = []
        var exceeds: [Bool] = []
        for request in told {
            guard let dispatched = request.dispatched else { continue }
            dispatches.append((Double(dispatched) - Double(release)) / 1e9)
            exceeds.append((EdgeWave.ttft(request) ?? .infinity) > limit)
        }
        guard exceeds.count >= Self.window else { return nil }
        var over = exceeds.prefix(Self.window).count { $0 }
        for first in 0...(exceeds.count - Self.window) {
            if first > 0 {
                over += (exceeds[first + Self.window - 1] ? 1 : 0) - (exceeds[first - 1] ? 1 : 0)
            }
            if over <= 1 {
                self = .after(seconds: max(0, dispatches[first]))
                return
            }
        }
        self = .notWithin(seconds: max(0, dispatches[exceeds.count - Self.window]))
    }

    static let window = 10
}
