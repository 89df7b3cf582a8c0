import Ticks

extension TargetResult {
    init(of timeline: TargetTimeline, _ health: GeneratorHealth) {
        self.init()
        let (index, target) = (timeline.index, timeline.target)
        name = target.name
        provider = target.provider
        model = target.model
        tier = target.tier?.name
        api = target.api
        url = target.url
        insecure = target.insecure
        simulated = target.simulated
        notes = target.notes
        rateLimits = target.rateLimits
        preflight = Tally(requests: target.preflightRequests, outputTokens: target.preflightOutputTokens)
        preflightGets = target.preflightGets
        server = timeline.server.map { ServerResult($0, of: target, index) }
        cache = PrefixCacheResult(of: timeline, server: server)
        waitedReadySeconds = target.waitedReady.map { Double($0) / 1e9 }
        var prices = PriceBook(target)
        preflight.dollars = prices?.asked.map { asked in
            let (sent, received) = (Double(target.preflightInputTokens), Double(target.preflightOutputTokens))
            return (sent * asked.input + received * asked.output) / 1e6
        }

        replaced.requests = timeline.requests.reduce(0) { $0 + (index.replaced[$1.step] == nil ? 0 : 1) }
        replaced.dollars = prices?.dollars(for: timeline.requests.only { index.replaced[$0.step] != nil })
        let warmups = timeline.requests.only { index.isWarmup($0) && index.replaced[$0.step] == nil }
        warmup.requests = warmups.count
        if !warmups.contains(where: { $0.outcomeClass == .success && $0.tokenSource != .usage }) {
            warmup.dollars = prices?.dollars(for: warmups)
        }
        for request in warmups {
            warmup.outputTokens = warmup.outputTokens.saturatingAdd(request.countedOutputTokens ?? 0)
        }
        let counted = timeline.counted()
        failures = FailureResult.kinds(of: counted.only { $0.outcome.class != .success })
        inputLength = InputLengthResult(of: counted)
        let successes = counted.successes
        // What was learnt at one moment is no habit where other answers show otherwise.
        if successes.contains(where: { $0.connection == .reused }) {
            notes.removeAll { $0.hasPrefix("closes its connections") }
        }
        // Where nothing succeeded, tokens may have been counted all the same.
        let told = successes.isEmpty ? counted.only { $0.tokenSource != nil } : successes
        if !told.isEmpty {
            let untold = told.only { $0.tokenSource != .usage }
            // Embeddings have no events to count.
            tokenSource = untold.isEmpty ? .usage : untold.contains { $0.vectors == nil } ? .events : nil
        }

        let phases = index.phases(of: target.id).filter { $0.kind != .warmup && $0.kind != .trickle }
        var scope = timeline.scopeOfTotals
        scope.gaps = index.histogram(.itl, of: phases.flatMap(index.steps(of:)).filter { $0.kind != .warmup })
        scope.hired = timeline.totals(of: phases, scope: scope)
        self.phases = index.workers.map(phases) { PhaseResult(of: $0, timeline, health) }
        // All that counts is of the one phase: its distributions are the whole's.
        if self.phases.count == 1, self.phases[0].stats.requests.scheduled == counted.count {
            scope.distributions = .copied(self.phases[0].stats)
        }
        totals = RequestStatistics(of: counted, in: scope)

        let tried = totals.requests.scheduled - totals.requests.excluded
        givenUp = Self.givenUp(target, index.recorded)
        unusable = tried > 0 && totals.requests.success == 0 || givenUp != nil
    }

    private static func givenUp(_ target: TargetRecord, _ recorded: RecordedRun) -> String? {
        let end = recorded.incidents.first { $0.kind == .unusable && $0.concerns(target, of: recorded.targets) }
        guard let end else { return nil }
        guard let detail = end.detail else { return "no reason was stored" }
        let name = target.name + ": "
        return detail.hasPrefix(name) ? String(detail.dropFirst(name.count)) : detail
    }
}
