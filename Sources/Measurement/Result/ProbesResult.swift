/// Single requests beside a phase's load, from a client that was not loaded: is the server slow, or this client?
public struct ProbesResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable {
        case same  // the intervals of the two medians touch, and are narrow enough to say so
        case faster  // the probes were
        case slower
        case undetermined  // too few, or too scattered
    }

    public var stats: RequestStatistics
    /// Medians of TTFT, both from dispatch.
    public var loadedMilliseconds: Double?
    public var probeMilliseconds: Double?
    /// The most of the load's median TTFT, 0...1, that can have been made on this side: 1 − the lower bound of the
    /// probes' median/the upper one of the load's.
    public var clientShareAtMost: Double?
    /// How much later than planned the load's requests left (median), without what a cap made them wait.
    public var lateMilliseconds: Double?
    public var verdict: Verdict

    /// Whether that is worth a word: the limit of a valid dispatch lag.
    public var isClientLate: Bool {
        guard let lateMilliseconds, let loadedMilliseconds else { return false }
        return lateMilliseconds > max(2, 0.01 * loadedMilliseconds)
    }

    static let fewest = 10
    /// Above it, intervals that touch say nothing.
    static let mostClientShare = 0.5

    public init(stats: RequestStatistics, loaded: DistributionSummary?, lateMilliseconds: Double? = nil) {
        self.stats = stats
        self.lateMilliseconds = lateMilliseconds
        let probes = stats.ttftMilliseconds
        loadedMilliseconds = loaded?.p50
        probeMilliseconds = probes?.p50
        guard let loaded, let probes, loaded.count >= Self.fewest, probes.count >= Self.fewest,
            let a = loaded.p50Interval, let b = probes.p50Interval, let aLow = a.lower, let aHigh = a.upper,
            let bLow = b.lower, let bHigh = b.upper, aHigh > 0
        else {
            verdict = .undetermined
            return
        }
        let most = max(0, 1 - bLow / aHigh)
        clientShareAtMost = most
        verdict =
            bHigh < aLow ? .faster : bLow > aHigh ? .slower : most <= Self.mostClientShare ? .same : .undetermined
    }

    init?(beside phase: PhaseRecord, _ loaded: RequestSet, _ timeline: TargetTimeline) {
        guard let own = timeline.index.recorded.phases.first(where: { $0.beside == phase.id }) else { return nil }
        let requests = timeline.index.requests.only { timeline.index.step(of: $0)?.phase == own.id }
        let scope = timeline.scope(for: own)
        // Of conversations the first turns: probes come without a history.
        let measured = loaded.only { $0.measured && ($0.turn ?? 0) == 0 }
        let lags = measured.figures { request in
            request.dispatchLag.map { Double(max(0, $0 - (request.queued ?? 0))) / 1e6 }
        }
        self.init(
            stats: RequestStatistics(of: requests, in: scope),
            loaded: DistributionSummary(samples: measured.successes.figures(\.ttftMilliseconds)),
            lateMilliseconds: SortedSamples(lags).median
        )
    }
}
