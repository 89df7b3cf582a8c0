import Ticks

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
        shardSkewMilliseconds = edge.skew?.milliseconds
        shardSkewUncertaintyMilliseconds = edge.skew?.uncertainty
        reusedConnections = edge.wave.only { $0.connection == .reused }.count
        stats = Self.stats(of: edge, edge.wave, phase, timeline)
        if !edge.hold.isEmpty { hold = Self.stats(of: edge, edge.hold, phase, timeline) }
        control = cycle.control.map { Self.stats(of: $0, $0.wave, phase, timeline) }
        validity = RowValidity(of: stats, isOpen: true, edge: edge)
        if let control, let wave = cycle.control {
            controlValidity = RowValidity(of: control, isOpen: true, edge: wave)
        }
        baseline = cycle.baseline.map {
            RequestStatistics(of: timeline.index.requests(of: $0), in: timeline.scope(for: phase))
        }

        if let server = timeline.server, let release = edge.release {
            replicas = server.useful(
                edge.wave,
                release: release,
                until: edge.step.drained ?? timeline.index.lastInstant
            )
        }
        let band = cycle.control?.band
        let cold = ColdRequests(edge, control: cycle.control)
        coldBy = cold?.evidence
        coldShare = cold?.share
        coldRequests = cold?.ranks.count
        coldKnown = cold?.known
        let penalties = cycle.penalties
        coldPenaltyPairs = penalties.count
        // Where no request was cold, none paid; what is left between two warm bursts is chance.
        coldPenaltyMilliseconds = SortedSamples(penalties.map(\.milliseconds)).median.map { coldShare == 0 ? 0 : $0 }
        coldOnlyPenaltyMilliseconds = cold.flatMap { cold in
            SortedSamples(penalties.filter { cold.ranks.contains($0.rank) }.map(\.milliseconds)).median
        }
        let warm = cycle.warmTTFT(timeline.index)
        waves = TransitionResult.waves(edge.firstTokenSeconds, warmMilliseconds: warm)
        controlWaves = cycle.control.map { TransitionResult.waves($0.firstTokenSeconds, warmMilliseconds: warm) } ?? []

        recoveryThresholdMilliseconds = band?.threshold
        guard let band else { return }
        switch RecoveryTime(of: edge, band) {
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
        scope.window = timeline.totals(in: timeline.windows(of: edge.step, from: edge.release), scope: scope)
        scope.gaps = timeline.index.histogram(.itl, of: [edge.step])
        return RequestStatistics(of: requests, in: scope)
    }
}

/// When a burst's requests were back within the warm band.
enum RecoveryTime: Sendable, Hashable {
    case after(seconds: Double)  // since the edge
    case notWithin(seconds: Double)

    /// The first dispatch, edge and hold together, that `Recovery` finds.
    ///
    /// That dispatch must itself be within the band: the wave leaves at one instant, and its last cold request with nine
    /// warm ones after it would else recover "at once". A request that failed without a first token exceeds the band; one
    /// that we cancelled says nothing. Where fewer than ten are left nothing is shown, so a burst that gets there has not
    /// recovered within the time it was held. nil when there never were ten, or the edge's instant is not known.
    init?(of edge: EdgeWave, _ band: Recovery) {
        guard let release = edge.release else { return nil }
        var dispatches: [Double] = []
        var waits: [Double] = []
        for request in RequestSet(ordering: Array(edge.wave) + Array(edge.hold)) {
            guard let dispatched = request.dispatched else { continue }
            if request.firstToken == nil, request.outcomeClass == .excluded { continue }
            dispatches.append((Double(dispatched) - Double(release)) / 1e9)
            waits.append(EdgeWave.ttft(request) ?? .infinity)
        }
        guard waits.count >= Recovery.window, let last = dispatches.last else { return nil }
        var start = 0
        while let index = band.index(in: waits, from: start) {
            if !band.exceeds(waits[index]) {
                self = .after(seconds: max(0, dispatches[index]))
                return
            }
            start = index + 1
        }
        let held = edge.step.windowEnded.map { (Double($0) - Double(release)) / 1e9 } ?? 0
        self = .notWithin(seconds: max(0, held, last))
    }
}
