extension LargeUnion {
    /// One row of figures: sums over the shards, and histograms of what their requests took.
    struct Row: Sendable {
        private(set) var validity = RowValidity()
        private var sums = RequestStatistics()
        /// By shard, for the interval of a share: machines are blocks.
        private var shares: [(successes: Int, counted: Int)] = []
        private var amounts = [Double?](repeating: nil, count: rates.count)
        private var histograms = [Histogram](repeating: Histogram(), count: times.count)
        private var gaps = Histogram()
        private var judged = (good: 0.0, of: 0)
        private var idle = (share: 0.0, weight: 0.0, isKnown: false)
        private var late = (requests: 0.0, isKnown: false)

        var requests: Int { sums.requests.scheduled }

        private static let rates: [WritableKeyPath<RequestStatistics, Double?> & Sendable] = [
            \.outputTokensPerSecond, \.totalTokensPerSecond, \.inputTokensPerSecond, \.embeddingsPerSecond,
            \.outputBytesPerSecond, \.requestsPerSecond, \.goodputRPS,
        ]

        /// Times in milliseconds, speeds in tokens per second.
        private static let times:
            [(
                summary: WritableKeyPath<RequestStatistics, DistributionSummary?> & Sendable,
                figure: @Sendable (RequestRecord) -> Double?
            )] = [
                (\.ttftMilliseconds, { $0.ttftMilliseconds }),
                (\.ttftScheduledMilliseconds, { $0.ttftScheduledMilliseconds }),
                (\.waitMilliseconds, { $0.waitMilliseconds }),
                (\.ttfvMilliseconds, { $0.ttfvMilliseconds }),
                (\.e2eMilliseconds, { $0.e2eMilliseconds }),
                (\.e2eScheduledMilliseconds, { $0.e2eScheduledMilliseconds }),
                (\.tpotMilliseconds, { $0.tpotMilliseconds }),
                (\.decodeTPS, { $0.decodeTPS }),
                (\.requestTPS, { $0.requestTPS }),
            ]

        /// - Parameters:
        ///   - stats: of a shard's `requests`, its rates over `seconds`
        ///   - weight: its part of what shares of time are of
        mutating func add(
            _ stats: RequestStatistics,
            of requests: RequestSet,
            gaps other: Histogram,
            seconds: Double,
            weight: Double = 1,
            validity own: RowValidity = RowValidity(),
            name: String = ""
        ) {
            sums.addCounts(of: stats)
            let counted = stats.requests.scheduled - stats.requests.excluded
            shares.append((stats.requests.success, counted))
            for (place, rate) in Self.rates.enumerated() {
                if let value = stats[keyPath: rate] { amounts[place] = (amounts[place] ?? 0) + value * seconds }
            }
            requests.forEach { request in
                guard request.outcomeClass == .success else { return }
                for (place, time) in Self.times.enumerated() {
                    guard let value = time.figure(request), value.isFinite else { continue }
                    histograms[place].record(Int64(max(-9e18, min(9e18, (value * 1e6).rounded()))))
                }
            }
            gaps.merge(other)
            if let attained = stats.sloAttainment {
                let of = stats.requests.scheduled - (stats.outcomes[.cancelled] ?? 0)
                judged = (judged.good + attained * Double(of), judged.of + of)
            }
            idle.weight += weight
            if let share = stats.clientIdleShare { idle = (idle.share + share * weight, idle.weight, true) }
            if let share = stats.lateArrivalsShare {
                late = (late.requests + share * Double(stats.requests.scheduled), true)
            }
            validity.latencies = max(validity.latencies, own.latencies)
            validity.load = max(validity.load, own.load)
            validity.reasons += own.reasons.map { "\(name): \($0)" }
        }

        /// Of all shards, rates over `seconds`.
        func statistics(seconds: Double) -> RequestStatistics {
            var stats = sums
            stats.setShares(by: shares)
            if seconds > 0 {
                for (rate, amount) in zip(Self.rates, amounts) { stats[keyPath: rate] = amount.map { $0 / seconds } }
            }
            for (time, histogram) in zip(Self.times, histograms) {
                stats[keyPath: time.summary] = DistributionSummary(milliseconds: histogram)
            }
            stats.itlMilliseconds = DistributionSummary(milliseconds: gaps)
            if judged.of > 0 { stats.sloAttainment = judged.good / Double(judged.of) }
            if idle.isKnown, idle.weight > 0 { stats.clientIdleShare = idle.share / idle.weight }
            if late.isKnown, requests > 0 { stats.lateArrivalsShare = late.requests / Double(requests) }
            return stats
        }
    }
}

extension RequestStatistics {
    /// What is counted, and what follows from counts alone.
    fileprivate mutating func addCounts(of other: RequestStatistics) {
        requests.scheduled += other.requests.scheduled
        requests.success += other.requests.success
        requests.useful += other.requests.useful
        requests.failed += other.requests.failed
        requests.throttled += other.requests.throttled
        requests.excluded += other.requests.excluded
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
        cutWhileReasoning += other.cutWhileReasoning
        inputTokens = inputTokens.saturatingAdd(other.inputTokens)
        cachedInputTokens = cachedInputTokens.saturatingAdd(other.cachedInputTokens)
        cacheWrittenTokens = cacheWrittenTokens.saturatingAdd(other.cacheWrittenTokens)
        outputTokens = outputTokens.saturatingAdd(other.outputTokens)
        if let more = other.served { served = served?.joined(with: more) ?? more }
        reasoningTokens = reasoningTokens.saturatingAdd(other.reasoningTokens)
        if let vectors = other.embeddings { embeddings = (embeddings ?? 0).saturatingAdd(vectors) }
        tallied.merge(other.tallied, uniquingKeysWith: +)
        costGap = costGap ?? other.costGap
        guard let more = other.cost, costGap == nil || costGap == .noRequest else {
            if costGap != .noRequest { cost = nil }
            return
        }
        var sum = cost ?? Cost(dollars: 0)
        sum.dollars += more.dollars
        sum.basis = more.basis
        if let wasted = more.dollarsNotUseful { sum.dollarsNotUseful = (sum.dollarsNotUseful ?? 0) + wasted }
        sum.requestsWithoutUsage += more.requestsWithoutUsage
        cost = sum
        costGap = nil
    }

    fileprivate mutating func setShares(by shards: [(successes: Int, counted: Int)]) {
        let counted = requests.scheduled - requests.excluded
        guard counted > 0 else { return }
        let share = Double(requests.success) / Double(counted)
        let effect = DesignEffect.factor(
            sums: shards.filter { $0.counted > 0 }.map { Double($0.successes) - share * Double($0.counted) },
            squares: Double(counted) * share * (1 - share)
        )
        if let interval = Measurement.Proportion(requests.success, of: counted).wilson(effect: effect) {
            availability = Proportion(value: share, interval: interval)
        }
        errorRate = Double(requests.failed) / Double(counted)
        throttleRate = Double(requests.throttled) / Double(counted)
        guard let dollars = cost?.dollars else { return }
        if outputTokens > 0 { cost?.dollarsPerMillionOutputTokens = dollars / Double(outputTokens) * 1e6 }
        let sent = requests.scheduled - (outcomes[.notSent] ?? 0)
        if sent > 0 { cost?.dollarsPerRequest = dollars / Double(sent) }
        if requests.useful > 0 { cost?.dollarsPerUsefulResult = dollars / Double(requests.useful) }
    }
}
