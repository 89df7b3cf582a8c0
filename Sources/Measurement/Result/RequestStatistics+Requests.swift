/// How a set of requests is to be read.
struct StatisticsScope: Sendable {
    var target: TargetRecord
    var level: ServiceLevel?
    /// Whether "TTFT" counts from the schedule: open loops and burst edges.
    var isOpenLoop = false
    var window: WindowTotals?
    /// The time to be paid where a price goes by the hour and there is no window.
    var hired: WindowTotals?
    var gaps = Histogram()  // between token-bearing reads
    /// Of the bootstrap that gives a CV its interval; nil leaves it out.
    var seed: UInt64?
    var workers = Workers.one
    /// How times, speeds and lengths are distributed.
    var distributions = Distributions.summarised

    enum Distributions: Sendable {
        case summarised
        case copied(RequestStatistics)  // of the same requests
        case leftOut
    }

    /// The time to first token that tables, SLOs and thresholds mean.
    func ttft(of request: RequestRecord) -> Double? {
        countsFromSchedule(request) ? request.ttftScheduledMilliseconds : request.ttftMilliseconds
    }

    func countsFromSchedule(_ request: RequestRecord) -> Bool { isOpenLoop || request.rank != nil }
}

/// What one target gave within a window.
struct WindowTotals: Sendable, Hashable {
    var seconds: Double
    var streamedTokens: Int64 = 0
    var textBytes: Int64 = 0
    var inputTokens: Int64 = 0  // of the requests whose first token, or answer in one piece, came in it
    var vectors: Int64 = 0  // embeddings that came in it
    var ended = 0  // in it, whatever came of them; without those that are ours
    var successes = 0  // that ended in it
    var useful = 0
    var good = 0  // by the SLO

    static func + (a: WindowTotals, b: WindowTotals) -> WindowTotals {
        WindowTotals(
            seconds: a.seconds + b.seconds,
            streamedTokens: a.streamedTokens.saturatingAdd(b.streamedTokens),
            textBytes: a.textBytes.saturatingAdd(b.textBytes),
            inputTokens: a.inputTokens.saturatingAdd(b.inputTokens),
            vectors: a.vectors.saturatingAdd(b.vectors),
            ended: a.ended + b.ended,
            successes: a.successes + b.successes,
            useful: a.useful + b.useful,
            good: a.good + b.good
        )
    }
}

extension RequestStatistics {
    /// `requests` in the order of dispatch.
    init(of requests: RequestSet, in scope: StatisticsScope) {
        self.init()
        count(requests)
        var good = 0
        var chunkTokens = 0.0
        var chunks = 0.0
        var tallies = FigureCatalogue.tallied.compactMap { $0.tally?() }
        requests.forEach { request in
            inputTokens = inputTokens.saturatingAdd(max(0, request.inputTokens ?? 0))
            cachedInputTokens = cachedInputTokens.saturatingAdd(max(0, request.cachedInputTokens ?? 0))
            cacheWrittenTokens = cacheWrittenTokens.saturatingAdd(max(0, request.cacheWrittenTokens ?? 0))
            outputTokens = outputTokens.saturatingAdd(request.countedOutputTokens ?? 0)
            reasoningTokens = reasoningTokens.saturatingAdd(max(0, request.reasoningTokens ?? 0))
            if let vectors = request.vectors {
                embeddings = (embeddings ?? 0).saturatingAdd(Int64(max(0, vectors)))
            }
            if let level = scope.level, level.isGood(request, ttft: scope.ttft(of: request)) { good += 1 }
            for place in tallies.indices { tallies[place].add(request) }
            if request.outcomeClass == .success, request.tokenReads > 0 {
                chunkTokens += Double(request.streamedTokens)
                chunks += Double(request.tokenReads)
            }
        }
        if chunks > 0 { tokensPerChunk = chunkTokens / chunks }
        for (figure, tally) in zip(FigureCatalogue.tallied, tallies) where tally.result.whole > 0 {
            tallied[figure.key] = tally.result
        }
        let judged = self.requests.scheduled - (outcomes[.cancelled] ?? 0)
        if scope.level != nil, judged > 0 { sloAttainment = Double(good) / Double(judged) }
        if let window = scope.window { setRates(window, hasLevel: scope.level != nil) }
        switch scope.distributions {
        case .summarised: summarise(requests.successes, scope)
        case .copied(let other): copyDistributions(of: other)
        case .leftOut: break
        }
        itlMilliseconds = DistributionSummary(milliseconds: scope.gaps)
        served = ServedResult(of: requests, in: scope)
        answers = AnswerVariety(of: requests.successes)
        retries = Retries(of: requests, in: scope)
        do throws(CostGap) { cost = try Cost(of: requests, useful: self.requests.useful, in: scope) } catch {
            costGap = requests.isEmpty ? nil : error
        }
    }

    /// Counts requests by what became of them.
    mutating func count(_ requests: RequestSet) {
        var (alike, outcome) = (0, Outcome.ok)  // one after the other: most are
        requests.forEach { request in
            self.requests.scheduled += 1
            if request.outcome != outcome {
                if alike > 0 { outcomes[outcome, default: 0] += alike }
                (alike, outcome) = (0, request.outcome)
            }
            alike += 1
            if request.isCutWhileReasoning { cutWhileReasoning += 1 }
            switch request.outcomeClass {
            case .success:
                self.requests.success += 1
                if request.useful { self.requests.useful += 1 }
            case .failed: self.requests.failed += 1
            case .throttled: self.requests.throttled += 1
            case .excluded: self.requests.excluded += 1
            }
        }
        if alike > 0 { outcomes[outcome, default: 0] += alike }
        let counted = self.requests.scheduled - self.requests.excluded
        guard counted > 0 else { return }
        let proportion = Measurement.Proportion(self.requests.success, of: counted)
        let answered = requests.only { $0.outcomeClass != .excluded }
        let effect = answered.designEffect().map { $0.factor(share: answered.map { $0.outcomeClass == .success }) }
        if let value = proportion.value, let interval = proportion.wilson(effect: effect ?? 1) {
            availability = Proportion(value: value, interval: interval)
        }
        errorRate = Double(self.requests.failed) / Double(counted)
        throttleRate = Double(self.requests.throttled) / Double(counted)
    }

    private mutating func setRates(_ window: WindowTotals, hasLevel: Bool) {
        guard window.seconds > 0 else { return }
        outputTokensPerSecond = Double(window.streamedTokens) / window.seconds
        inputTokensPerSecond = Double(window.inputTokens) / window.seconds
        if embeddings != nil { embeddingsPerSecond = Double(window.vectors) / window.seconds }
        totalTokensPerSecond = (Double(window.streamedTokens) + Double(window.inputTokens)) / window.seconds
        outputBytesPerSecond = Double(window.textBytes) / window.seconds
        requestsPerSecond = Double(window.successes) / window.seconds
        if hasLevel { goodputRPS = Double(window.good) / window.seconds }
    }

    private mutating func copyDistributions(of other: RequestStatistics) {
        (ttftMilliseconds, ttftScheduledMilliseconds) = (other.ttftMilliseconds, other.ttftScheduledMilliseconds)
        (e2eMilliseconds, e2eScheduledMilliseconds) = (other.e2eMilliseconds, other.e2eScheduledMilliseconds)
        (waitMilliseconds, ttfvMilliseconds, tpotMilliseconds) = (
            other.waitMilliseconds, other.ttfvMilliseconds, other.tpotMilliseconds
        )
        (decodeTPS, requestTPS) = (other.decodeTPS, other.requestTPS)
        (connectMilliseconds, tlsMilliseconds) = (other.connectMilliseconds, other.tlsMilliseconds)
        (inputTokensPerRequest, outputTokensPerRequest) = (other.inputTokensPerRequest, other.outputTokensPerRequest)
    }

    private mutating func summarise(_ successes: RequestSet, _ scope: StatisticsScope) {
        let unanswered = requests.failed + requests.throttled
        let isMerged = successes.isOfSeveralShards
        @inline(__always) @Sendable func summary(
            infinite: Int? = nil,
            spread seed: UInt64? = nil,
            _ figure: (RequestRecord) -> Double?
        ) -> DistributionSummary? {
            DistributionSummary(
                samples: successes.figures(figure),
                infinite: infinite,
                spread: seed,
                blocks: isMerged ? DesignEffect(groups: successes.shards(having: figure)) : nil
            )
        }
        /// With what the load generator added. Of an edge that is the stamping alone, for its sending is judged by itself.
        @inline(__always) @Sendable func timed(
            infinite: Int? = nil,
            spread seed: UInt64? = nil,
            _ figure: (RequestRecord) -> Double?,
            _ lateness: (RequestRecord) -> Double?,
            stamping: (RequestRecord) -> Int64?
        ) -> DistributionSummary? {
            var summary = summary(infinite: infinite, spread: seed, figure)
            let known = summary
            summary?.clientErrorMilliseconds = .init(of: successes, known, figure) { request in
                request.rank == nil ? lateness(request) : stamping(request).map { Double(max(0, $0)) / 1e6 }
            }
            return summary
        }
        let seed = scope.seed
        let figures: [Figure] = [
            Figure(\.ttftMilliseconds) {
                timed(
                    infinite: unanswered,
                    spread: seed,
                    \.ttftMilliseconds,
                    \.ttftLatenessMilliseconds,
                    stamping: \.lateFirst
                )
            },
            Figure(\.ttftScheduledMilliseconds) {
                var summary = timed(
                    infinite: unanswered,
                    spread: seed,
                    \.ttftScheduledMilliseconds,
                    \.ttftScheduledLatenessMilliseconds,
                    stamping: \.lateFirst
                )
                guard summary?.clientErrorMilliseconds == nil else { return summary }
                // Stored before lateness was: what is known is when it was dispatched.
                let known = summary
                summary?.clientErrorMilliseconds = .init(of: successes, known, \.ttftScheduledMilliseconds) { request in
                    guard request.rank == nil else { return nil }
                    return request.dispatchLag.map { Double(max(0, $0 - (request.queued ?? 0))) / 1e6 }
                }
                return summary
            },
            Figure(\.e2eMilliseconds) {
                timed(infinite: unanswered, \.e2eMilliseconds, \.e2eLatenessMilliseconds, stamping: \.lateLast)
            },
            Figure(\.e2eScheduledMilliseconds) {
                timed(
                    infinite: unanswered,
                    \.e2eScheduledMilliseconds,
                    \.e2eScheduledLatenessMilliseconds,
                    stamping: \.lateLast
                )
            },
            Figure(\.waitMilliseconds) {
                timed(\.waitMilliseconds, \.waitLatenessMilliseconds, stamping: \.lateFirst)
            },
            Figure(\.ttfvMilliseconds) { summary(\.ttfvMilliseconds) },
            Figure(\.tpotMilliseconds) { summary(\.tpotMilliseconds) },
            Figure(\.decodeTPS) { summary(\.decodeTPS) },
            Figure(\.requestTPS) { summary(\.requestTPS) },
            Figure(\.connectMilliseconds) { summary { $0.connection == .new ? $0.connectMilliseconds : nil } },
            Figure(\.tlsMilliseconds) { summary { $0.connection == .new ? $0.tlsMilliseconds : nil } },
            Figure(\.inputTokensPerRequest) { summary { $0.inputTokens.map { Double(max(0, $0)) } } },
            Figure(\.outputTokensPerRequest) { summary { $0.countedOutputTokens.map(Double.init) } },
        ]
        // To hand out a few requests takes longer than to go over them.
        let workers = successes.count < 10_000 ? .one : scope.workers
        for (figure, summary) in zip(figures, workers.map(figures) { $0.summary() }) {
            self[keyPath: figure.place] = summary
        }
    }

    private struct Figure: Sendable {
        let place: any WritableKeyPath<RequestStatistics, DistributionSummary?> & Sendable
        let summary: @Sendable () -> DistributionSummary?

        init(
            _ place: any WritableKeyPath<RequestStatistics, DistributionSummary?> & Sendable,
            _ summary: @escaping @Sendable () -> DistributionSummary?
        ) {
            (self.place, self.summary) = (place, summary)
        }
    }
}

extension Int64 {
    /// The sum, or the nearest number there is: what a stored run holds may be anything.
    public func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
