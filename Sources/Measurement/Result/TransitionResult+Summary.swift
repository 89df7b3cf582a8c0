internal import Ticks

extension TransitionResult {
    /// The bursts of a phase pooled; nil without any.
    init?(of cycles: [BurstCycle], _ results: [BurstResult], _ timeline: TargetTimeline) {
        guard !cycles.isEmpty, cycles.count == results.count else { return nil }
        self.init()
        bursts = cycles.count
        let shares = zip(cycles, results).compactMap { cycle, _ in
            ColdRequests(cycle.edge, control: cycle.control).map { Proportion($0.ranks.count, of: $0.known) }
        }
        coldShare =
            Proportion(
                shares.reduce(0) { $0 + $1.successes },
                of: shares.reduce(0) { $0 + $1.trials }
            ).value
        coldShareInterval = Self.interval(ofPooled: shares, seed: timeline.index.recorded.run.seed)
        let penalties = results.compactMap(\.coldPenaltyMilliseconds)
        coldPenaltyMilliseconds = DistributionSummary(samples: penalties)
        coldPenaltyMilliseconds?.p50 = SortedSamples(penalties).median
        timeToRecoverSeconds = DistributionSummary(samples: results.compactMap(\.timeToRecoverSeconds))
        censored = results.count { $0.censoredAtSeconds != nil }
        ttftByRank = Self.ranks(cycles)
    }

    /// Medians over the bursts, by rank.
    private static func ranks(_ cycles: [BurstCycle]) -> [Rank] {
        let cold = Dictionary(grouping: cycles.flatMap { Array($0.edge.ttftByRank) }, by: \.key)
        let warm = Dictionary(grouping: cycles.flatMap { Array($0.control?.ttftByRank ?? [:]) }, by: \.key)
        return Set(cold.keys).union(warm.keys).sorted().map { rank in
            Rank(
                rank: rank,
                coldMilliseconds: SortedSamples(cold[rank, default: []].map(\.value)).median,
                warmMilliseconds: SortedSamples(warm[rank, default: []].map(\.value)).median
            )
        }
    }

    /// First tokens (seconds since the edge, ascending) in groups: one ends where none comes for longer than a quarter
    /// of the time since the edge and than a warm time to first token (else: than the first of them took).
    static func waves(_ instants: [Double], warmMilliseconds: Double?) -> [Wave] {
        guard let first = instants.first else { return [] }
        let quiet = warmMilliseconds.map { $0 / 1e3 } ?? first
        var waves = [Wave(atSeconds: first, requests: 1)]
        for (earlier, later) in zip(instants, instants.dropFirst()) {
            if later - earlier > max(quiet, earlier / 4) {
                waves.append(Wave(atSeconds: later, requests: 1))
            } else {
                waves[waves.count - 1].requests += 1
            }
        }
        return waves
    }

    /// Percentile bootstrap of the pooled share: bursts are drawn, then requests within each, for a burst's requests
    /// share its fate (Davison and Hinkley, "Bootstrap Methods", 3.8); widened to Wilson's interval of all requests,
    /// for bursts that came out alike leave the bootstrap no spread. nil under five bursts: a few say little of others.
    private static func interval(ofPooled shares: [Proportion], seed: UInt64) -> ConfidenceInterval? {
        let bursts = shares.filter { $0.trials > 0 }
        guard bursts.count >= RatioEstimate.fewestLooks else { return nil }
        var generator = SplitMix64(seed: seed, stream: "transition")
        let replicates = (0..<1000).map { _ in
            var cold = 0
            var known = 0
            for _ in bursts {
                let burst = bursts[Int(generator.unit() * Double(bursts.count))]
                let share = Double(burst.successes) / Double(burst.trials)
                for _ in 0..<burst.trials where generator.unit() < share { cold += 1 }
                known += burst.trials
            }
            return Double(cold) / Double(known)
        }
        let drawn = Bootstrap.percentile(replicates: SortedSamples(replicates), level: 0.95)
        let pooled = Proportion(bursts.reduce(0) { $0 + $1.successes }, of: bursts.reduce(0) { $0 + $1.trials })
        guard let wilson = pooled.wilson(), let low = wilson.lower, let high = wilson.upper else { return drawn }
        return ConfidenceInterval(lower: min(drawn.lower ?? low, low), upper: max(drawn.upper ?? high, high))
    }
}
