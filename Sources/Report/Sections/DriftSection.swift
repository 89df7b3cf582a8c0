import Measurement

/// Whether a long load drifted, as the report says it.
enum DriftSection {
    /// Did it change while the load stayed the same? The changes are over the time measured: what a line drawn through ten
    /// seconds says of an hour is nobody's business.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        guard !phase.drift.isEmpty else { return [] }
        let hours = (phase.durationSeconds ?? 3600) / 3600
        let measured = Figure.duration(seconds: hours * 3600)
        let sorted = phase.drift.sorted { $0.key < $1.key }
        func names(_ verdict: DriftResult.Verdict) -> [String] {
            sorted.filter { $0.value.verdict == verdict }.map { SafeText.line(DriftResult.name(of: $0.key)) }
        }
        let footing = phase.loadFooting
        func isTold(_ metric: String) -> Bool { footing.isTold || metric.hasPrefix("tool_") }
        let drifting = sorted.filter { $0.value.verdict == .drifting }
        let changed = Set(phase.changePoints.map(\.figure))
        var blocks: [Block] = []
        if footing.isTold {
            blocks += phase.changeSentences.map {
                .sentence("While the load stayed the same, \(SafeText.line($0))\(footing.care).", .caution)
            }
        }
        blocks += drifting.filter { isTold($0.key) }.map { metric, result in
            let name = SafeText.line(DriftResult.name(of: metric))
            let change = { (slope: Double?) in
                slope.map { ($0 < 0 ? "-" : "+") + format(metric, abs($0 * hours)) } ?? Figure.unknown
            }
            let bounds = Figure.interval(result.interval.lower, result.interval.upper, change)
            let shown = bounds.map { " (95\(Figure.space)% interval \($0))" } ?? ""
            let beside = changed.contains(metric) ? " beside what it jumped by," : ""
            return .sentence(
                "\(name) drifted by \(change(result.slopePerHour))\(shown)\(beside) over the \(measured) of this phase, while the "
                    + "load stayed the same\(footing.care).",
                .caution
            )
        }
        if !footing.isTold, !changed.isEmpty || drifting.contains(where: { !isTold($0.key) }) {
            let text = "No answer on whether the server drifted or changed: the load generator was disturbed."
            blocks.append(.sentence(text, .caution))
        }
        let steady = footing.isTold ? names(.steady) : []
        let unknown = names(.undetermined)
        var rest: [String] = []
        if !steady.isEmpty { rest.append("Steady over \(measured): \(steady.joined(separator: ", ")).") }
        if !unknown.isEmpty {
            rest.append("Too short or too noisy to tell a trend: \(unknown.joined(separator: ", ")).")
        }
        if !rest.isEmpty { blocks.append(.detail(.sentence(rest.joined(separator: " "), .dim))) }
        return blocks
    }

    private static func format(_ metric: String, _ change: Double) -> String {
        switch metric {
        case "ttft", "ttft_p95", "e2e": Figure.duration(milliseconds: change)
        case "output_tokens_per_second": Figure.rate(change) + " tokens/s"
        case "error_rate", "server_kv_cache_usage": Figure.percent(share: change)
        case "tool_rss_mb", "server_rss_mb", "server_gpu_memory_mb": Figure.rate(change) + " MB"
        case "tool_descriptors": Figure.rate(change)
        default: Figure.plain(change)
        }
    }
}
