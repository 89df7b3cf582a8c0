import Measurement
import Ticks

/// The parts of a run's page, from the answer down.
struct PageBody {
    var text = ""

    mutating func section(_ id: String, _ title: String, _ content: String) {
        if content.isEmpty { return }
        text += "<section id=\"\(id)\"><h2>\(HTMLText.escaped(title))</h2>\n\(content)</section>\n"
    }

    /// Where the script puts a chart. A phase is named by its place, for a name may hold what no attribute can.
    /// - Parameter phase: of a target, both from 0 as in the summary.
    static func slot(_ chart: String, phase: (target: Int, phase: Int)? = nil) -> String {
        let phase = phase.map { " data-phase=\"\($0.target),\($0.phase)\"" } ?? ""
        return "<div class=\"slot\" data-chart=\"\(chart)\"\(phase)></div>\n"
    }

    static func title(_ run: RunFacts) -> String {
        let name = run.profile.isEmpty ? "run" : SafeText.line(run.profile)
        return "spate: " + name + (run.label.map { ", " + SafeText.line($0) } ?? "")
    }

    // MARK: The top

    mutating func opening(_ result: RunResult) {
        let run = result.run
        var facts: [String] = []
        if run.startedAtUnixNanoseconds > 0 {
            facts.append(UTCTime.readable(unixNanoseconds: run.startedAtUnixNanoseconds))
        }
        if let duration = run.durationSeconds { facts.append(Figure.clock(seconds: duration)) }
        facts.append("seed \(run.seed)")
        facts.append("spate \(SafeText.line(result.tool.version))")
        let name = run.profile.isEmpty ? "run" : SafeText.line(run.profile)
        let label = run.label.map { " <small>\(HTMLText.escaped(SafeText.line($0)))</small>" } ?? ""
        text += "<header><p class=\"kind\">spate report</p><h1>\(HTMLText.escaped(name))\(label)</h1>\n"
        text += "<p class=\"facts\">\(HTMLText.escaped(facts.joined(separator: " · ")))</p>\n"
        text += HTMLText.blocks(
            ReportDocument.banners(result) + ReportDocument.simulated(result) + ReportDocument.findings(result)
        )
        if result.validity.verdict == .valid,
            result.targets.contains(where: { $0.phases.contains { !$0.rows.isEmpty } })
        {
            text +=
                "<p class=\"facts\"><span class=\"good\">Trust: good.</span> The load generator disturbed no row.</p>\n"
        }
        for target in result.targets {
            text += "<p class=\"facts\">\(HTMLText.escaped(TargetSection.address(target)))</p>\n"
        }
        text += "</header>\n"
    }

    // MARK: Phases

    /// Those of one name of all targets together: their curves share the charts.
    mutating func phases(_ result: RunResult, _ isWanted: (PhaseKind) -> Bool) {
        var names: [String] = []
        for phase in result.targets.flatMap(\.phases) where isWanted(phase.kind) && !names.contains(phase.name) {
            names.append(phase.name)
        }
        for name in names {
            let parts = result.targets.flatMap { target in
                target.phases.filter { $0.name == name && isWanted($0.kind) }.map { (target, $0) }
            }
            guard let first = parts.first?.1, let place = Self.place(of: name, result, isWanted) else { continue }
            var content = Self.charts(first.kind).map { Self.slot($0, phase: place) }.joined()
            for (target, phase) in parts {
                let blocks = PhaseSection.blocks(phase)
                if blocks.isEmpty { continue }
                if result.targets.count > 1 { content += "<h3>\(HTMLText.escaped(SafeText.line(target.name)))</h3>\n" }
                content += HTMLText.blocks(blocks)
            }
            let isWordless = parts.allSatisfy { PhaseSection.blocks($0.1).isEmpty }
            if isWordless { continue }
            section("phase-\(names.firstIndex(of: name) ?? 0)-\(first.kind.rawValue)", Self.heading(first), content)
        }
    }

    private static func place(
        of name: String,
        _ result: RunResult,
        _ isWanted: (PhaseKind) -> Bool
    ) -> (target: Int, phase: Int)? {
        for (target, each) in result.targets.enumerated() {
            let phase = each.phases.firstIndex { $0.name == name && isWanted($0.kind) }
            if let phase { return (target, phase) }
        }
        return nil
    }

    private static func heading(_ phase: PhaseResult) -> String {
        var plain = phase
        plain.window = nil
        return PhaseSection.heading(plain)
    }

    private static func charts(_ kind: PhaseKind) -> [String] {
        switch kind {
        case .ramp: ["levels", "distributions", "turns"]
        case .rate, .replay: ["levels", "heat", "distributions", "turns"]
        case .steady, .batch, .probe: ["heat", "distributions", "turns"]
        case .burst: ["bursts", "distributions"]
        case .keepwarm: ["keepwarm", "distributions"]
        case .warmup, .idle, .trickle: []
        }
    }

    // MARK: After the phases

    /// One part of what is said of each target as a whole; under its name where there are several.
    func targets(_ result: RunResult, _ part: (TargetResult) -> String) -> String {
        result.targets.map { target in
            let content = part(target)
            if content.isEmpty || result.targets.count == 1 { return content }
            return "<h3>\(HTMLText.escaped(SafeText.line(target.name)))</h3>\n" + content
        }.joined()
    }

    static func outcomes(_ target: TargetResult) -> String {
        let rest = (TargetSection.totals(target) + TargetSection.apart(target)).map(\.shown)
        let untitled = rest.filter { if case .heading = $0 { false } else { true } }
        return HTMLText.blocks(TargetSection.wentWrong(target) + untitled) + words(target)
    }

    /// Shown, for here they have a section of their own.
    static func limits(_ target: TargetResult) -> String {
        HTMLText.blocks(LimitsSection.blocks(target).map(\.shown))
    }

    static func server(_ target: TargetResult) -> String {
        HTMLText.blocks(
            ServerSection.target(target).map(\.shown).filter { if case .heading = $0 { false } else { true } }
        )
    }

    static func cost(_ target: TargetResult) -> String {
        HTMLText.blocks(CostSection.blocks(target))
    }

    /// The server's words whole, where the tables cut them.
    private static func words(_ target: TargetResult) -> String {
        let rows = target.failures.compactMap { failure -> String? in
            guard let words = failure.words, !words.isEmpty else { return nil }
            let kind = [failure.outcome.rawValue, failure.detail, failure.httpStatus.map { "HTTP \($0)" }].compactMap {
                $0
            }
            return "<dt>\(HTMLText.escaped(kind.joined(separator: " · "))) · \(Figure.count(failure.requests))</dt>"
                + "<dd><pre>\(HTMLText.escaped(words))</pre></dd>"
        }
        if rows.isEmpty { return "" }
        return
            "<details><summary>What the server said, whole</summary><dl>\(rows.joined(separator: "\n"))</dl></details>\n"
    }

    mutating func generator(_ result: RunResult) {
        section("shards", "The machines", HTMLText.blocks(ShardSection.blocks(result)))
        section(
            "generator",
            "Was the load generator itself fast enough?",
            HTMLText.blocks([ReportDocument.validityLine(result)]) + Self.slot("generator")
        )
        let notes = result.warnings + result.caveats
        if !notes.isEmpty {
            let lines = notes.map { SafeText.line($0, limit: 2000) }
            section("warnings", "Read this with the figures", HTMLText.blocks([.list(lines)]))
        }
    }

    mutating func closing(profile: String?) {
        section("definitions", "Definitions", Glossary.html)
        if let profile, !profile.isEmpty {
            section(
                "profile",
                "Profile, as it was resolved",
                "<details><summary>Show</summary><pre>\(HTMLText.escaped(profile))</pre></details>\n"
            )
        }
        section("data", "The numbers", Self.slot("data"))
    }
}
