import Ticks

/// One figure's whole distribution over a phase, apart by level, by class, or by part of a burst.
public struct DistributionChart: Sendable, Hashable {
    public enum Figure: String, Sendable, Hashable, CaseIterable {
        case ttft, e2e
        case gap = "itl"  // between chunks; from histograms
        case tpot
    }

    public struct Group: Sendable, Hashable {
        public enum Part: String, Sendable, Hashable {
            case level, all  // the measured requests
            case warm, cold, stuck
            case control, baseline
        }

        public var part: Part
        public var concurrency: Int?  // a level's: exactly one of this and the next
        public var rps: Double?
        public var statistics: OrderStatistics
    }

    public var phase: Int  // `PhaseRecord.id`
    public var figure: Figure
    public var groups: [Group]

    /// The figures that a phase has, each over the same groups; at most so many points a figure.
    static func all(of phase: PhaseRecord, _ timeline: TargetTimeline, points: Int) -> [DistributionChart] {
        let parts = Part.all(of: phase, timeline)
        let scope = timeline.scope(for: phase)
        return Figure.allCases.compactMap { figure in
            let most = max(20, points / max(1, parts.count))
            let groups = parts.compactMap { part -> Group? in
                let statistics: OrderStatistics?
                switch figure {
                case .ttft: statistics = OrderStatistics(part.requests.figures(scope.ttft), most: most)
                case .e2e: statistics = OrderStatistics(part.requests.figures(\.e2eMilliseconds), most: most)
                case .tpot: statistics = OrderStatistics(part.requests.figures(\.tpotMilliseconds), most: most)
                case .gap: statistics = OrderStatistics(milliseconds: part.gaps(timeline), most: most)
                }
                return statistics.map {
                    Group(part: part.part, concurrency: part.concurrency, rps: part.rps, statistics: $0)
                }
            }
            return groups.isEmpty ? nil : DistributionChart(phase: phase.id, figure: figure, groups: groups)
        }
    }

    /// Requests that are drawn as one curve: the successes that a row of the phase's table is made of.
    private struct Part {
        var part: Group.Part
        var concurrency: Int?
        var rps: Double?
        var requests: RequestSet
        /// Whose gaps between chunks belong to it; empty where they cannot be told apart.
        var steps: [StepRecord] = []

        func gaps(_ timeline: TargetTimeline) -> Histogram {
            steps.reduce(into: Histogram()) { sum, step in
                for window in timeline.windows(of: step, from: step.settled ?? step.started) {
                    sum.merge(timeline.index.histogram(.itl, of: [step], in: window))
                }
            }
        }

        static func all(of phase: PhaseRecord, _ timeline: TargetTimeline) -> [Part] {
            let index = timeline.index
            let steps = index.steps(of: phase)
            let successes = { (steps: [StepRecord]) in
                RequestSet(joining: steps.map { index.requests(of: $0).only(\.measured).successes })
            }
            switch phase.kind {
            case .warmup, .idle, .trickle: return []
            case .ramp:
                return steps.filter { $0.kind == .level }.map { step in
                    Part(part: .level, concurrency: step.concurrency, requests: successes([step]), steps: [step])
                }
            case .burst: return ofBursts(BurstCycle.all(of: phase, index), index)
            case .rate, .replay:
                let stretches = Dictionary(grouping: steps.filter { $0.kind == .arrivals }) { $0.stretch ?? 0 }
                return stretches.sorted { $0.key < $1.key }.map { _, steps in
                    Part(part: .level, rps: steps.first?.rps, requests: successes(steps), steps: steps)
                }
            case .probe: return byShape(timeline.counted(in: phase).successes)
            case .steady:
                let levels = steps.filter { $0.kind == .level }
                return [Part(part: .all, requests: successes(levels), steps: levels)]
            case .batch, .keepwarm:
                let loaded = steps.filter { $0.kind != .warmup }
                return [Part(part: .all, requests: timeline.counted(in: phase).successes, steps: loaded)]
            }
        }

        private static func ofBursts(_ cycles: [BurstCycle], _ index: RunIndex) -> [Part] {
            var parts: [Group.Part: [RequestSet]] = [:]
            for cycle in cycles {
                let answered = cycle.edge.wave.successes
                if let cold = ColdRequests(cycle.edge, control: cycle.control) {
                    let isCold = { (request: RequestRecord) in request.rank.map(cold.ranks.contains) ?? false }
                    parts[.cold, default: []].append(answered.only(isCold))
                    parts[.warm, default: []].append(answered.only { !isCold($0) })
                } else {
                    parts[.all, default: []].append(answered)
                }
                if let control = cycle.control { parts[.control, default: []].append(control.wave.successes) }
                if let baseline = cycle.baseline {
                    parts[.baseline, default: []].append(index.requests(of: baseline).only(\.measured).successes)
                }
            }
            return [Group.Part.all, .cold, .warm, .control, .baseline].compactMap { part in
                parts[part].map { Part(part: part, requests: RequestSet(joining: $0)) }
            }
        }

        /// Warm, cold and stuck, by the rule of `ConsistencyResult`.
        private static func byShape(_ requests: RequestSet) -> [Part] {
            let shape = ColdStartClassifier(SortedSamples(requests.figures(\.ttftMilliseconds)))
            let told = requests.contains { $0.reportedCold != nil }
            let others = told ? requests.only { $0.reportedCold != true } : requests
            let stuck =
                told ? ColdStartClassifier(SortedSamples(others.figures(\.ttftMilliseconds))).stuck : shape.stuck
            let part = { (request: RequestRecord) -> Group.Part in
                if told, request.reportedCold == true { return .cold }
                guard let ttft = request.ttftMilliseconds else { return .warm }
                if let least = stuck.first, ttft >= least { return .stuck }
                if !told, let limit = shape.coldThreshold, ttft >= limit { return .cold }
                return .warm
            }
            return [Group.Part.warm, .cold, .stuck].compactMap { wanted in
                let some = requests.only { part($0) == wanted }
                return some.isEmpty ? nil : Part(part: wanted, requests: some)
            }
        }
    }
}

/// Values of chosen ranks of an ascending sample: what a distribution function is drawn from.
///
/// The ranks of the percentiles that are shown anywhere are among them, so that a reading there is exact.
public struct OrderStatistics: Sendable, Hashable {
    public var count: Int  // of the whole sample
    public var ranks: [Int]  // ascending, from 1
    public var values: [Double]

    public static let shown: [Quantile] = [.p50, .p75, .p90, .p95, .p99, .p999]

    /// At most so many ranks, and never fewer than those that are shown. nil without a sample.
    public init?(_ samples: [Double], most: Int) {
        let sorted = SortedSamples(samples.filter(\.isFinite))
        guard !sorted.isEmpty else { return nil }
        count = sorted.count
        ranks = Self.ranks(of: count, most: most)
        values = ranks.map { sorted.values[$0 - 1] }
    }

    /// The nearest rank of a shown percentile, exact; between them the next rank that was kept.
    public func value(at quantile: Quantile) -> Double? {
        let rank = quantile.rank(of: count)
        return ranks.firstIndex { $0 >= rank }.map { values[$0] }
    }

    /// The share of the sample that is no larger, as far as the kept ranks tell.
    public func share(upTo value: Double) -> Double {
        values.lastIndex { $0 <= value }.map { Double(ranks[$0]) / Double(count) } ?? 0
    }

    /// Of a histogram of nanoseconds: values are those of its cells.
    init?(milliseconds histogram: Histogram, most: Int) {
        guard !histogram.isEmpty else { return nil }
        count = Int(clamping: histogram.count)
        var quantiles = Set(stride(from: 100, through: 9900, by: max(50, 9800 / max(1, most))))
        quantiles.formUnion(Self.shown.map(\.tenThousandths) + [9950, 9995, 9999])
        ranks = []
        values = []
        for tenThousandths in quantiles.sorted() {
            let quantile = Quantile(tenThousandths: tenThousandths)
            let rank = quantile.rank(of: count)
            guard rank > ranks.last ?? 0, let value = histogram.quantile(quantile) else { continue }
            ranks.append(rank)
            values.append(Double(value) / 1e6)
        }
        if let least = histogram.min, ranks.first != 1 {
            ranks.insert(1, at: 0)
            values.insert(Double(least) / 1e6, at: 0)
        }
        if let largest = histogram.max, ranks.last != count {
            ranks.append(count)
            values.append(Double(largest) / 1e6)
        }
    }

    /// All where they are few; else the first, the last, the shown percentiles, a quarter of the rest in the tail (denser
    /// towards its end, where a distribution's shape is told by few), the others evenly.
    static func ranks(of count: Int, most: Int) -> [Int] {
        if count <= most { return Array(1...max(1, count)) }
        var ranks = Set(shown.map { $0.rank(of: count) })
        ranks.formUnion([1, count])
        let room = max(0, most - ranks.count)
        let tail = room / 4
        let even = room - tail
        if even > 1 { for place in 0..<even { ranks.insert(1 + place * (count - 1) / (even - 1)) } }
        var above = 1.0
        let growth = 1 + 8 / Double(max(8, tail))
        for _ in 0..<tail {
            let rank = count - Int(above)
            if rank < 1 { break }
            ranks.insert(rank)
            above = max(above + 1, above * growth)
        }
        return ranks.sorted()
    }
}
