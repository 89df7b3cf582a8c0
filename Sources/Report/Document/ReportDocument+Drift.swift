import Measurement

extension ReportDocument {
    /// Did it change while the load stayed the same? The changes are over the time measured: what a line drawn through ten
    /// seconds says of an hour is nobody's business.
    static func drift(_ phase: PhaseResult) -> [Block] {
        guard !phase.drift.isEmpty else { return [] }
        let hours = (phase.durationSeconds ?? 3600) / 3600
        let measured = Figure.duration(seconds: hours * 3600)
        let sorted = phase.drift.sorted { $0.key < $1.key }
        func names(_ verdict: DriftResult.Verdict) -> [String] {
            sorted.filter { $0.value.verdict == verdict }.map { figure($0.key).name }
        }
        var blocks: [Block] = sorted.filter { $0.value.verdict == .drifting }.map { metric, result in
            let (name, format) = figure(metric)
            let change = { (slope: Double?) in
                slope.map { ($0 < 0 ? "-" : "+") + format(abs($0 * hours)) } ?? Figure.unknown
            }
            let bounds = Figure.interval(result.interval.lower, result.interval.upper, change)
            let shown = bounds.map { " (95\(Figure.space)% interval \($0))" } ?? ""
            return .sentence(
                "\(name) drifted by \(change(result.slopePerHour))\(shown) over the \(measured) of this phase, while the "
                    + "load stayed the same.",
                .caution
            )
        }
        let steady = names(.steady)
        let unknown = names(.undetermined)
        var rest: [String] = []
        if !steady.isEmpty { rest.append("Steady over \(measured): \(steady.joined(separator: ", ")).") }
        if !unknown.isEmpty {
            rest.append("Too short or too restless to tell a drift: \(unknown.joined(separator: ", ")).")
        }
        if !rest.isEmpty { blocks.append(.sentence(rest.joined(separator: " "), .dim)) }
        return blocks
    }

    private static func figure(_ metric: String) -> (name: String, format: (Double) -> String) {
        switch metric {
        case "ttft": ("TTFT", { Figure.duration(milliseconds: $0) })
        case "ttft_p95": ("TTFT p95", { Figure.duration(milliseconds: $0) })
        case "e2e": ("e2e", { Figure.duration(milliseconds: $0) })
        case "output_tokens_per_second": ("tokens/s", { Figure.rate($0) + " tokens/s" })
        case "error_rate": ("share of failures", { Figure.percent(share: $0) })
        case "tool_rss_mb": ("the load generator's own memory", { Figure.rate($0) + " MB" })
        case "tool_descriptors": ("the load generator's own open files", { Figure.rate($0) })
        default: (SafeText.line(metric), { Figure.plain($0) })
        }
    }
}
