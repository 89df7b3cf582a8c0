extension ThresholdMetric {
    /// What a server says of itself, and what its prefix cache served.
    static let servers: [ThresholdMetric] = gauges + counters + compared + cache

    private static let gauges: [ThresholdMetric] = [
        level("running", .plain, \.running), level("waiting", .plain, \.waiting),
        level("kv_cache_usage", .share, \.kvCacheUsage), level("replicas_up", .plain, \.replicasUp),
        level("gpu_power_w", .plain, \.gpuPowerWatts), level("gpu_memory_bytes", .plain, \.gpuMemoryBytes),
        level("resident_memory_bytes", .plain, \.residentMemoryBytes),
    ].flatMap(\.self)

    /// Its mean and the most.
    private static func level(
        _ name: String,
        _ unit: FigureDimension,
        _ gauge: @escaping @Sendable (ServerResult) -> ServerResult.Level?
    ) -> [ThresholdMetric] {
        [
            figure("\(name).mean", unit) { gauge($0)?.mean },
            figure("\(name).max", unit) { gauge($0)?.max },
        ]
    }

    private static let counters: [ThresholdMetric] = [
        figure("waiting_share", .share, \.waitingShare), figure("queue", .milliseconds, \.queueMilliseconds),
        figure("prefix_hit_rate", .share, \.prefixHitRate), figure("preemptions", .plain, \.preemptions),
        figure("prompt_tokens", .plain, \.promptTokens), figure("generation_tokens", .plain, \.generationTokens),
        figure("requests", .plain, \.requests),
    ]

    private static func figure(
        _ name: String,
        _ unit: FigureDimension,
        _ value: @escaping @Sendable (ServerResult) -> Double?
    ) -> ThresholdMetric {
        ThresholdMetric(
            "server.\(name)",
            unit,
            .server { server in
                guard let server else { return FigureValue(nil, missing: unread) }
                let missing =
                    server.readings == 0 ? "no reading of its metrics in this time" : "its metrics do not say it"
                return FigureValue(value(server), missing: missing)
            }
        )
    }

    private static let unread = "its metrics were not read"

    private static let compared: [ThresholdMetric] = [
        ThresholdMetric(
            "server.restarts",
            .plain,
            .target { FigureValue($0.server.map { Double($0.restarts) }, missing: unread) }
        ),
        pair("prompt_tokens", \.promptTokens), pair("output_tokens", \.outputTokens), pair("requests", \.requests),
    ]

    private static func pair(
        _ name: String,
        _ pair: @escaping @Sendable (ServerReconciliation) -> ServerReconciliation.Pair?
    ) -> ThresholdMetric {
        ThresholdMetric(
            "server.reconciled.\(name).difference",
            .plain,
            .target { target in
                let compared = target.server?.reconciled
                let why = compared?.withheld ?? (target.server == nil ? unread : "its metrics do not say it")
                return FigureValue(compared.flatMap(pair).map { Double($0.difference) }, missing: why)
            }
        )
    }

    private static let cache: [ThresholdMetric] = [
        share("planned_share", "no answer told its input", \.plannedShare),
        share("told_share", "no answer told what was cached", \.toldShare),
        share("server_share", "the server's metrics tell no hits", \.serverShare),
    ]

    private static func share(
        _ name: String,
        _ missing: String,
        _ value: @escaping @Sendable (PrefixCacheResult) -> Double?
    ) -> ThresholdMetric {
        ThresholdMetric("cache.\(name)", .share, .target { FigureValue($0.cache.flatMap(value), missing: missing) })
    }
}
