import Glibc

/// A figure on which two sides are held against each other.
enum ComparisonMetric: String, Sendable, Hashable, CaseIterable {
    case tokensPerSecond = "output_tokens_per_second"
    case bytesPerSecond = "output_bytes_per_second"
    case makespan = "makespan"
    case steadyTokens = "steady_tps"
    case tailShare = "tail_share"
    case jobCost = "usd"
    case ttftP50 = "ttft.p50"
    case ttftP95 = "ttft.p95"
    case ttftCV = "ttft.cv_percent"
    case e2eP95 = "e2e.p95"
    case requestTPS = "request_tps.p50"
    case requestBytes = "request_bytes_per_second.p50"
    case availability = "availability"
    case useful = "useful_share"
    case costPerUseful = "usd_per_useful_result"
    case coldPenalty = "cold_penalty"
    case timeToRecover = "time_to_recover"

    /// What a reader is told of it: once, for the comparison's verdicts, tables and gates.
    var row: ComparedFigureRow {
        switch self {
        case .tokensPerSecond: .init(.outputTokensPerSecond, "tokens/s", Self.allText + "tokens a second", Self.speed)
        case .bytesPerSecond: .init(.outputBytesPerSecond, "bytes/s", Self.allText + "bytes a second", Self.speed)
        case .makespan:
            .init("makespan", .seconds, .less, "time from the first request of the job to its last answer", Self.speed)
        case .steadyTokens:
            .init(
                "while all busy",
                .perSecond,
                .more,
                "tokens a second while all slots of the job were busy",
                Self.speed
            )
        case .tailShare:
            .init("tail", .share, .less, "slots' time lost while the last answers were waited for", Self.size)
        case .jobCost: .init("$ of the job", .dollars, .less, "dollars for all of its requests", Self.price)
        case .ttftP50:
            .init(
                .ttft,
                at: "p50",
                "TTFT p50",
                "wait for the first token that half of the requests stay below",
                Self.speed
            )
        case .ttftP95:
            .init(
                .ttft,
                at: "p95",
                "TTFT p95",
                "wait for the first token that 95 of 100 requests stay below",
                Self.speed
            )
        case .ttftCV:
            .init(
                .ttft,
                at: "cv_percent",
                "TTFT CV",
                "how unevenly that wait comes, in percent of its mean",
                ("steadier", "less steady")
            )
        case .e2eP95:
            .init(
                .e2e,
                at: "p95",
                "e2e p95",
                "wait for the last token that 95 of 100 requests stay below",
                Self.speed
            )
        case .requestTPS: .init(.requestTPS, at: "p50", "per user", "tokens" + Self.oneRequest, Self.speed)
        case .requestBytes: .init("per user", .perSecond, .more, "bytes" + Self.oneRequest, Self.speed)
        case .availability:
            .init(
                .availability,
                "available",
                "share of requests that were answered",
                ("more available", "less available")
            )
        case .useful:
            .init(
                "useful",
                .share,
                .more,
                "share of requests whose answer can be used",
                ("more often useful", "less often useful")
            )
        case .costPerUseful:
            .init(
                "$ per useful",
                .dollars,
                .less,
                "dollars for each answer that can be used, failed ones paid too",
                Self.price
            )
        case .coldPenalty:
            .init(
                "cold penalty",
                .milliseconds,
                .less,
                "what a burst after idle waits longer than one on the warm server",
                Self.size
            )
        case .timeToRecover:
            .init(
                "recovery",
                .seconds,
                .less,
                "time from the burst until answers come as on the warm server",
                ("sooner", "later")
            )
        }
    }

    private static let speed = ("faster", "slower")
    private static let price = ("cheaper", "dearer")
    private static let size = ("smaller", "larger")
    private static let allText = "text that all streams together get, in "
    private static let oneRequest = " a second that a single request gets, waiting included"

    /// Whether more of it is what one wants.
    var moreIsBetter: Bool { row.better == .more }

    /// Whether it is among what decides for traffic of a kind (PRODUCT, section 8).
    func isPrimary(for kind: WorkloadResult.Kind) -> Bool {
        switch kind {
        case .chat: [.ttftP50, .ttftP95, .ttftCV, .availability, .e2eP95].contains(self)
        case .batch: [.tokensPerSecond, .bytesPerSecond, .makespan, .jobCost, .costPerUseful].contains(self)
        case .rag: [.ttftP50, .ttftP95, .costPerUseful, .availability].contains(self)
        case .production: [.availability, .e2eP95, .ttftP95, .costPerUseful].contains(self)
        }
    }

    /// Whether a look may well have none of it: a burst that met a warm server has no penalty, one that was never warm again
    /// no time to it. Ratios are then of bursts that all have one, or of none.
    var mayBeNothing: Bool { self == .coldPenalty || self == .timeToRecover }

    /// Whether it is successes of trials, pooled over the looks.
    var isShare: Bool { self == .availability || self == .useful }

    /// What counts as none of it, in its own unit: a millisecond.
    var nothing: Double { self == .coldPenalty ? 1 : 0.001 }

    /// A difference of this size or less is none that matters, shown or not.
    var smallestDifference: Double {
        switch self {
        case .availability, .useful: 0.01
        default: 0.05
        }
    }

    /// Requests that a look must have for its figure to be one.
    private static let fewestForMedian = 5
    private static let fewestForP95 = 20

    /// The figure of a look; nil where it has none.
    func value(_ look: ComparedLook) -> Double? {
        let value: Double? =
            switch self {
            case .tokensPerSecond: look.tokensPerSecond
            case .bytesPerSecond: look.bytesPerSecond
            // A job of which nothing was answered is soon over, and cheap: that is no figure of the job.
            case .makespan: look.stats.requests.success > 0 ? look.batch?.makespanSeconds : nil
            case .steadyTokens: look.batch?.steadyTPS
            case .tailShare: look.stats.requests.success > 0 ? look.batch?.tailShare : nil
            case .jobCost: look.stats.requests.success > 0 ? look.stats.cost?.dollars : nil
            case .ttftP50: look.ttft.count >= Self.fewestForMedian ? look.ttftP50 : nil
            case .ttftP95: look.ttft.count >= Self.fewestForP95 ? look.ttftP95 : nil
            case .ttftCV: look.ttft.count >= Self.fewestForP95 ? look.cvPercent : nil
            case .e2eP95: look.burst == nil && look.e2e.count >= Self.fewestForP95 ? look.e2eP95 : nil
            case .requestTPS:
                look.burst == nil && look.requestTPS.count >= Self.fewestForMedian ? look.requestTPSP50 : nil
            case .requestBytes:
                look.burst == nil && look.requestBytesPerSecond.count >= Self.fewestForMedian
                    ? look.requestBytesP50 : nil
            case .availability: look.stats.availability?.value
            case .useful: look.usefulTrials.trials > 0 ? look.usefulShare : nil
            case .costPerUseful: look.stats.cost?.dollarsPerUsefulResult
            case .coldPenalty: look.burst?.coldPenaltyMilliseconds
            case .timeToRecover: look.burst?.timeToRecoverSeconds
            }
        return value.finite
    }

    /// ln(target/base) at one look of both; nil where one has no figure above 0.
    func difference(_ base: ComparedLook, _ target: ComparedLook) -> Double? {
        // Of medians by all pairs of requests, which wastes less than the ratio of two medians.
        switch self {
        case .ttftP50: return Self.hodgesLehmann(base.ttft, target.ttft)
        case .requestTPS where base.burst == nil: return Self.hodgesLehmann(base.requestTPS, target.requestTPS)
        case .requestBytes where base.burst == nil:
            return Self.hodgesLehmann(base.requestBytesPerSecond, target.requestBytesPerSecond)
        default: break
        }
        guard let x = value(base), let y = value(target), x > 0, y > 0 else { return nil }
        return log(y / x)
    }

    private static func hodgesLehmann(_ x: [Double], _ y: [Double]) -> Double? {
        guard x.count >= fewestForMedian, y.count >= fewestForMedian else { return nil }
        return HodgesLehmann(x, y, exact: false).map { log($0.ratio) }
    }

    /// From the requests of one look at each side; nil where they say nothing about the figure's error.
    func estimate(_ base: ComparedLook, _ target: ComparedLook, seed: UInt64) -> RatioEstimate? {
        guard let x = value(base), let y = value(target), x > 0, y > 0 else { return nil }
        let count = min(base.ttft.count, target.ttft.count)
        let plain = RatioEstimate(ratio: y / x, method: .requests, count: count)
        let found: RatioEstimate? =
            switch self {
            case .tokensPerSecond where base.batch == nil:
                RatioEstimate(rates: base.tokenRates, target.tokenRates) ?? plain
            // A job takes as long as its rate lets it: what the one varied by, the other is uncertain by.
            case .tokensPerSecond, .makespan, .steadyTokens:
                RatioEstimate(y / x, rates: base.tokenRates, target.tokenRates) ?? plain
            case .bytesPerSecond: RatioEstimate(rates: base.byteRates, target.byteRates) ?? plain
            case .ttftP50: RatioEstimate(medians: base.ttft, target.ttft) ?? plain
            case .requestTPS: RatioEstimate(medians: base.requestTPS, target.requestTPS) ?? plain
            case .requestBytes:
                RatioEstimate(medians: base.requestBytesPerSecond, target.requestBytesPerSecond) ?? plain
            case .ttftP95:
                RatioEstimate(.p95, base.ttft, target.ttft, seed: seed)?.widened(for: base.ttft, target.ttft) ?? plain
            case .e2eP95:
                RatioEstimate(.p95, base.e2e, target.e2e, seed: seed)?.widened(for: base.e2e, target.e2e) ?? plain
            case .ttftCV:
                RatioEstimate(x, base.cvInterval(seed: seed), y, target.cvInterval(seed: seed), count: count)?
                    .widened(for: base.ttft, target.ttft)
            // The same requests, and what one of them costs scatters alike.
            case .jobCost: Self.costPerUseful.estimate(base, target, seed: seed).map { $0.around(y / x) } ?? plain
            case .costPerUseful:
                RatioEstimate(
                    x,
                    base.stats.cost?.dollarsPerUsefulInterval,
                    y,
                    target.stats.cost?.dollarsPerUsefulInterval,
                    count: count
                )
            case .tailShare, .coldPenalty, .timeToRecover, .availability, .useful: plain
            }
        return found?.widened(by: base.effects[self] ?? 1, target.effects[self] ?? 1)
    }

    /// Successes of trials, where the figure is a share.
    func trials(_ look: ComparedLook) -> (successes: Int, trials: Int)? {
        switch self {
        case .availability:
            let requests = look.stats.requests
            return (requests.success, requests.scheduled - requests.excluded)
        case .useful: return look.usefulTrials
        default: return nil
        }
    }
}

extension ComparedLook {
    var cvPercent: Double? { Variation(SortedSamples(ttft))?.cv.finite.map { 100 * $0 } }

    /// By the bootstrap, which takes its time: for looks that stand alone.
    func cvInterval(seed: UInt64) -> ConfidenceInterval? {
        DistributionSummary(samples: ttft, spread: seed)?.cvInterval
    }

    /// Useful answers of all requests but those that were cancelled.
    var usefulTrials: (successes: Int, trials: Int) {
        (stats.requests.useful, stats.requests.scheduled - (stats.outcomes[.cancelled] ?? 0))
    }

    var usefulShare: Double { Double(usefulTrials.successes) / Double(max(1, usefulTrials.trials)) }
}

extension ComparisonResult {
    /// What a reader is told of a row's figure; nil for one of another version of spate.
    public static func figure(_ name: String) -> ComparedFigureRow? { ComparisonMetric(rawValue: name)?.row }

    /// A row's figure as a reader calls it; a figure of another version of spate as it is.
    static func title(of figure: String) -> String { self.figure(figure)?.title ?? figure }
}
