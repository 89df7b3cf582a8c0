/// How well this machine measured at one level of concurrency, against what the server really did.
///
/// Errors are absolute differences per request, in milliseconds: of the instant of the first token, and of the mean gap
/// between tokens. Percentiles are by nearest rank.
public struct SelftestLevel: Sendable, Hashable, Codable {
    public struct Spread: Sendable, Hashable, Codable {
        public var p50: Double
        public var p99: Double

        public init(p50: Double, p99: Double) {
            self.p50 = p50
            self.p99 = p99
        }

        init?(_ samples: [Double]) {
            let sorted = SortedSamples(samples)
            guard let p50 = sorted.nearestRank(.p50), let p99 = sorted.nearestRank(.p99) else { return nil }
            self.init(p50: p50, p99: p99)
        }

        init?(_ figure: DistributionSummary?) {
            guard let p50 = figure?.p50, let p99 = figure?.p99 else { return nil }
            self.init(p50: p50, p99: p99)
        }
    }

    public var streams: Int
    public var requests = 0  // that were compared
    public var tokensPerSecond: Double?
    public var waitError: Spread?
    public var gapError: Spread?
    public var dispatchLag: Spread?
    public var readLag: Spread?
    public var cpuPercent: Double?
    public var verdict = ""
    /// Why its numbers cannot be trusted, each with the figure and its limit; empty = they can.
    public var reasons: [String] = []

    public var isTrusted: Bool { reasons.isEmpty }

    public init(streams: Int) { self.streams = streams }

    /// - Parameters:
    ///   - requests: those of the phase.
    ///   - truth: by `RequestRecord.sequence`.
    init(of phase: PhaseResult, streams: Int, requests: [RequestRecord], truth: [Int64: TruthEntry]) {
        self.init(streams: streams)
        tokensPerSecond = phase.stats.outputTokensPerSecond
        dispatchLag = Spread(phase.validity.dispatchLagMilliseconds)
        readLag = Spread(phase.validity.readLagMilliseconds)
        cpuPercent = phase.validity.cpuPercent
        verdict = phase.validity.verdict.rawValue
        compare(requests, with: truth)
        judge(phase, failed: requests.count { $0.measured && $0.outcomeClass != .success })
    }

    private mutating func compare(_ all: [RequestRecord], with truth: [Int64: TruthEntry]) {
        var waits: [Double] = []
        var gaps: [Double] = []
        var unknown = 0
        var miscounted = 0
        for request in all where request.measured && request.outcomeClass == .success {
            guard let known = truth[request.sequence], let first = request.instant(request.firstToken),
                let last = request.instant(request.lastToken)
            else {
                unknown += 1
                continue
            }
            requests += 1
            waits.append(abs(Double(first) - Double(known.firstToken)) / 1e6)
            if request.outputTokens != Int64(known.tokens) || request.tokenEvents != known.tokens { miscounted += 1 }
            guard known.tokens > 1 else { continue }
            let stretch = Double(last) - Double(first) - (Double(known.lastToken) - Double(known.firstToken))
            gaps.append(abs(stretch) / Double(known.tokens - 1) / 1e6)
        }
        waitError = Spread(waits)
        gapError = Spread(gaps)
        if unknown > 0 { reasons.append("\(unknown) answers are not in the server's journal") }
        if miscounted > 0 { reasons.append("\(miscounted) answers had another token count than was sent") }
    }

    /// The contract's rule on lags, also on the error itself: p99 <= max(2 ms, 1 % of the median TTFT).
    private mutating func judge(_ phase: PhaseResult, failed: Int) {
        if requests == 0 { reasons.append("no request to compare") }
        if failed > 0 { reasons.append("\(failed) requests failed") }
        let limit = max(2, 0.01 * (phase.stats.ttftMilliseconds?.p50 ?? 0))
        for (name, error) in [("first token", waitError), ("gap", gapError)] {
            if let p99 = error?.p99, p99 > limit {
                reasons.append("\(name) error p99 \(inWords(p99)) ms, limit \(inWords(limit)) ms")
            }
        }
        if phase.validity.verdict != .valid { reasons += phase.validity.reasons }
    }
}
