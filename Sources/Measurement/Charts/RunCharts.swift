public import Ticks

/// What charts need of a stored run and `RunResult` does not have: series over time, whole distributions, single requests.
///
/// It stands beside `RunResult`, not in it: `summary.json` holds no series. Its size is bounded whatever the run's: see
/// the limits. Pure: the same records give the same charts.
public struct RunCharts: Sendable, Hashable {
    /// Bins of the time axis, at most.
    public static let mostBins = 1000
    /// Order statistics of one phase, target and figure, at most; and of all together.
    public static let mostPoints = 2000
    public static let mostPointsOfAll = 40_000
    /// Requests shown one by one: the slowest, and a seeded sample of all; and those of bursts.
    public static let slowest = 500
    public static let sampled = 1500
    public static let mostBurstRequests = 4000

    public var axis: TimeAxis
    /// One for each target, in their order.
    public var targets: [TargetCharts] = []
    public var generator: GeneratorSeries
    /// The service level of the profile for the time to first token, milliseconds; nil = none.
    public var promisedTTFT: Double?

    public init(of recorded: RecordedRun) {
        let index = RunIndex(recorded)
        axis = TimeAxis(nanoseconds: max(recorded.run.durationNanoseconds ?? 0, index.lastInstant))
        generator = GeneratorSeries(recorded, axis)
        promisedTTFT = recorded.run.sloTTFT
        let phases = recorded.targets.flatMap { index.phases(of: $0.id) }.count
        let points = min(
            Self.mostPoints,
            Self.mostPointsOfAll / max(1, phases * DistributionChart.Figure.allCases.count)
        )
        let wanted = max(1, recorded.targets.count)
        targets = recorded.targets.map { target in
            let timeline = TargetTimeline(index, target)
            var charts = TargetCharts(name: target.name)
            charts.phases = index.phases(of: target.id).map { PhaseSpan(of: $0, timeline) }
            charts.series = TargetSeries(of: timeline, axis)
            charts.limits = RateLimitChart.all(of: target.rateLimits, axis)
            charts.server = timeline.server.map { ServerChart($0, axis) }
            charts.requests = RequestSamples(
                of: timeline,
                slowest: Self.slowest / wanted,
                sampled: Self.sampled / wanted,
                seed: recorded.run.seed
            )
            for phase in index.phases(of: target.id) where phase.kind != .warmup && phase.kind != .trickle {
                charts.distributions += DistributionChart.all(of: phase, timeline, points: max(50, points))
                charts.bursts += BurstChart.all(of: phase, timeline)
                if let heat = HeatMap(of: phase, timeline) { charts.heatMaps.append(heat) }
            }
            return charts
        }
        BurstChart.thin(&targets, to: Self.mostBurstRequests)
    }
}

/// What one target's charts are drawn from.
public struct TargetCharts: Sendable, Hashable {
    public var name: String
    public var phases: [PhaseSpan] = []  // in the order of the plan, warm-ups and idle times included
    public var series = TargetSeries()
    public var server: ServerChart?  // nil = its metrics were not read
    public var limits: [RateLimitChart] = []
    public var distributions: [DistributionChart] = []
    public var bursts: [BurstChart] = []
    public var heatMaps: [HeatMap] = []
    public var requests = RequestSamples()
}

/// The run from its start to its end in bins of one width.
public struct TimeAxis: Sendable, Hashable {
    public let width: Int64  // nanoseconds
    public let bins: Int
    public let nanoseconds: Int64  // of the whole run

    /// The widest of these, up to a second, that still gives 60 bins; of a long run the narrowest with few enough.
    private static let milliseconds: [Int64] = [
        100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
        3_600_000,
        7_200_000, 21_600_000, 86_400_000,
    ]

    init(nanoseconds: Int64) {
        let length = max(1, nanoseconds)
        let fine = Self.milliseconds.last { $0 <= 1000 && length / ($0 * 1_000_000) >= 60 } ?? Self.milliseconds[0]
        let most = Int64(RunCharts.mostBins)
        let fits = Self.milliseconds.first { $0 >= fine && (length - 1) / ($0 * 1_000_000) < most }
        // Of a run of years, or of a damaged record that tells of one.
        let coarsest = (length - 1) / most + 1
        width = fits.map { $0 * 1_000_000 } ?? coarsest
        bins = Int((length - 1) / width + 1)
        self.nanoseconds = length
    }

    public var secondsPerBin: Double { Double(width) / 1e9 }

    /// The bin of an instant since t0; what lies outside the run counts in the first or the last.
    func bin(_ instant: Int64) -> Int { min(bins - 1, Int(max(0, instant) / width)) }

    /// Adds an amount that is spread evenly over [from, to] to the bins it touches.
    func spread(_ amount: Double, from: Int64, to: Int64, into series: inout [Double]) {
        let first = bin(from)
        let last = bin(to)
        guard last > first, to > from else {
            series[first] += amount
            return
        }
        let perNanosecond = amount / (Double(to) - Double(from))
        for place in first...last {
            let start = max(Double(from), Double(place) * Double(width))
            // What lies beyond the axis stays in its last bin, so that nothing is lost.
            let end = place == last ? Double(to) : Double(place + 1) * Double(width)
            series[place] += perNanosecond * max(0, end - start)
        }
    }
}

/// When a phase ran, and its steps.
public struct PhaseSpan: Sendable, Hashable {
    public struct Step: Sendable, Hashable {
        public var kind: StageKind
        public var concurrency: Int
        public var rps: Double?
        public var burst: Int?
        /// Seconds since the run's start; nil = it never came to that.
        public var start: Double?
        public var settled: Double?
        public var windowEnd: Double?
        public var end: Double?
    }

    public var id: Int
    public var name: String
    public var kind: PhaseKind
    public var window: Int?
    public var start: Double?
    public var end: Double?
    public var steps: [Step]

    init(of phase: PhaseRecord, _ timeline: TargetTimeline) {
        let span = timeline.index.span(of: phase)
        id = phase.id
        name = phase.name
        kind = phase.kind
        window = phase.window
        start = span.map { Double($0.start) / 1e9 }
        end = span.map { Double($0.end) / 1e9 }
        steps = timeline.index.steps(of: phase).map { step in
            let isEdge = step.kind == .edge || step.kind == .control
            return Step(
                kind: step.kind,
                concurrency: step.concurrency,
                rps: step.rps,
                burst: step.burst,
                start: ((isEdge ? step.release : nil) ?? step.started).map { Double($0) / 1e9 },
                settled: step.settled.map { Double($0) / 1e9 },
                windowEnd: timeline.end(of: step).map { Double($0) / 1e9 },
                end: step.drained.map { Double($0) / 1e9 }
            )
        }
    }
}
