/// Bars side by side, in eighths of a cell where the terminal knows them.
struct TerminalBars {
    private let chart: BarChart
    private let style: TerminalStyle

    init(_ chart: BarChart, style: TerminalStyle) {
        self.chart = chart
        self.style = style
    }

    private static let indent = 1
    private static let gap = 2
    /// Longer bars tell no more.
    private static let longest = 36

    var lines: [String] {
        let labels = chart.rows.map { style.shown($0.label) }
        let labelTitle = style.shown(chart.labelTitle)
        let labelWidth = (labels + [labelTitle]).map(DisplayWidth.of).max() ?? 0
        let figures = chart.series.enumerated().map { place, series in
            chart.rows.map { style.shown(series.shown($0.values[place])) }
        }
        let figureWidths = figures.map { $0.map(DisplayWidth.of).max() ?? 0 }
        let marks = chart.rows.map { $0.mark.map(style.shown) ?? "" }
        let markWidth = marks.map { $0.isEmpty ? 0 : DisplayWidth.of($0) + Self.gap }.max() ?? 0

        let count = max(1, chart.series.count)
        let free = style.width - Self.indent - labelWidth - markWidth
        let share = free / count - Self.gap  // of one series: bar, blank, figure
        let bars = figureWidths.map { min(Self.longest, max(4, share - 1 - $0)) }

        var header = padded(labelTitle, to: labelWidth, right: true)
        for (series, title) in chart.series.map(\.title).enumerated() {
            let width = bars[series] + 1 + figureWidths[series]
            header += String(repeating: " ", count: Self.gap)
            header += padded(String(DisplayWidth.prefix(style.shown(title), width: width)), to: width, right: false)
        }
        var lines = [trimmed(style.painted(trimmed(String(repeating: " ", count: Self.indent) + header), .dim))]
        for (index, row) in chart.rows.enumerated() {
            var line = String(repeating: " ", count: Self.indent) + padded(labels[index], to: labelWidth, right: true)
            for series in chart.series.indices {
                let most = chart.rows.compactMap { $0.values[series] }.max() ?? 0
                let bar = self.bar(row.values[series], of: most, width: bars[series])
                let text = bar + " " + figures[series][index]
                let width = bars[series] + 1 + figureWidths[series]
                line += String(repeating: " ", count: Self.gap) + padded(text, to: width, right: false)
            }
            if !marks[index].isEmpty {
                line += String(repeating: " ", count: Self.gap) + style.painted(marks[index], .caution)
            }
            lines.append(trimmed(line))
        }
        return lines
    }

    private func bar(_ value: Double?, of most: Double, width: Int) -> String {
        guard let value, value > 0, most > 0, value.isFinite, most.isFinite else { return "" }
        let eighths = max(1, Int((value / most * Double(width) * 8).rounded()))
        guard style.unicode else { return String(repeating: "#", count: max(1, (eighths + 4) / 8)) }
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    private func padded(_ text: String, to width: Int, right: Bool) -> String {
        let padding = String(repeating: " ", count: max(0, width - DisplayWidth.of(text)))
        return right ? padding + text : text + padding
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
