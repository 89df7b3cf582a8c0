extension TargetResult {
    init(of target: TargetRecord, _ index: RunIndex, _ health: GeneratorHealth) {
        self.init()
        let timeline = TargetTimeline(index, target)
        name = target.name
        provider = target.provider
        model = target.model
        api = target.api
        url = target.url
        insecure = target.insecure
        simulated = target.simulated
        notes = target.notes
        preflight = Tally(requests: target.preflightRequests, outputTokens: target.preflightOutputTokens)

        let warmups = timeline.requests.only { index.isWarmup($0) }
        warmup.requests = warmups.count
        for request in warmups {
            warmup.outputTokens = warmup.outputTokens.saturatingAdd(request.countedOutputTokens ?? 0)
        }
        let counted = timeline.counted()
        failures = FailureResult.kinds(of: counted)
        let successes = counted.successes
        if !successes.isEmpty {
            tokenSource = successes.contains { $0.tokenSource != .usage } ? .events : .usage
        }

        let phases = index.phases(of: target.id).filter { $0.kind != .warmup }
        var scope = timeline.scopeOfTotals
        scope.gaps = index.histogram(.itl, of: phases.flatMap(index.steps(of:)).filter { $0.kind != .warmup })
        scope.hired = timeline.totals(of: phases, scope: scope)
        totals = RequestStatistics(of: counted, in: scope)
        self.phases = phases.map { PhaseResult(of: $0, timeline, health) }

        let tried = totals.requests.scheduled - totals.requests.excluded
        unusable = tried > 0 && totals.requests.success == 0 || Self.breakerOpened(target, index.recorded)
    }

    /// An incident of kind `unusable` belongs to the target that its detail names; with one target, to that.
    private static func breakerOpened(_ target: TargetRecord, _ recorded: RecordedRun) -> Bool {
        recorded.incidents.contains { incident in
            guard incident.kind == .unusable else { return false }
            guard recorded.targets.count > 1, let detail = incident.detail else { return true }
            return detail == target.name || detail.hasPrefix(target.name + ":") || detail.hasPrefix(target.name + " ")
        }
    }
}
