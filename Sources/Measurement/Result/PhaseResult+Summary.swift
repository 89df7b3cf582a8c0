import Ticks

extension PhaseResult {
    init(of phase: PhaseRecord, _ timeline: TargetTimeline, _ health: GeneratorHealth) {
        self.init()
        let index = timeline.index
        let turns = index.spans(of: phase)
        let spans = index.activeSpans(of: phase)
        let records = index.steps(of: phase)
        name = phase.name
        kind = phase.kind
        loop = phase.loop
        startedSeconds = phase.started.map { Double($0) / 1e9 }
        window = phase.window
        if records.contains(where: { $0.block != nil }) { blocks = turns.count }
        elapsedSeconds = index.span(of: phase)?.seconds
        durationSeconds = spans.isEmpty ? nil : spans.reduce(0) { $0 + $1.seconds }

        server = timeline.server.map { ServerResult($0, in: spans) }
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
        if kind == .batch {
            // Behind the last dispatch nothing is left to send.
            let jobs = records.filter { $0.kind == .batch }
            let working = jobs.compactMap { job in
                MeasuredWindow(exactlyFrom: job.started, to: index.requests(of: job).compactMap(\.dispatched).max())
            }
            stats.clientIdleShare = timeline.clientIdleShare(of: jobs, in: phase, windows: working)
        }

        steps = StepResult.all(of: phase, timeline)
        if kind == .ramp {
            StepResult.compare(&steps)
            find = FindResult(of: records, index)
            if let answer = find?.answer,
                steps.contains(where: { $0.concurrency == answer && $0.validity.load == .invalid })
            {
                find?.isDisturbed = true
            }
            // A search goes to and fro: it has no way up and no way down.
            if find == nil {
                knee = KneeResult(of: steps) { loop == .open ? $0.ttftScheduledMilliseconds : $0.ttftMilliseconds }
                hysteresis = HysteresisResult.all(of: steps)
            }
        }
        if kind == .steady || loop == .open, let series = LoadSeries(phase, timeline, health) {
            changePoints = ChangePoint.all(in: series, index)
            drift = DriftResult.all(of: series, without: changePoints)
        }
        if kind == .keepwarm { keepwarm = KeepwarmResult(of: phase, index) }
        probes = ProbesResult(beside: phase, requests, timeline)
        conversations = ConversationsResult(of: phase, timeline)
        if steps.isEmpty { self.turns = TurnResult.all(of: requests.only(\.measured), scope) }
        if kind == .probe { consistency = ConsistencyResult(of: requests) }
        if kind == .probe || kind == .batch {
            power = SamplePower(
                ttft: requests.successes.figures(scope.ttft),
                seconds: batch?.makespanSeconds ?? durationSeconds,
                dollars: stats.cost?.dollars
            )
        }
        let cycles = BurstCycle.all(of: phase, index)
        bursts = cycles.map { BurstResult(of: $0, in: phase, timeline) }
        transition = TransitionResult(of: cycles, bursts, timeline)

        rowValidity = RowValidity(of: stats, isOpen: loop == .open)
        if kind == .keepwarm {
            // The requests right after the probes are what these are held against, and no row.
            let probes = RequestSet(joining: records.filter { $0.kind == .probe }.map { index.requests(of: $0) })
            rowValidity = RowValidity(of: RequestStatistics(of: probes, in: scope), isOpen: false)
        }
        let evidence = ValidityResult.Evidence(
            requests: requests,
            steps: records.filter { $0.kind != .warmup },
            levels: steps,
            spans: spans,
            rows: rows,
            server: timeline.target,
            tokensPerSecond: stats.outputTokensPerSecond
        )
        validity = ValidityResult(of: evidence, index, health)
        tries = TriedRow.all(of: records, rows, replaced: index.replaced)
        let silences = PhaseSilences(of: phase, timeline, health)
        longestSilenceMilliseconds = silences.longestMilliseconds
        if rowValidity.verdict == .invalid { keepwarm?.isTold = false }
        let own = health.incidents(in: turns).filter { $0.target == nil || $0.target == timeline.target.id }
        incidents = own.map { IncidentResult($0, timeline) }
        incidents += silences.incidents + ThrottledSpells.all(of: requests)
        incidents.sort { $0.startSeconds < $1.startSeconds }
        if hasSilence {
            for (figure, trend) in drift where trend.verdict == .steady && !figure.hasPrefix("tool_") {
                drift[figure]?.verdict = .undetermined
            }
        }
        let down = own.filter { $0.kind == .outage }.map { outage in
            spans.reduce(0) { $0 + $1.overlap(from: outage.at, to: outage.ended ?? .max) }
        }
        if !down.isEmpty { downSeconds = Double(down.reduce(0, +)) / 1e9 }
    }
}
