public import Measurement

/// For a workflow of GitHub Actions: annotations for what failed, and a Markdown of one screen for the step's summary or a
/// comment on a pull request.
public enum GitHubReport {
    /// Workflow commands, one a line: "Workflow commands for GitHub Actions", error, warning and notice.
    public static func annotations(_ result: RunResult) -> String {
        var lines: [String] = []
        for threshold in result.thresholds where !threshold.passed {
            lines.append(command("error", title: "threshold failed: \(threshold.expression)", said(threshold)))
        }
        for target in result.targets where target.unusable {
            lines.append(command("error", title: "\(target.name) is unusable", target.givenUp ?? "nothing succeeded"))
        }
        let reasons = result.validity.reasons.joined(separator: "; ")
        switch result.validity.verdict {
        case .valid: break
        case .suspect: lines.append(command("warning", title: "spate: suspect", reasons))
        case .invalid: lines.append(command("error", title: "spate: the measurement is invalid", reasons))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    public static func annotations(_ comparison: ComparisonResult, regressions: [RegressionResult]) -> String {
        regressions.filter { !$0.passed }
            .map { command("error", title: "regression: \($0.name)", $0.said) + "\n" }.joined()
    }

    /// The answer, the thresholds, and one table for each phase.
    public static func summary(_ result: RunResult) -> String {
        var blocks = ReportDocument.banners(result) + ReportDocument.simulated(result) + ReportDocument.findings(result)
        blocks.insert(.heading(title(result)), at: 0)
        if !result.thresholds.isEmpty { blocks += ReportDocument.thresholds(result.thresholds) }
        for target in result.targets {
            for phase in target.phases {
                let tables = PhaseSection.blocks(phase).filter { if case .table = $0 { true } else { false } }
                guard let table = tables.first else { continue }
                let name = PhaseSection.heading(phase)
                blocks.append(
                    .sentence(result.targets.count > 1 ? "\(SafeText.line(target.name)): \(name)" : name, .strong)
                )
                blocks.append(table)
            }
        }
        return MarkdownReport.render(ReportDocument(blocks: blocks))
    }

    private static func title(_ result: RunResult) -> String {
        let name = result.run.profile.isEmpty ? "run" : SafeText.line(result.run.profile)
        let failed = result.thresholds.count { !$0.passed }
        if failed > 0 { return "spate \(name): \(failed) of \(result.thresholds.count) thresholds failed" }
        return "spate \(name): \(result.validity.verdict.rawValue)"
            + (result.thresholds.isEmpty ? "" : ", thresholds passed")
    }

    private static func said(_ threshold: ThresholdResult) -> String {
        let value = threshold.value.map { "value \(Figure.plain($0))\(threshold.unit)" }
        let parts = [value, threshold.note].compactMap { $0 }
        return parts.isEmpty ? "failed" : parts.joined(separator: ", ")
    }

    /// `%`, line ends, and in a property `:` and `,` are escaped (actions/toolkit, command.ts).
    static func command(_ kind: String, title: String, _ message: String) -> String {
        let property = SafeText.line(title, limit: 200).replacing("%", with: "%25").replacing(":", with: "%3A")
            .replacing(",", with: "%2C")
        return "::\(kind) title=\(property)::\(SafeText.line(message, limit: 1000).replacing("%", with: "%25"))"
    }
}

extension RegressionResult {
    /// The limit, and whose figure it was held against.
    var name: String { [expression, side, metric].filter { !$0.isEmpty }.joined(separator: " · ") }

    /// What was seen, and why it did not pass.
    var said: String {
        let seen = change.map { "changed by \(Figure.plain($0))\(Figure.space)%" }
        return [seen, why.isEmpty ? outcome.rawValue : why].compactMap { $0 }.joined(separator: ", ")
    }
}
