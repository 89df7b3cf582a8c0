/// How each series of a chart runs from its first row to its last, all in one line; nothing where fewer than three rows
/// have a value.
struct TerminalCourses {
    private let chart: BarChart
    private let style: TerminalStyle

    init(_ chart: BarChart, style: TerminalStyle) {
        self.chart = chart
        self.style = style
    }

    private static let fewest = 3
    private static let widest = 24

    var lines: [String] {
        guard chart.rows.count >= Self.fewest, let first = chart.rows.first, let last = chart.rows.last else {
            return []
        }
        let courses = chart.series.indices.compactMap { place -> String? in
            let values = chart.rows.map { $0.values[place] }
            guard values.compactMap(\.self).count >= Self.fewest,
                let course = Sparkline.drawn(values, width: Self.widest, unicode: style.unicode)
            else { return nil }
            let series = chart.series[place]
            return "\(series.title) \(course.line.replacing(" ", with: "\u{A0}")) max \(series.shown(course.top))"
        }
        guard !courses.isEmpty else { return [] }
        let rows = "\(first.label) to \(last.label) \(chart.labelTitle)"
        let text = (courses + [rows]).joined(separator: " · ")
        return TerminalLines(style: style).wrapped([Span(text, .dim)], indent: 1, hanging: 1)
    }
}
