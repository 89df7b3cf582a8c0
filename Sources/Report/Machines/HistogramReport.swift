import Glibc
public import Measurement

/// Distributions as text: a bar for each stretch of a logarithmic axis, and the ladder of percentiles.
public enum HistogramReport {
    private static let rows = 14
    private static let width = 48

    /// - Parameter unicode: whether bars may be drawn with block characters.
    public static func render(_ charts: RunCharts, unicode: Bool = true) -> String {
        var parts: [String] = []
        for target in charts.targets {
            for chart in target.distributions where chart.figure == .ttft || chart.figure == .e2e {
                let phase = target.phases.first { $0.id == chart.phase }
                let owner = (charts.targets.count > 1 ? [target.name] : []) + [phase?.name ?? ""]
                for group in chart.groups {
                    let words = owner.map { SafeText.line($0) } + [name(group)]
                    let title = "\(name(chart.figure)) · \(words.filter { !$0.isEmpty }.joined(separator: " · "))"
                    parts.append(self.group(group.statistics, title: title, unicode: unicode))
                }
            }
        }
        let text = parts.isEmpty ? "no request had a first token\n" : parts.joined(separator: "\n")
        return text.replacing(Figure.space, with: " ")
    }

    static func group(_ statistics: OrderStatistics, title: String, unicode: Bool) -> String {
        var lines = ["\(title) · n = \(Figure.count(statistics.count))"]
        var bins: [(label: String, share: Double)] = []
        for stretch in shares(statistics) {
            let label = Figure.duration(milliseconds: stretch.from)
            // Stretches that their digits do not tell apart are one.
            if bins.last?.label == label {
                bins[bins.count - 1].share += stretch.share
            } else {
                bins.append((label, stretch.share))
            }
        }
        let most = bins.map(\.share).max() ?? 0
        let longest = bins.map(\.label.count).max() ?? 0
        for bin in bins {
            let length = most > 0 ? bin.share / most * Double(width) : 0
            let bar = String(repeating: unicode ? "█" : "#", count: Int(length.rounded()))
            let rest = bin.share > 0 && bar.isEmpty ? (unicode ? "▏" : "|") : ""
            let pad = String(repeating: " ", count: longest - bin.label.count + 2)
            lines.append(pad + bin.label + " " + bar + rest + " " + Figure.percent(share: bin.share))
        }
        let ladder = OrderStatistics.shown.compactMap { quantile -> String? in
            statistics.value(at: quantile).map { "\(Self.label(quantile)) \(Figure.duration(milliseconds: $0))" }
        }
        let largest = statistics.values.last.map { "largest \(Figure.duration(milliseconds: $0))" }
        lines.append("  " + (ladder + [largest].compactMap { $0 }).joined(separator: "  "))
        return lines.map { $0 + "\n" }.joined()
    }

    private static func label(_ quantile: Quantile) -> String {
        let percent = Double(quantile.tenThousandths) / 100
        return "p" + (percent == percent.rounded() ? String(Int(percent)) : "\(percent)")
    }

    /// Shares of stretches of equal ratio, from the smallest value to the largest; of equal values one stretch.
    static func shares(_ statistics: OrderStatistics) -> [(from: Double, share: Double)] {
        guard let low = statistics.values.first(where: { $0 > 0 }), let high = statistics.values.last, high > 0 else {
            return []
        }
        if high <= low { return [(low, 1)] }
        let ratio = high / low
        var bins: [(from: Double, share: Double)] = []
        var below = 0.0
        for row in 0..<rows {
            let from = low * pow(ratio, Double(row) / Double(rows))
            let to = row == rows - 1 ? high : low * pow(ratio, Double(row + 1) / Double(rows))
            let share = row == rows - 1 ? 1 : statistics.share(upTo: to)
            bins.append((from, share - below))
            below = share
        }
        return bins
    }

    private static func name(_ figure: DistributionChart.Figure) -> String {
        switch figure {
        case .ttft: "time to first token"
        case .e2e: "end to end"
        case .gap: "gap between chunks"
        case .tpot: "time per output token"
        }
    }

    private static func name(_ group: DistributionChart.Group) -> String {
        switch group.part {
        case .level:
            group.concurrency.map { $0 == 1 ? "1 stream" : "\(Figure.count($0)) streams" }
                ?? "\(Figure.rate(group.rps)) requests/s"
        case .all: ""
        case .control: "warm again"
        case .warm, .cold, .stuck, .baseline: group.part.rawValue
        }
    }
}
