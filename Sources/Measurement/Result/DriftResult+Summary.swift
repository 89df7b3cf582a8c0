import Ticks

extension DriftResult {
    static let significance = 0.01

    /// A figure's name in sentences.
    public static func name(of figure: String) -> String {
        switch figure {
        case "ttft": "TTFT"
        case "ttft_p95": "TTFT p95"
        case "output_tokens_per_second": "tokens/s"
        case "error_rate": "share of failures"
        case "server_kv_cache_usage": "the use of the server's KV cache"
        case "server_rss_mb": "the memory of the server's process"
        case "server_gpu_memory_mb": "the memory in use on the server's GPUs"
        case "tool_rss_mb": "the load generator's own memory"
        case "tool_descriptors": "the load generator's own open files"
        default: figure
        }
    }

    /// The trends of a series, by figure: the server's, and the load generator's own (`tool_` before the name). Of a figure
    /// that jumped, the trend is that of what is left without its jumps, so that the same thing is not told twice.
    static func all(of series: LoadSeries, without changes: [ChangePoint]) -> [String: DriftResult] {
        let results = (series.server + series.own).compactMap { figure in
            let places = changes.filter { $0.figure == figure.name }.map { $0.window - 1 }
            return DriftResult(of: figure, over: series.windows, without: places).map { (figure.name, $0) }
        }
        return Dictionary(results) { first, _ in first }
    }

    /// nil with too few values.
    /// - Parameter changes: windows from which on the figure had another level
    init?(of figure: LoadSeries.Figure, over windows: [MeasuredWindow], without changes: [Int] = []) {
        let points = figure.known.map { point in
            let window = windows[point.window]
            return (hours: (Double(window.start) + Double(window.end)) / 2 / 3.6e12, point.window, value: point.value)
        }
        guard points.count >= LoadSeries.windowCounts.lowerBound, let first = points.first, let last = points.last
        else { return nil }
        var values = points.map(\.value)
        for part in ChangePoints.parts(
            of: points.count,
            at: changes.compactMap { at in points.firstIndex { $0.1 >= at } }
        ) {
            guard !changes.isEmpty, let level = SortedSamples(Array(values[part])).median else { continue }
            for place in part { values[place] -= level }
        }
        guard let trend = Trend(values, at: points.map(\.hours)) else {
            // Every value the same: no trend can be flatter.
            self.init(
                slopePerHour: 0,
                interval: ConfidenceInterval(lower: 0, upper: 0),
                p: 1,
                verdict: changes.isEmpty ? .steady : .changed
            )
            return
        }
        guard trend.slope.isFinite, trend.correctedP.isFinite else { return nil }
        let limitPerHour = figure.least / (last.hours - first.hours)
        let interval = ConfidenceInterval(
            lower: trend.slopeInterval.lower.finite,
            upper: trend.slopeInterval.upper.finite
        )
        let steepest = max(abs(interval.lower ?? .infinity), abs(interval.upper ?? .infinity))
        let verdict: Verdict =
            if trend.correctedP < Self.significance, abs(trend.slope) > limitPerHour {
                .drifting
            } else if !changes.isEmpty {
                .changed
            } else {
                steepest <= limitPerHour ? .steady : .undetermined
            }
        self.init(slopePerHour: trend.slope, interval: interval, p: trend.correctedP, verdict: verdict)
    }
}
