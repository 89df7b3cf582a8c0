/// Single requests beside a phase's load, from a client that was not loaded: is the server slow, or this client?
public struct ProbesResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable {
        case same  // at most half of the load's wait can be made on this side
        case faster  // the probes were: at least a tenth of the wait is made on this side
        case slower  // the probes waited a quarter longer, or more
        case undetermined  // too few, or too scattered
    }

    public var stats: RequestStatistics
    /// Medians of TTFT, both from dispatch.
    public var loadedMilliseconds: Double?
    public var probeMilliseconds: Double?
    /// The most of the load's median TTFT, 0...1, that can have been made on this side: 1 − the lower bound of the
    /// probes' median/the upper one of the load's.
    public var clientShareAtMost: Double?
    /// The least of it: 1 − the upper bound of the probes' median/the lower one of the load's. Below 0 where the probes
    /// waited longer: one more in a full queue does.
    public var clientShareAtLeast: Double?
    /// How much later than planned the load's requests left (median), without what a cap made them wait.
    public var lateMilliseconds: Double?
    public var verdict: Verdict

    /// Whether that is worth a word: the limit of a valid dispatch lag.
    public var isClientLate: Bool {
        guard let lateMilliseconds, let loadedMilliseconds else { return false }
        return lateMilliseconds > max(2, 0.01 * loadedMilliseconds)
    }

    static let fewest = 10
    static let leastClientShare = 0.1
    static let mostClientShare = 0.5
    static let slowerBy = -0.25

    public init(stats: RequestStatistics, loaded: DistributionSummary?, lateMilliseconds: Double? = nil) {
        self.stats = stats
        self.lateMilliseconds = lateMilliseconds
        let probes = stats.ttftMilliseconds
        loadedMilliseconds = loaded?.p50
        probeMilliseconds = probes?.p50
        guard let loaded, let probes, loaded.count >= Self.fewest, probes.count >= Self.fewest,
            let a = loaded.p50Interval, let b = probes.p50Interval, let aLow = a.lower, let aHigh = a.upper,
            let bLow = b.lower, let bHigh = b.upper, aLow > 0
        else {
            verdict = .undetermined
            return
        }
        let (least, most) = (1 - bHigh / aLow, 1 - bLow / aHigh)
        (clientShareAtLeast, clientShareAtMost) = (least, max(0, most))
        verdict =
            least > Self.leastClientShare
            ? .faster : most < Self.slowerBy ? .slower : most <= Self.mostClientShare ? .same : .undetermined
    }

    init?(beside phase: PhaseRecord, _ loaded: RequestSet, _ timeline: TargetTimeline) {
        guard let own = timeline.index.recorded.phases.first(where: { $0.beside == phase.id }) else { return nil }
        let requests = timeline.index.requests.only { timeline.index.phase(of: $0) == own.id }
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
