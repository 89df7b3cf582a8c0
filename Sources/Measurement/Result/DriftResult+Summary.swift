import Ticks

extension DriftResult {
    /// Fewer windows than this show no trend; more than this add nothing but work.
    static let windowCounts = 10...60
    static let fewestPerWindow = 20
    static let significance = 0.01
    /// What a drift must add up to over the time measured: this share of the median, or for a rate of errors as much.
    static let leastChange = 0.05
    static let leastErrorChange = 0.01
    static let leastCacheChange = 0.02  // of the whole KV cache

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

    /// The trends over a phase's level or rate, all of its blocks together, by figure: the server's where the load was the
    /// same all the time, and the load generator's own memory and descriptors (`tool_` before the name). Empty when it is too
    /// short to have a trend.
    static func all(
        of phase: PhaseRecord,
        _ timeline: TargetTimeline,
        _ health: GeneratorHealth
    ) -> [String: DriftResult] {
        let steps = timeline.index.steps(of: phase).filter { $0.kind == .level || $0.kind == .arrivals }
        let levels = steps.flatMap { step in
            timeline.windows(of: step, from: step.settled).map { (step: step, window: $0) }
        }
        let requests = RequestSet(joining: steps.map { timeline.index.requests(of: $0).only(\.measured) })
        let count = min(windowCounts.upperBound, requests.count / fewestPerWindow)
        guard !levels.isEmpty else { return [:] }
        let seconds = levels.reduce(0) { $0 + $1.window.seconds }
        let parts = levels.flatMap { level in
            let share = level.window.seconds / seconds
            return level.window.parts(max(1, Int(Double(count) * share + 1e-9)), binWidth: level.step.binWidth)
        }
        guard count >= windowCounts.lowerBound, parts.count >= windowCounts.lowerBound else { return [:] }
        let scope = timeline.scope(for: phase)
        let split = parts.map { part in requests.within(part).only { part.contains($0.dispatched) } }
        let median = { (set: RequestSet, figure: (RequestRecord) -> Double?) in
            SortedSamples(set.successes.figures(figure)).nearestRank(.p50)
        }
        // Of a load that changes by plan, what the server did would change with it.
        let loads = Set(steps.map { [$0.rps, $0.rpsFrom, $0.rpsTo] })
        let isEven =
            loads.count == 1 && steps.allSatisfy { $0.rpsFrom == nil && $0.rateCurve == nil && $0.trace == nil }
        var series: [(String, [Double?], limit: Double?)] = []
        if isEven {
            series = [
                ("ttft", split.map { median($0, scope.ttft) }, nil),
                ("ttft_p95", split.map { SortedSamples($0.successes.figures(scope.ttft)).nearestRank(.p95) }, nil),
                ("e2e", split.map { median($0, \.e2eMilliseconds) }, nil),
                (
                    "output_tokens_per_second", parts.map { Double(timeline.arrivals.sum(in: $0).tokens) / $0.seconds },
                    nil
                ),
                ("error_rate", split.map(errorRate), leastErrorChange),
            ]
            if let server = timeline.server {
                series += [
                    ("server_kv_cache_usage", server.means(\.kvMean, in: parts), leastCacheChange),
                    ("server_rss_mb", server.means({ $0.residentMemory.map { $0 / 1e6 } }, in: parts), nil),
                    ("server_gpu_memory_mb", server.means({ $0.memory.map { $0 / 1e6 } }, in: parts), nil),
                ]
            }
        }
        // A process that went on for another one has memory of its own.
        let own = parts.map { part in part.start >= health.lastResumption ? part : nil }
        series.append(("tool_rss_mb", own.map { $0.flatMap(health.residentMB) }, nil))
        series.append(("tool_descriptors", own.map { $0.flatMap(health.descriptors) }, nil))
        return Dictionary(
            series.compactMap { name, values, limit in
                DriftResult(of: values, over: parts, limit: limit).map { (name, $0) }
            }
        ) { first, _ in first }
    }

    private static func errorRate(of requests: RequestSet) -> Double? {
        let failed = requests.only { $0.outcomeClass == .failed }.count
        let counted = requests.only { $0.outcomeClass != .excluded }.count
        return counted > 0 ? Double(failed) / Double(counted) : nil
    }

    /// `values` by window, nil where one has none; `limit` is the change over the time that matters, else a share of the
    /// median does. nil with too few values.
    init?(of values: [Double?], over windows: [MeasuredWindow], limit: Double? = nil) {
        let points = zip(values, windows).compactMap { value, window in
            value.finite.map { (hours: (Double(window.start) + Double(window.end)) / 2 / 3.6e12, value: $0) }
        }
        guard points.count >= Self.windowCounts.lowerBound, let first = points.first, let last = points.last,
            let median = SortedSamples(points.map(\.value)).median
        else { return nil }
        guard let trend = Trend(points.map(\.value), at: points.map(\.hours)) else {
            // Every value the same: no trend can be flatter.
            self.init(slopePerHour: 0, interval: ConfidenceInterval(lower: 0, upper: 0), p: 1, verdict: .steady)
            return
        }
        guard trend.slope.isFinite, trend.correctedP.isFinite else { return nil }
        let limitPerHour = (limit ?? Self.leastChange * abs(median)) / (last.hours - first.hours)
        let interval = ConfidenceInterval(
            lower: trend.slopeInterval.lower.finite,
            upper: trend.slopeInterval.upper.finite
        )
        let steepest = max(abs(interval.lower ?? .infinity), abs(interval.upper ?? .infinity))
        let verdict: Verdict =
            if trend.correctedP < Self.significance, abs(trend.slope) > limitPerHour {
                .drifting
            } else {
                steepest <= limitPerHour ? .steady : .undetermined
            }
        self.init(slopePerHour: trend.slope, interval: interval, p: trend.correctedP, verdict: verdict)
    }
}

extension MeasuredWindow {
    /// Equal parts of whole bins, as many as asked or as there are bins; what is left over at the end is in none.
    func parts(_ count: Int, binWidth: Int64) -> [MeasuredWindow] {
        guard count > 0, binWidth > 0 else { return [] }
        let bins = nanoseconds / binWidth
        let width = bins / Int64(count) * binWidth
        guard width > 0 else { return [] }
        return (0..<Int64(count)).compactMap {
            MeasuredWindow(exactlyFrom: start + $0 * width, to: start + ($0 + 1) * width)
        }
    }
}
