/// One look at a target: a level of a ramp, a block of a phase, a burst. Both sides of a comparison are looked at alike.
struct ComparedLook: Sendable {
    /// What two looks must share to be held against each other.
    enum Key: Sendable, Hashable {
        case level(Int, visit: Int)
        case rate(Double, visit: Int)
        case block(Int)
        case burst(Int)
    }

    /// The window of the aggregate rate is cut into so many parts, to see how it varies.
    static let parts = 10

    var phase: String
    var kind: PhaseRecord.Kind
    var key: Key
    var started: Int64?  // since its run's t0
    /// Of its measured requests.
    var stats: RequestStatistics
    /// Of the successes, in order of dispatch.
    var ttft: [Double] = []
    var e2e: [Double] = []
    var requestTPS: [Double] = []
    var requestBytesPerSecond: [Double] = []
    /// Tokens and bytes of text per second in the parts of its window; empty where it has no rate.
    var tokenRates: [Double] = []
    var byteRates: [Double] = []
    var tokensPerSecond: Double?
    var bytesPerSecond: Double?
    /// From the first dispatch to the last end, of a fixed number of requests.
    var makespanSeconds: Double?
    var burst: BurstResult?

    /// The looks of a phase, in its order.
    static func all(of phase: PhaseRecord, _ result: PhaseResult, _ timeline: TargetTimeline) -> [ComparedLook] {
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
                return ComparedLook(step, .block(step.block ?? blocks - 1), phase, timeline)
            }
        }
    }

    private init(_ step: StepRecord, _ key: Key, _ phase: PhaseRecord, _ timeline: TargetTimeline) {
        self.phase = phase.name
        kind = phase.kind
        self.key = key
        let requests = timeline.index.requests(of: step).only { $0.measured && (step.kind != .edge || $0.rank != nil) }
        var scope = timeline.scope(for: phase)
        scope.seed = nil
        started = step.started
        if step.kind == .level || step.kind == .arrivals, let window = timeline.window(of: step, from: step.settled) {
            scope.window = timeline.totals(in: window, scope: scope)
            let sums = window.parts(Self.parts, binWidth: step.binWidth).map { ($0, timeline.arrivals.sum(in: $0)) }
            tokenRates = sums.map { Double($1.tokens) / $0.seconds }
            byteRates = sums.map { Double($1.textBytes) / $0.seconds }
        } else if phase.kind == .batch, let job = Self.span(of: requests) {
            makespanSeconds = job.seconds
            scope.window = timeline.totals(of: requests, over: job.seconds, scope: scope)
        }
        stats = RequestStatistics(of: requests, in: scope)
        tokensPerSecond = stats.outputTokensPerSecond
        bytesPerSecond = stats.outputBytesPerSecond
        let successes = requests.successes
        ttft = successes.figures(scope.ttft)
        e2e = successes.figures(\.e2eMilliseconds)
        requestTPS = successes.figures(\.requestTPS)
        requestBytesPerSecond = successes.figures { request in
            request.e2eMilliseconds.flatMap {
                $0 > 0 && request.textBytes > 0 ? Double(request.textBytes) / $0 * 1000 : nil
            }
        }
    }

    private static func span(of requests: RequestSet) -> MeasuredWindow? {
        MeasuredWindow(
            exactlyFrom: requests.compactMap(\.dispatched).min(),
            to: requests.compactMap { $0.instant($0.ended) }.max()
        )
    }
}
