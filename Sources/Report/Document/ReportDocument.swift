import Measurement

/// What there is to say about a run, from the most important down, without saying how it looks.
///
/// The report as everybody sees it: what was found, the thresholds, one table a phase, what went wrong. The full one
/// adds what explains and what stands behind.
struct ReportDocument: Sendable, Hashable {
    private(set) var blocks: [Block] = []

    init(blocks: [Block]) { self.blocks = blocks }

    /// `files`: paths to show at the end, the result's own folder or file first.
    init(_ result: RunResult, files: [String], isFull: Bool = false, repeatsFindings: Bool = false) {
        blocks += Self.banners(result)
        blocks.append(.paragraph(Self.title(result)))
        let findings = Self.findings(result)
        blocks += findings
        if !result.thresholds.isEmpty { blocks += Self.thresholds(result.thresholds) }
        if let workload = result.workload { blocks += WorkloadSection.blocks(workload, targets: result.targets.count) }
        if let comparison = result.comparison { blocks += ComparisonSection.blocks(comparison) }
        for target in result.targets {
            blocks += TargetSection.blocks(target, isOnly: result.targets.count == 1)
        }
        blocks += ShardSection.blocks(result)
        blocks += PromptSection.calibration(result).map { .detail($0) }
        blocks += MatrixSection.blocks(ProviderMatrix(of: result.targets))
        blocks += Self.warnings(result)
        blocks.append(.detail(.heading("Was the load generator itself fast enough?")))
        blocks.append(.detail(Self.validityLine(result)))
        if repeatsFindings { blocks += findings }
        blocks += Self.end(files)
        blocks = blocks.compactMap { isFull ? $0.shown : $0.inShort }
    }

    /// `spate compare`: nothing but the comparison.
    init(
        _ comparison: ComparisonResult,
        regressions: [RegressionResult],
        matrix: ProviderMatrix = ProviderMatrix()
    ) {
        self.init(
            blocks: ComparisonSection.banners(comparison) + ComparisonSection.blocks(comparison)
                + MatrixSection.blocks(matrix)
                + ComparisonSection.regressions(regressions)
        )
    }

    // MARK: The top

    static func banners(_ result: RunResult) -> [Block] {
        var blocks: [Block] = []
        switch result.validity.verdict {
        case .valid: break
        case .suspect: blocks.append(.banner(word: "SUSPECT", tone: .caution, text: disturbance(result)))
        case .invalid: blocks.append(.banner(word: "INVALID", tone: .bad, text: disturbance(result)))
        }
        if !result.run.complete {
            let text = "the run did not end; this is what was stored until then"
            blocks.append(.banner(word: "INCOMPLETE", tone: .caution, text: text))
        }
        if result.run.interrupted {
            blocks.append(
                .banner(word: "INTERRUPTED", tone: .caution, text: "it was told to end before its plan was done")
            )
        }
        if let cap = result.run.stoppedBy {
            let text = "\(SafeText.line(cap)) ended the run before its plan was done"
            blocks.append(.banner(word: "STOPPED", tone: .caution, text: text))
        }
        if let banner = result.shards.flatMap(ShardSection.banner) { blocks.append(banner) }
        if result.run.fast {
            blocks.append(.banner(word: "FAST", tone: .caution, text: "times divided by ten or more: shapes only"))
        }
        for target in result.targets {
            let name = SafeText.line(target.name)
            if target.insecure {
                let text = "\(name): the server's TLS certificate was not verified; anybody may have answered"
                blocks.append(.banner(word: "INSECURE", tone: .bad, text: text))
            }
            if target.unusable {
                let why = target.givenUp == nil ? "nothing succeeded" : "given up before its plan ended"
                blocks.append(.banner(word: "UNUSABLE", tone: .bad, text: "\(name): \(why)"))
            }
        }
        return blocks
    }

    /// For what has no title: a report's own says it first.
    static func simulated(_ result: RunResult) -> [Block] {
        let text = "the built-in simulated provider answered, no real service"
        return result.run.simulated ? [.banner(word: "SIMULATED", tone: .caution, text: text)] : []
    }

    /// Which rows; what disturbed them is in the findings.
    private static func disturbance(_ result: RunResult) -> String {
        let phases = result.targets.flatMap(\.phases)
        let rows = phases.flatMap(\.rows).count
        let disturbed = result.disturbedRows.count
        guard disturbed > 0 else {
            return result.validity.reasons.first.map { SafeText.line($0) }
                ?? "the load generator disturbed what it measured"
        }
        let which =
            rows == 1
            ? "the row is" : "\(Figure.count(disturbed)) of \(Figure.count(rows)) rows \(disturbed == 1 ? "is" : "are")"
        // A phase of one load has no table of loads that could bear a mark.
        let isMarked = phases.contains { $0.rows.count > 1 && $0.rows.contains(where: \.validity.isDisturbed) }
        return "\(which) disturbed by the load generator\(isMarked ? " (marked ?)" : "")"
    }

    private static func title(_ result: RunResult) -> [Span] {
        let run = result.run
        var parts = [run.profile.isEmpty ? "run" : SafeText.line(run.profile)]
        if let label = run.label { parts.append(SafeText.line(label)) }
        if result.targets.count == 1, let target = result.targets.first {
            parts.append(SafeText.line(target.name))
            if let model = target.model, model != target.name { parts.append(SafeText.line(model)) }
        }
        if run.startedAtUnixNanoseconds > 0 {
            parts.append(UTCTime.readable(unixNanoseconds: run.startedAtUnixNanoseconds))
        }
        if let duration = run.durationSeconds { parts.append(Figure.clock(seconds: duration)) }
        if run.simulated { parts.removeAll { $0 == "simulated" } }  // the name of the target, as the first word says
        let title = Span(parts.joined(separator: " · "), .dim)
        return run.simulated ? [Span("SIMULATED, no real service ·", .caution), title] : [title]
    }

    // MARK: What was found

    static func findings(_ result: RunResult) -> [Block] {
        guard !result.headline.isEmpty else { return [] }
        return [
            .findings(
                result.headline.map { sentence in
                    Span(bound(SafeText.line(sentence.text, limit: 1000)), sentence.trust == .good ? .strong : .caution)
                }
            )
        ]
    }

    /// Numbers stay with their units where lines are broken.
    private static func bound(_ text: String) -> String {
        text.replacing(/([0-9]) (?=(ms|s|µs|min|h|%|tok\/s|streams?)([^A-Za-z]|$))/) { "\($0.1)\(Figure.space)" }
    }

    static func warnings(_ result: RunResult) -> [Block] {
        let always = result.warnings.map { SafeText.line($0, limit: 2000) }
        let caveats = result.caveats.map { SafeText.line($0, limit: 2000) }
        let heading = Block.heading("Read this with the figures")
        if always.isEmpty { return caveats.isEmpty ? [] : [.detail(heading), .detail(.list(caveats))] }
        return [heading, .list(always)] + (caveats.isEmpty ? [] : [.detail(.list(caveats))])
    }

    private static func end(_ files: [String]) -> [Block] {
        let shown = files.map { SafeText.line($0, limit: 1000) }
        guard let first = shown.first else { return [] }
        let stored: Set<String> = ["report.html", "summary.json", "run.sqlite"]
        let parts = first.split(separator: "/", omittingEmptySubsequences: false)
        let folder =
            stored.contains(String(parts.last ?? "")) && parts.count > 1
            ? parts.dropLast().joined(separator: "/") : first
        let page = shown.first { $0.hasSuffix("/report.html") }.map { " · \($0)" } ?? ""
        return [
            .sentence("More: spate report --full \(folder)\(page)", .dim),
            .detail(.sentence("Results: " + shown.joined(separator: " · "))),
        ]
    }

    // MARK: Verdicts

    static func thresholds(_ thresholds: [ThresholdResult]) -> [Block] {
        let failed = thresholds.count { !$0.passed }
        let heading = failed == 0 ? "Thresholds: all passed" : "Thresholds: \(failed) of \(thresholds.count) failed"
        let columns: [TableColumn<ThresholdResult>] = [
            TableColumn("", alignment: .left) { $0.passed ? Span("passed", .good) : Span("FAILED", .bad) },
            TableColumn("threshold", alignment: .left) { SafeText.line($0.expression) },
            TableColumn("value", text: value),
            TableColumn("where", alignment: .left, flexible: true) { threshold in
                Span(
                    [threshold.note, threshold.disturbance].compactMap { $0.map { SafeText.line($0, limit: 1000) } }
                        .joined(separator: "; "),
                    threshold.disturbance == nil ? .dim : .caution
                )
            },
        ]
        return [.heading(heading), .table(TextTable(columns, thresholds))]
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

    static func validityLine(_ result: RunResult) -> Block {
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
