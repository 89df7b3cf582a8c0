import Ticks

/// Figures over equal windows of a phase's load, all of its blocks together: what trends and changes are looked for in.
struct LoadSeries: Sendable {
    /// Fewer windows than this show no trend; more than this add nothing but work.
    static let windowCounts = 10...60
    static let fewestPerWindow = 20
    /// What must come together over the time measured to matter: this share of the median, or for a rate of errors as much.
    static let leastChange = 0.05
    static let leastErrorChange = 0.01
    static let leastCacheChange = 0.02  // of the whole KV cache

    struct Figure: Sendable {
        var name: String
        /// By window; nil where one has none.
        var values: [Double?]
        /// The change that matters, in the figure's own unit; nil = a share of the median.
        var limit: Double?

        /// The figure's values and their windows, without those that have none.
        var known: [(window: Int, value: Double)] {
            values.enumerated().compactMap { window, value in value.finite.map { (window, $0) } }
        }

        /// What its values must come to differ by.
        var least: Double {
            limit ?? leastChange * abs(SortedSamples(known.map(\.value)).median ?? 0)
        }
    }

    let windows: [MeasuredWindow]
    /// The server's; none where the load changed by plan, for what the server did would change with it.
    let server: [Figure]
    /// The load generator's own memory and descriptors.
    let own: [Figure]

    /// nil where the phase is too short to be cut into windows.
    init?(_ phase: PhaseRecord, _ timeline: TargetTimeline, _ health: GeneratorHealth) {
        let steps = timeline.index.steps(of: phase).filter { $0.kind == .level || $0.kind == .arrivals }
        let levels = steps.flatMap { step in
            timeline.windows(of: step, from: step.settled).map { (step: step, window: $0) }
        }
        let requests = RequestSet(joining: steps.map { timeline.index.requests(of: $0).only(\.measured) })
        let count = min(Self.windowCounts.upperBound, requests.count / Self.fewestPerWindow)
        guard !levels.isEmpty else { return nil }
        let seconds = levels.reduce(0) { $0 + $1.window.seconds }
        let parts = levels.flatMap { level in
            let share = level.window.seconds / seconds
            return level.window.parts(max(1, Int(Double(count) * share + 1e-9)), binWidth: level.step.binWidth)
        }
        guard count >= Self.windowCounts.lowerBound, parts.count >= Self.windowCounts.lowerBound else { return nil }
        windows = parts
        let loads = Set(steps.map { [$0.rps, $0.rpsFrom, $0.rpsTo] })
        let isEven =
            loads.count == 1 && steps.allSatisfy { $0.rpsFrom == nil && $0.rateCurve == nil && $0.trace == nil }
        server = isEven ? Self.figures(of: requests, in: parts, timeline, timeline.scope(for: phase)) : []
        // A process that went on for another one has memory of its own.
        let present = parts.map { part in part.start >= health.lastResumption ? part : nil }
        own = [
            Figure(name: "tool_rss_mb", values: present.map { $0.flatMap(health.residentMB) }),
            Figure(name: "tool_descriptors", values: present.map { $0.flatMap(health.descriptors) }),
        ]
    }

    private static func figures(
        of requests: RequestSet,
        in windows: [MeasuredWindow],
        _ timeline: TargetTimeline,
        _ scope: StatisticsScope
    ) -> [Figure] {
        let split = windows.map { window in requests.within(window).only { window.contains($0.dispatched) } }
        let ttft = split.map { SortedSamples($0.successes.figures(scope.ttft)) }
        let rates = windows.map { Double(timeline.arrivals.sum(in: $0).tokens) / $0.seconds }
        let told = timeline.server.map { server in
            [
                Figure(
                    name: "server_kv_cache_usage",
                    values: server.means(\.kvMean, in: windows),
                    limit: leastCacheChange
                ),
                Figure(
                    name: "server_rss_mb",
                    values: server.means({ $0.residentMemory.map { $0 / 1e6 } }, in: windows)
                ),
                Figure(name: "server_gpu_memory_mb", values: server.means({ $0.memory.map { $0 / 1e6 } }, in: windows)),
            ]
        }
        let client = [
            Figure(name: "ttft", values: ttft.map { $0.nearestRank(.p50) }),
            Figure(name: "ttft_p95", values: ttft.map { $0.nearestRank(.p95) }),
            Figure(
                name: "e2e",
                values: split.map { SortedSamples($0.successes.figures(\.e2eMilliseconds)).nearestRank(.p50) }
            ),
            Figure(name: "output_tokens_per_second", values: rates),
            Figure(name: "error_rate", values: split.map(errorRate), limit: leastErrorChange),
        ]
        return client + (told ?? [])
    }

    private static func errorRate(of requests: RequestSet) -> Double? {
        let failed = requests.only { $0.outcomeClass == .failed }.count
        let counted = requests.only { $0.outcomeClass != .excluded }.count
        return counted > 0 ? Double(failed) / Double(counted) : nil
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
