import Measurement
import Ticks

/// `RunCharts` as the page's script reads it: arrays by bin and by request, numbers with as many digits as a screen shows.
enum ChartsJSON {
    static func document(_ charts: RunCharts) -> JSONValue {
        .object([
            .init("bin_s", .number(charts.axis.secondsPerBin)),
            .init("bins", JSONValue(charts.axis.bins)),
            .init("duration_s", .number(Double(charts.axis.nanoseconds) / 1e9)),
            .init("slo_ttft_ms", JSONValue(charts.promisedTTFT)),
            .init("targets", .array(charts.targets.map(target))),
            .init(
                "generator",
                .object([
                    .init("cpu_percent", series(charts.generator.cpuPercent, digits: 1)),
                    .init("wake_lag_p99_ms", series(charts.generator.wakeLagP99)),
                    .init("read_lag_p99_ms", series(charts.generator.readLagP99)),
                ])
            ),
        ])
    }

    private static func target(_ target: TargetCharts) -> JSONValue {
        .object([
            .init("name", .string(target.name)),
            .init("phases", .array(target.phases.map(phase))),
            .init("series", series(target.series)),
            .init("server", target.server.map(server) ?? .null),
            .init("limits", .array(target.limits.map(limit))),
            .init("distributions", .array(target.distributions.map(distribution))),
            .init("bursts", .array(target.bursts.map(burst))),
            .init("heat", .array(target.heatMaps.map(heat))),
            .init("requests", requests(target.requests)),
        ])
    }

    private static func server(_ chart: ServerChart) -> JSONValue {
        func lines(_ lines: ServerChart.Lines) -> JSONValue {
            .object([
                .init("name", .string(lines.name)),
                .init("running", series(lines.running, digits: 2)),
                .init("waiting", series(lines.waiting, digits: 2)),
                .init("kv", series(lines.kvCacheUsage)),
            ])
        }
        return .object([
            .init("all", lines(chart.all)),
            .init("up", series(chart.replicasUp, digits: 2)),
            .init("replicas", .array(chart.replicas.map(lines))),
        ])
    }

    private static func limit(_ chart: RateLimitChart) -> JSONValue {
        .object([
            .init("name", .string(chart.name)),
            .init("allowed", JSONValue(chart.allowed)),
            .init("left", .array(chart.left.map { JSONValue($0) })),
        ])
    }

    private static func phase(_ phase: PhaseSpan) -> JSONValue {
        .object([
            .init("id", JSONValue(phase.id)),
            .init("name", .string(phase.name)),
            .init("kind", .string(phase.kind.rawValue)),
            .init("window", JSONValue(phase.window)),
            .init("start", number(phase.start)),
            .init("end", number(phase.end)),
            .init(
                "steps",
                .array(
                    phase.steps.map { step in
                        .object([
                            .init("kind", .string(step.kind.rawValue)),
                            .init("concurrency", JSONValue(step.concurrency)),
                            .init("rps", number(step.rps)),
                            .init("burst", JSONValue(step.burst)),
                            .init("start", number(step.start)),
                            .init("settled", number(step.settled)),
                            .init("window_end", number(step.windowEnd)),
                            .init("end", number(step.end)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func series(_ series: TargetSeries) -> JSONValue {
        .object([
            .init("in_flight", self.series(series.inFlight, digits: 2)),
            .init("starts", counts(series.starts)),
            .init("again", series.again.allSatisfy { $0 == 0 } ? .null : counts(series.again)),
            .init("success", counts(series.successes)),
            .init("failed", counts(series.failed)),
            .init("throttled", counts(series.throttled)),
            .init("excluded", counts(series.excluded)),
            .init("tokens", self.series(series.tokens, digits: 1)),
            .init("token_bin_s", .number(series.tokenResolution)),
            .init("ttft_p50", self.series(series.ttftP50)),
            .init("ttft_p95", self.series(series.ttftP95)),
        ])
    }

    private static func distribution(_ chart: DistributionChart) -> JSONValue {
        .object([
            .init("phase", JSONValue(chart.phase)),
            .init("figure", .string(chart.figure.rawValue)),
            .init(
                "groups",
                .array(
                    chart.groups.map { group in
                        let statistics = group.statistics
                        let isWhole = statistics.ranks.count == statistics.count
                        return .object([
                            .init("part", .string(group.part.rawValue)),
                            .init("concurrency", JSONValue(group.concurrency)),
                            .init("rps", number(group.rps)),
                            .init("count", JSONValue(statistics.count)),
                            // Each rank less the one before it; null = every rank.
                            .init("ranks", isWhole ? .null : counts(steps(statistics.ranks))),
                            .init("values", self.series(statistics.values)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func burst(_ burst: BurstChart) -> JSONValue {
        let requests = burst.requests
        return .object([
            .init("phase", JSONValue(burst.phase)),
            .init("index", JSONValue(burst.index)),
            .init("release_s", number(burst.releaseSeconds)),
            .init("thinned_from", JSONValue(burst.thinnedFrom)),
            .init("part", .array(requests.map { .string($0.part.rawValue) })),
            .init("sequence", .array(requests.map { .integer($0.sequence) })),
            .init("rank", .array(requests.map { JSONValue($0.rank) })),
            .init("dispatched", series(requests.map(\.dispatched))),
            .init("written", series(requests.map(\.written))),
            .init("first", series(requests.map(\.firstToken))),
            .init("ended", series(requests.map(\.ended))),
            .init("ttft", series(requests.map(\.ttft))),
            .init("cold", .array(requests.map { JSONValue($0.cold) })),
            .init("outcome", .array(requests.map { .string($0.outcome.rawValue) })),
        ])
    }

    private static func heat(_ heat: HeatMap) -> JSONValue {
        .object([
            .init("phase", JSONValue(heat.phase)),
            .init("start", number(heat.start)),
            .init("column_s", .number(heat.secondsPerColumn)),
            .init("columns", JSONValue(heat.columns)),
            .init("rows", JSONValue(HeatMap.rows)),
            .init("low", .number(heat.low)),
            .init("high", .number(heat.high)),
            .init("column", counts(heat.cells.map(\.column))),
            .init("row", counts(heat.cells.map(\.row))),
            .init("count", counts(heat.cells.map(\.count))),
        ])
    }

    // MARK: Requests

    private static func requests(_ samples: RequestSamples) -> JSONValue {
        let all = samples.requests
        var texts = Texts()
        func instants(_ field: (RequestRecord) -> Int64?) -> JSONValue {
            series(all.map { field($0.record).map { Double($0) / 1e6 } })
        }
        func integers(_ field: (RequestRecord) -> Int64?) -> JSONValue {
            let values = all.map { field($0.record) }
            return values.allSatisfy { $0 == nil } ? .null : .array(values.map { JSONValue($0) })
        }
        var words: [JSONValue] = []
        for request in all { words.append(JSONValue(request.record.error.flatMap { texts.place(of: $0) })) }
        var members: [JSONValue.Member] = [.init("count", JSONValue(samples.count))]
        func add(_ key: String, _ value: JSONValue) { members.append(.init(key, value)) }
        add("sequence", .array(all.map { .integer($0.record.sequence) }))
        add("attempt", .array(all.map { JSONValue($0.record.attempt) }))
        add("phase", .array(all.map { JSONValue($0.phase) }))
        add("concurrency", .array(all.map { JSONValue($0.concurrency) }))
        add("burst", .array(all.map { JSONValue($0.burst) }))
        add("slow", .array(all.map { .integer($0.isSlow ? 1 : 0) }))
        add("sampled", .array(all.map { .integer($0.isSampled ? 1 : 0) }))
        add("at", series(all.map { $0.record.dispatched.map { Double($0) / 1e9 } }, digits: 4))
        add("ttft", series(all.map(\.ttft)))
        add("lag", instants(\.dispatchLag))
        add("connected", instants(setUp))
        add("written", instants(\.written))
        add("reasoning", instants(\.firstReasoning))
        add("first", instants(\.firstToken))
        add("visible", instants(\.firstVisible))
        add("last", instants(\.lastToken))
        add("ended", instants(\.ended))
        add("gap", instants(\.maxGap))
        add("outcome", .array(all.map { .string($0.record.outcome.rawValue) }))
        add("detail", .array(all.map { JSONValue($0.record.detail) }))
        add("http", integers { $0.httpStatus.map(Int64.init) })
        add("input", integers(\.inputTokens))
        add("cached", integers(\.cachedInputTokens))
        add("output", integers(\.outputTokens))
        add("reasoning_tokens", integers(\.reasoningTokens))
        add("error", .array(words))
        add("texts", JSONValue(texts.all))
        return .object(members)
    }

    private static func setUp(_ request: RequestRecord) -> Int64? {
        (request.dns ?? 0) + (request.connect ?? 0) + (request.tls ?? 0)
    }

    /// The words of servers, each once, and not so many that the page grows with them.
    private struct Texts {
        private(set) var all: [String] = []
        private var places: [String: Int] = [:]
        private var bytes = 0
        private static let most = 60_000

        mutating func place(of text: String) -> Int? {
            if let place = places[text] { return place }
            guard bytes + text.utf8.count <= Self.most else { return nil }
            bytes += text.utf8.count
            places[text] = all.count
            all.append(text)
            return all.count - 1
        }
    }

    // MARK: Numbers

    private static func counts(_ values: [Int]) -> JSONValue { .array(values.map { .integer(Int64($0)) }) }

    private static func steps(_ ranks: [Int]) -> [Int] { zip(ranks, [0] + ranks).map { $0 - $1 } }

    private static func series(_ values: [Double], digits: Int = 3) -> JSONValue {
        .array(values.map { .number(rounded($0, digits)) })
    }

    /// null = none has a value.
    private static func series(_ values: [Double?], digits: Int = 3) -> JSONValue {
        if values.allSatisfy({ $0 == nil }) { return .null }
        return .array(values.map { value in value.map { .number(rounded($0, digits)) } ?? .null })
    }

    private static func number(_ value: Double?) -> JSONValue { JSONValue(value.map { rounded($0, 3) }) }

    private static func rounded(_ value: Double, _ digits: Int) -> Double {
        // A value of many digits needs none behind the point.
        let scale: Double =
            abs(value) >= 10_000 ? 1 : digits == 1 ? 10 : digits == 2 ? 100 : digits == 3 ? 1000 : 10_000
        return (value * scale).rounded() / scale
    }
}
