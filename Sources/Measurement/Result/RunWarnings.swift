/// What a reader must know before believing the figures, in sentences.
enum RunWarnings {
    static func all(of result: RunResult, _ index: RunIndex, _ health: GeneratorHealth) -> [String] {
        var warnings = index.recorded.run.warnings
        if !result.run.complete { warnings.append("The run was cut off; only what was stored until then is shown.") }
        for resumption in index.recorded.incidents where resumption.kind == .resume {
            warnings.append(resumption.detail ?? "The run was interrupted and went on.")
        }
        if index.unplaced > 0 {
            warnings.append("\(index.unplaced) stored requests name no known step; they are in no figure.")
        }
        if let calibration = index.recorded.run.calibration, let problem = calibration.problem {
            warnings.append(
                "Prompts could not be sized by \(calibration.target)'s own tokens (\(problem)): prompt lengths are estimates, one word for one token."
            )
        }
        for (target, record) in zip(result.targets, index.recorded.targets) {
            let sentences = about(target, record, index)
            warnings += result.targets.count > 1 ? sentences.map { "\(target.name): \($0)" } : sentences
        }
        if let span = MeasuredWindow(exactlyFrom: 0, to: index.lastInstant) {
            let overflows = health.listenOverflows(in: span)
            if overflows > 0 {
                warnings.append(
                    "\(inCount(Int(clamping: overflows), "connection")) met a full listen queue on this machine, of the server under "
                        + "test or of another program. Where it is the server's, that wait is in its times."
                )
            }
            if health.incidents(in: span).contains(where: { $0.kind == .clockStep }) {
                warnings.append("The wall clock was set during the run; durations are not affected, wall times are.")
            }
        }
        return warnings
    }

    /// What is true of every such run, or follows from its size.
    static func caveats(of result: RunResult, _ index: RunIndex) -> [String] {
        var caveats: [String] = []
        let sent = index.requests.only { $0.dispatchLag != nil }
        if !sent.isEmpty, !sent.contains(where: { $0.lateSend != nil || $0.lateFirst != nil }) {
            caveats.append(
                "Stored before lateness was recorded: the load generator's own part is judged by requests in flight and by "
                    + "when requests were sent, not by when tokens were seen."
            )
        }
        let isOneWindow = !result.targets.contains { $0.phases.contains { $0.window != nil } }
        if isOneWindow, let seconds = result.run.durationSeconds,
            result.targets.contains(where: { $0.totals.requests.success > 0 })
        {
            caveats.append("One time window of \(inTime(seconds: seconds)): another hour or another day may differ.")
        }
        for target in result.targets {
            let prefix = result.targets.count > 1 ? "\(target.name): " : ""
            caveats += target.phases.flatMap(self.caveats).map { prefix + $0 }
        }
        return caveats
    }

    private static func caveats(of phase: PhaseResult) -> [String] {
        var caveats: [String] = []
        let cells = phase.steps.map(\.stats) + phase.bursts.map(\.stats)
        let judged = (cells.isEmpty ? [phase.stats] : cells).compactMap(\.ttftMilliseconds)
        let rough = judged.filter { $0.p95Interval?.upper == nil }
        let open = rough.map { $0.effectiveCount ?? $0.count }
        if let fewest = open.min(), let most = open.max() {
            let range = fewest == most ? "\(fewest)" : "\(fewest) to \(most)"
            caveats.append(
                "\(phase.label): p95 of TTFT is rough in \(open.count) of \(judged.count) samples: "
                    + "\(DistributionSummary.evidence(range, of: rough)), "
                    + "\(QuantileRanks.fewestForUpperBound(.p95)) are needed for an upper limit."
            )
        }
        for burst in phase.bursts where burst.control == nil {
            caveats.append("\(phase.label): burst \(burst.index) has no warm control to compare with.")
        }
        return caveats
    }

    private static func about(_ target: TargetResult, _ record: TargetRecord, _ index: RunIndex) -> [String] {
        var warnings: [String] = []
        let requests = target.totals.requests
        if target.insecure { warnings.append("TLS certificates were not verified.") }
        if target.tokenSource == .events {
            warnings.append(
                "Some answers came without usage: token counts are counted events, which may differ from tokens."
            )
        }
        let hidden = index.requests(of: record).only(\.hiddenReasoning).count
        if hidden > 0 {
            warnings.append(
                "\(hidden) answers were billed for reasoning that was not streamed: it is in the token totals, not in "
                    + "speeds, and the wait for it is in the time to first token."
            )
        }
        let counted = index.requests(of: record).only { !index.isWarmup($0) }
        if let useless = AnswerWarnings.aboutUselessness(of: counted) { warnings.append(useless) }
        warnings += AnswerWarnings.about(counted, variety: target.totals.answers)
        warnings += ServedWarnings.about(target, asked: record.tier)
        let template = index.recorded.run.calibration?.templateTokens
        if let warning = PrefixCacheWarnings.about(target.cache, template: template) { warnings.append(warning) }
        if let length = target.inputLength, length.isOff {
            let shown = [length.asked, length.counted].map { inWords($0.rounded()) }
            warnings.append(
                "Prompts are not of the length asked for: \(shown[0]) tokens were asked for, the server counted \(shown[1]) "
                    + "(\(length.error > 0 ? "+" : "")\(inWords((100 * length.error).rounded())) %; a difference of 5 % is the limit)."
            )
        }
        if requests.excluded > 0, let notSent = target.totals.outcomes[.notSent], notSent > 0 {
            warnings.append("\(notSent) of \(requests.scheduled) requests were never sent.")
        }
        for phase in target.phases { warnings += about(phase) }
        for phase in index.phases(of: record.id) {
            if let balance = tokenBalance(of: phase, index) { warnings.append("\(phase.name): \(balance)") }
        }
        return warnings
    }

    private static func about(_ phase: PhaseResult) -> [String] {
        var warnings: [String] = []
        for step in phase.steps {
            if let unmeasured = step.unmeasured {
                warnings.append("\(phase.label): at \(step.load) \(words(unmeasured))")
            }
            if let difference = step.littleDifference, difference > 0.02 {
                warnings.append(
                    "\(phase.label): at \(step.load) the requests' own times account for a load that differs by "
                        + "\(inPercent(difference)) from the one counted: the records do not add up."
                )
            }
        }
        warnings += openLoop(phase)
        warnings += hysteresis(of: phase)
        if phase.loadFooting.isTold {
            warnings += phase.changeSentences.map { "\(phase.label): \($0): not a steady state." }
        }
        for (name, drift) in phase.drift.sorted(by: { $0.key < $1.key }) where drift.verdict == .drifting {
            // What a disturbed generator saw may be its own; its own memory is told always.
            guard phase.loadFooting.isTold || name.hasPrefix("tool_") else { continue }
            let direction = drift.slopePerHour < 0 ? "falls" : "rises"
            warnings.append(
                "\(phase.label): \(name) \(direction) by \(inWords(abs(drift.slopePerHour))) an hour: not a steady state."
            )
        }
        return warnings
    }

    /// What must change for a step to be measured.
    private static func words(_ step: StepResult.Unmeasured) -> String {
        let length = step.seconds.map { duration($0) } ?? "its time"
        guard step.sent > 0 else { return "no request was due in \(length): its duration or its rate is too small." }
        let settle = step.settleSeconds.map { duration($0) } ?? "its settling"
        let answers = step.answerSeconds.map { " Answers took \(duration($0)) (median)." } ?? ""
        return
            "nothing was measured: none of its \(step.sent) requests was sent between the end of settle (\(settle)) and "
            + "the end of its window (\(length)).\(answers) A longer duration, or a shorter settle, would measure some."
    }

    private static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: inWords(seconds) + " s"
        case ..<7200: inWords(seconds / 60) + " min"
        default: inWords(seconds / 3600) + " h"
        }
    }

    /// Levels that were visited more than once and did not come out alike: the intervals of their medians are apart.
    private static func hysteresis(of phase: PhaseResult) -> [String] {
        var first: [Int: DistributionSummary] = [:]
        var warnings: [String] = []
        for step in phase.steps {
            guard let level = step.concurrency, let speed = step.stats.requestTPS, let median = speed.p50 else {
                continue
            }
            guard let before = first[level], let earlier = before.p50 else {
                first[level] = speed
                continue
            }
            guard let a = before.p50Interval, let b = speed.p50Interval, let aLow = a.lower, let aHigh = a.upper,
                let bLow = b.lower, let bHigh = b.upper, aHigh < bLow || bHigh < aLow
            else { continue }
            warnings.append(
                "\(phase.label): \(inCount(level, "stream")) came out differently when visited again: \(inWords(median)) against "
                    + "\(inWords(earlier)) tokens/s per request."
            )
        }
        return warnings
    }

    /// The loops' own count of token events against that of the records, of a phase that is whole.
    private static func tokenBalance(of phase: PhaseRecord, _ index: RunIndex) -> String? {
        guard index.recorded.run.complete, phase.ended != nil else { return nil }
        guard index.resumptions(in: phase).isEmpty else { return nil }  // a kill takes records with it
        var counted = 0.0
        var recorded = 0.0
        for step in index.steps(of: phase) {
            for bin in index.bins(of: step) { counted += Double(bin.tokenEvents) }
            index.requests(of: step).forEach { recorded += Double($0.tokenEvents) }
        }
        guard counted > 0, abs(counted - recorded) > 0.01 * counted else { return nil }
        return "\(inWords(counted)) token events were counted but the requests' records hold \(inWords(recorded))."
    }
}
