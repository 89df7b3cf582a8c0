extension PhaseResult {
    init(of phase: PhaseRecord, _ timeline: TargetTimeline, _ health: GeneratorHealth) {
        self.init()
        let index = timeline.index
        let spans = index.spans(of: phase)
        let records = index.steps(of: phase)
        name = phase.name
        kind = phase.kind
        loop = phase.loop
        startedSeconds = phase.started.map { Double($0) / 1e9 }
        window = phase.window
        if records.contains(where: { $0.block != nil }) { blocks = spans.count }
        elapsedSeconds = index.span(of: phase)?.seconds
        durationSeconds = spans.isEmpty ? nil : spans.reduce(0) { $0 + $1.seconds }

        let requests = timeline.counted(in: phase)
        var scope = timeline.scope(for: phase)
        scope.window = timeline.totals(of: phase, scope: scope)
        if kind == .batch, let active = BatchResult(of: phase, timeline, scope: scope) {
            batch = active
            // Rates are over the time that the job took, without drains and interruptions.
            scope.window?.seconds = active.makespanSeconds ?? 0
        }
        scope.gaps = index.histogram(.itl, of: records.filter { $0.kind != .warmup })
        stats = RequestStatistics(of: requests, in: scope)

        steps = StepResult.all(of: phase, timeline)
        if kind == .ramp {
            StepResult.compare(&steps)
            find = FindResult(of: records, index)
            // A search goes to and fro: it has no way up and no way down.
            if find == nil {
                knee = KneeResult(of: steps) { loop == .open ? $0.ttftScheduledMilliseconds : $0.ttftMilliseconds }
                hysteresis = HysteresisResult.all(of: steps)
            }
        }
        if kind == .steady { drift = DriftResult.all(of: phase, timeline, health) }
        if kind == .keepwarm { keepwarm = KeepwarmResult(of: phase, index) }
        probes = ProbesResult(beside: phase, requests, timeline)
        conversations = ConversationsResult(of: phase, timeline)
        if kind == .probe { consistency = ConsistencyResult(of: requests) }
        let cycles = BurstCycle.all(of: phase, index)
        bursts = cycles.map { BurstResult(of: $0, in: phase, timeline) }
        transition = TransitionResult(of: cycles, bursts, timeline)

        let edges = zip(cycles, bursts).flatMap { cycle, _ in
            let warm = cycle.warmTTFT(index)
            let control = cycle.control.map { [("control of burst \(cycle.index)", $0)] } ?? []
            return ([("burst \(cycle.index)", cycle.edge)] + control).map { name, wave in
                ValidityResult.EdgeEvidence(name: name, wave: wave, warmTTFT: warm)
            }
        }
        let evidence = ValidityResult.Evidence(
            requests: requests,
            steps: records.filter { $0.kind != .warmup },
            levels: steps,
            edges: edges,
            spans: spans,
            tokensPerSecond: stats.outputTokensPerSecond
        )
        validity = ValidityResult(of: evidence, index, health)
        let own = health.incidents(in: spans).filter { $0.target == nil || $0.target == timeline.target.id }
        incidents = own.map { IncidentResult($0, timeline) }
        let down = own.filter { $0.kind == .outage }.map { outage in
            spans.reduce(0) { $0 + $1.overlap(from: outage.at, to: outage.ended ?? .max) }
        }
        if !down.isEmpty { downSeconds = Double(down.reduce(0, +)) / 1e9 }
    }
}
