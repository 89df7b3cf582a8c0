import Ticks

/// One look at a target: a level of a ramp, a block of a phase, a burst. Both sides of a comparison are looked at alike.
struct ComparedLook: Sendable {
    /// What two looks must share to be held against each other.
    enum Key: Sendable, Hashable {
        case level(Int, visit: Int)
        case rate(Double, visit: Int)
        case block(Int, concurrency: Int)
        /// The whole of a job of so many prompts, or a block of it.
        case job(block: Int?, prompts: Int)
        case burst(Int)
    }

    /// The window of the aggregate rate is cut into so many parts, to see how it varies.
    static let parts = 10

    var phase: String
    var kind: PhaseKind
    var key: Key
    var started: Int64?  // since its run's t0
    /// Of its measured requests.
    var stats = RequestStatistics()
    /// Of the successes, in order of dispatch.
    var ttft: [Double] = []
    var e2e: [Double] = []
    var requestTPS: [Double] = []
    var requestBytesPerSecond: [Double] = []
    /// Mean gaps, milliseconds.
    var gaps: [Double] = []
    /// Percentiles of those, by nearest rank: found where looks are read side by side, for each is asked for many times.
    private(set) var ttftP50: Double?
    private(set) var ttftP95: Double?
    private(set) var e2eP95: Double?
    private(set) var requestTPSP50: Double?
    private(set) var requestBytesP50: Double?
    /// Tokens and bytes of text per second in the parts of its window; empty where it has no rate.
    var tokenRates: [Double] = []
    var byteRates: [Double] = []
    var tokensPerSecond: Double?
    var bytesPerSecond: Double?
    /// By what figures vary more because its requests are of several machines; empty where they are of one.
    var effects: [ComparisonMetric: Double] = [:]
    /// What doing a job, or a block of it, took.
    var batch: BatchResult?
    var concurrency = 0
    var burst: BurstResult?

    /// The looks of a phase, in its order.
    static func all(of phase: PhaseRecord, _ result: PhaseResult, _ timeline: TargetTimeline) -> [ComparedLook] {
        if phase.kind == .batch { return jobs(of: phase, timeline) }
        var visits: [Int: Int] = [:]
        var rates: [Double: Int] = [:]
        var blocks = 0
        return timeline.index.steps(of: phase).compactMap { step in
            switch step.kind {
            case .warmup, .idle, .pause, .drain, .baseline, .control: return nil
            case .edge:
                let index = step.burst ?? 0
                var look = ComparedLook(step, .burst(index), phase, timeline)
                look.burst = result.bursts.first { $0.index == index }
                return look
            case .level where phase.kind == .ramp:
                visits[step.concurrency, default: 0] += 1
                let key = Key.level(step.concurrency, visit: visits[step.concurrency] ?? 1)
                return ComparedLook(step, key, phase, timeline)
            case .arrivals:
                let rate = step.rps ?? 0
                rates[rate, default: 0] += 1
                return ComparedLook(step, .rate(rate, visit: rates[rate] ?? 1), phase, timeline)
            default:
                blocks += 1
                let key = Key.block(step.block ?? blocks - 1, concurrency: step.concurrency)
                return ComparedLook(step, key, phase, timeline)
            }
        }
    }

    /// A job in one go is one look, interrupted or not; one whose blocks took turns with others' a look for each.
    private static func jobs(of phase: PhaseRecord, _ timeline: TargetTimeline) -> [ComparedLook] {
        let steps = timeline.index.steps(of: phase).filter { $0.kind == .batch }
        let blocks = Dictionary(grouping: steps) { $0.block }.sorted { $0.key ?? 0 < $1.key ?? 0 }
        return blocks.compactMap { block, steps in ComparedLook(job: steps, block: block, phase, timeline) }
    }

    private init?(job steps: [StepRecord], block: Int?, _ phase: PhaseRecord, _ timeline: TargetTimeline) {
        let index = timeline.index
        let parts = BatchPart.all(steps, index)
        var scope = timeline.scope(for: phase)
        scope.distributions = .leftOut
        guard let batch = BatchResult(parts, timeline, scope: scope), let makespan = batch.makespanSeconds else {
            return nil
        }
        // A job that was not finished is not the same job: its prompts are counted by how many ended.
        key = .job(block: block, prompts: batch.promptsEnded)
        self.phase = phase.name
        kind = phase.kind
        self.batch = batch
        concurrency = batch.concurrency ?? 0
        started = steps.first?.started
        let requests = RequestSet(joining: parts.map { $0.requests.only(\.measured) })
        scope.window = timeline.totals(of: requests, over: makespan, scope: scope)
        let windows = parts.compactMap { part in part.steadyWindow.map { ($0, part.step.binWidth) } }
        if let (window, binWidth) = windows.max(by: { $0.0.nanoseconds < $1.0.nanoseconds }) {
            setRates([window], binWidth, timeline)
        }
        stats = RequestStatistics(of: requests, in: scope)
        setFigures(requests, scope)
    }

    /// How the rate varied within its window, or between pauses.
    private mutating func setRates(_ windows: [MeasuredWindow], _ binWidth: Int64, _ timeline: TargetTimeline) {
        let parts = windows.flatMap { $0.parts(max(1, Self.parts / windows.count), binWidth: binWidth) }
        let sums = parts.map { ($0, timeline.arrivals.sum(in: $0)) }
        tokenRates = sums.map { Double($1.tokens) / $0.seconds }
        byteRates = sums.map { Double($1.textBytes) / $0.seconds }
    }

    private init(_ step: StepRecord, _ key: Key, _ phase: PhaseRecord, _ timeline: TargetTimeline) {
        self.phase = phase.name
        kind = phase.kind
        self.key = key
        concurrency = step.concurrency
        let requests = timeline.index.requests(of: step).only { $0.measured && (step.kind != .edge || $0.rank != nil) }
        var scope = timeline.scope(for: phase)
        scope.distributions = .leftOut
        started = step.started
        if step.kind == .level || step.kind == .arrivals {
            let windows = timeline.windows(of: step, from: step.settled)
            scope.window = timeline.totals(in: windows, scope: scope)
            setRates(windows, step.binWidth, timeline)
        }
        stats = RequestStatistics(of: requests, in: scope)
        setFigures(requests, scope)
    }

    private mutating func setFigures(_ requests: RequestSet, _ scope: StatisticsScope) {
        tokensPerSecond = stats.outputTokensPerSecond
        bytesPerSecond = stats.outputBytesPerSecond
        let successes = requests.successes
        ttft = successes.figures(scope.ttft)
        e2e = successes.figures(\.e2eMilliseconds)
        requestTPS = successes.figures(\.requestTPS)
        gaps = successes.figures(\.meanGapMilliseconds)
        requestBytesPerSecond = successes.figures { request in
            request.e2eMilliseconds.flatMap {
                $0 > 0 && request.textBytes > 0 ? Double(request.textBytes) / $0 * 1000 : nil
            }
        }
        let sorted = SortedSamples(ttft)
        (ttftP50, ttftP95) = (sorted.nearestRank(.p50), sorted.nearestRank(.p95))
        e2eP95 = SortedSamples(e2e).nearestRank(.p95)
        requestTPSP50 = SortedSamples(requestTPS).nearestRank(.p50)
        requestBytesP50 = SortedSamples(requestBytesPerSecond).nearestRank(.p50)
        guard successes.isOfSeveralShards else { return }
        let ofTTFT = successes.designEffect(having: scope.ttft)
        effects[.ttftP50] = ofTTFT?.factor(percentile: ttftP50, of: ttft)
        effects[.ttftP95] = ofTTFT?.factor(percentile: ttftP95, of: ttft)
        effects[.ttftCV] = Variation(sorted).flatMap { variation in
            ofTTFT?.factor(variationOf: ttft, mean: variation.mean, deviation: variation.standardDeviation)
        }
        effects[.e2eP95] = successes.designEffect(having: \.e2eMilliseconds)?.factor(percentile: e2eP95, of: e2e)
        effects[.requestTPS] = successes.designEffect(having: \.requestTPS)?
            .factor(percentile: requestTPSP50, of: requestTPS)
        effects[.requestBytes] = effects[.requestTPS]  // both are lengths over the same times
    }
}
