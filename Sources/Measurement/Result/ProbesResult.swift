/// Single requests beside a phase's load, from a client that was not loaded: is the server slow, or this client?
public struct ProbesResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable {
        case same  // the intervals of the two medians touch
        case faster  // the probes were
        case slower
        case undetermined  // too few
    }

    public var stats: RequestStatistics
    /// Of the load's own requests, from dispatch.
    public var loadedMilliseconds: Double?
    public var probeMilliseconds: Double?
    public var verdict: Verdict

    static let fewest = 10

    public init(stats: RequestStatistics, loaded: DistributionSummary?) {
        self.stats = stats
        let probes = stats.ttftMilliseconds
        loadedMilliseconds = loaded?.p50
        probeMilliseconds = probes?.p50
        guard let loaded, let probes, loaded.count >= Self.fewest, probes.count >= Self.fewest,
            let a = loaded.p50Interval, let b = probes.p50Interval, let aLow = a.lower, let aHigh = a.upper,
            let bLow = b.lower, let bHigh = b.upper
        else {
            verdict = .undetermined
            return
        }
        verdict = bHigh < aLow ? .faster : bLow > aHigh ? .slower : .same
    }

    init?(beside phase: PhaseRecord, _ loaded: RequestSet, _ timeline: TargetTimeline) {
        guard let own = timeline.index.recorded.phases.first(where: { $0.beside == phase.id }) else { return nil }
        let requests = timeline.index.requests.only { timeline.index.step(of: $0)?.phase == own.id }
        let scope = timeline.scope(for: own)
        let measured = loaded.only(\.measured).successes.figures(\.ttftMilliseconds)
        self.init(stats: RequestStatistics(of: requests, in: scope), loaded: DistributionSummary(samples: measured))
    }
}
