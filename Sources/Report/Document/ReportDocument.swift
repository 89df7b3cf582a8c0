import Measurement

/// What there is to say about a run, from the most important down, without saying how it looks.
struct ReportDocument: Sendable, Hashable {
    private(set) var blocks: [Block] = []

    init(blocks: [Block]) { self.blocks = blocks }

    /// `files`: paths to show at the end.
    init(_ result: RunResult, files: [String]) {
        blocks += Self.banners(result)
        blocks.append(.sentence(Self.title(result.run), .strong))
        if let workload = result.workload { blocks += Self.workload(workload, targets: result.targets.count) }
        if let comparison = result.comparison { blocks += Self.comparison(comparison) }
        for target in result.targets {
            blocks += Self.target(target, isOnly: result.targets.count == 1)
        }
        blocks += Self.calibration(result)
        blocks += Self.matrix(ProviderMatrix(of: result.targets))
        if !result.warnings.isEmpty {
            blocks.append(.heading("Read this with the figures"))
            blocks.append(.list(result.warnings.map { SafeText.line($0, limit: 400) }))
        }
        if !result.thresholds.isEmpty { blocks += Self.thresholds(result.thresholds) }
        blocks.append(.heading("Was the load generator itself fast enough?"))
        blocks.append(Self.validityLine(result))
        if !files.isEmpty {
            blocks.append(.sentence("Results: " + files.map { SafeText.line($0, limit: 400) }.joined(separator: " · ")))
        }
    }

    // MARK: The top

    private static func banners(_ result: RunResult) -> [Block] {
        var blocks: [Block] = []
        let reasons = result.validity.reasons.map { SafeText.line($0, limit: 400) }.joined(separator: "; ")
        switch result.validity.verdict {
        case .valid: break
        case .suspect:
            let text = "the load generator may have shaped these figures: \(reasons)"
            blocks.append(.banner(word: "SUSPECT", tone: .caution, text: text))
        case .invalid:
            let text = "these figures are the load generator's own, not the server's: \(reasons)"
            blocks.append(.banner(word: "INVALID", tone: .bad, text: text))
        }
        if !result.run.complete {
            let text = "the run did not end; this is what was stored until then"
            blocks.append(.banner(word: "INCOMPLETE", tone: .caution, text: text))
        }
        if result.run.interrupted {
            blocks.append(.banner(word: "INTERRUPTED", tone: .caution, text: "ended by a signal, before its plan did"))
        }
        if let cap = result.run.stoppedBy {
            let text = "ended by \(SafeText.line(cap)), before its plan did"
            blocks.append(.banner(word: "STOPPED", tone: .caution, text: text))
        }
        if result.run.simulated {
            let text = "no figure here is of a real service: the built-in simulated provider answered"
            blocks.append(.banner(word: "SIMULATED", tone: .caution, text: text))
        }
        if result.run.fast {
            let text = "times were scaled down to be quick: look at the shapes, not at the figures"
            blocks.append(.banner(word: "FAST", tone: .caution, text: text))
        }
        for target in result.targets {
            let name = SafeText.line(target.name)
            if target.insecure {
                let text = "\(name): the server's TLS certificate was not verified; anybody may have answered"
                blocks.append(.banner(word: "INSECURE", tone: .bad, text: text))
            }
            let (cut, answers) = (target.cutWhileReasoning, target.totals.requests.success)
            if cut > 0, 2 * cut >= answers {
                let text =
                    "\(name): max_tokens cut \(Figure.count(cut)) of \(Figure.count(answers)) answers before a word of them "
                    + "came; raise --max-tokens, or switch reasoning off (workload.reasoning: off)"
                blocks.append(.banner(word: "NO ANSWER", tone: .caution, text: text))
            }
            if target.unusable {
                let why = target.givenUp.map { "given up: " + SafeText.line($0, limit: 400) } ?? "nothing succeeded"
                let text = "\(name): \(why)"
                blocks.append(.banner(word: "UNUSABLE", tone: .bad, text: text))
            }
        }
        return blocks
    }

    private static func title(_ run: RunFacts) -> String {
        var parts = [run.profile.isEmpty ? "run" : SafeText.line(run.profile)]
        if let label = run.label { parts.append(SafeText.line(label)) }
        if run.startedAtUnixNanoseconds > 0 {
            parts.append(UTCTime.readable(unixNanoseconds: run.startedAtUnixNanoseconds))
        }
        if let duration = run.durationSeconds { parts.append(Figure.clock(seconds: duration)) }
        return parts.joined(separator: " · ")
    }

    // MARK: Verdicts

    static func thresholds(_ thresholds: [ThresholdResult]) -> [Block] {
        let failed = thresholds.count { !$0.passed }
        let heading = failed == 0 ? "Thresholds: all passed" : "Thresholds: \(failed) of \(thresholds.count) failed"
        let columns: [TextTable.Column] = [
            .init("", alignment: .left), .init("threshold", alignment: .left), .init("value"),
            .init("where", alignment: .left, flexible: true),
        ]
        let rows = thresholds.map { threshold in
            TextTable.Row([
                threshold.passed ? Span("passed", .good) : Span("FAILED", .bad),
                Span(SafeText.line(threshold.expression, limit: 60)),
                Span(value(threshold)),
                Span(threshold.note.map { SafeText.line($0, limit: 400) } ?? "", .dim),
            ])
        }
        return [.heading(heading), .table(TextTable(columns: columns, rows: rows))]
    }

    /// In the unit of the expression, or the one that reads better.
    private static func value(_ threshold: ThresholdResult) -> String {
        guard let value = threshold.value else { return Figure.unknown }
        return switch threshold.unit {
        case "": Figure.plain(value)
        case "%": Figure.percent(value)
        case "ms": Figure.duration(milliseconds: value)
        case "s": Figure.duration(seconds: value)
        case "$", "usd": Figure.dollars(value)
        default: Figure.plain(value) + Figure.space + SafeText.line(threshold.unit, limit: 10)
        }
    }

    private static func validityLine(_ result: RunResult) -> Block {
        let validity = result.validity
        let tone: Tone =
            switch validity.verdict {
            case .valid: .good
            case .suspect: .caution
            case .invalid: .bad
            }
        var facts: [String] = []
        if let p99 = validity.dispatchLagMilliseconds?.p99 {
            facts.append(
                "99 of 100 requests left within \(Figure.duration(milliseconds: p99)) of their time (dispatch lag)"
            )
        }
        if let p99 = validity.readLagMilliseconds?.p99 {
            facts.append("99 of 100 reads came within \(Figure.duration(milliseconds: p99)) of the bytes (read lag)")
        }
        if let cpu = validity.cpuPercent { facts.append("\(Figure.wholePercent(cpu)) of one core busy") }
        if let most = validity.maxInFlight { facts.append("at most \(Figure.count(most)) in flight") }
        if validity.loops > 1 { facts.append("\(validity.loops) loops") }
        facts.append("seed \(result.run.seed)")
        return .paragraph([Span(validity.verdict.rawValue + ":", tone), Span(facts.joined(separator: ", "))])
    }
}
