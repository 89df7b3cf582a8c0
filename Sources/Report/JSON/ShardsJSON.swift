import Measurement

/// The machines of a run.
enum ShardsJSON {
    static func value(_ shards: ShardsResult) -> JSONValue {
        .object([
            .init("count", JSONValue(shards.count)),
            .init("missing", .array(shards.missing.map { JSONValue($0) })),
            .init("part_of_load", JSONValue(shards.partOfLoad)),
            .init("start_skew_ms", JSONValue(shards.startSkewMilliseconds)),
            .init("clock_uncertainty_ms", JSONValue(shards.clockUncertaintyMilliseconds)),
            .init("shards", .array(shards.shards.map(shard))),
        ])
    }

    private static func shard(_ shard: ShardRecord) -> JSONValue {
        .object([
            .init("index", JSONValue(shard.index)), .init("origin", .string(shard.origin)),
            .init("host", .string(shard.host)), .init("cpu_model", JSONValue(shard.cpuModel)),
            .init("cores", JSONValue(shard.cores)), .init("kernel", .string(shard.kernel)),
            .init("start_at", .string(UTCTime.rfc3339(unixNanoseconds: shard.startAt))),
            .init("late_ms", JSONValue(Double(shard.late) / 1e6)),
            .init(
                "clock",
                .object([
                    .init("synchronised", JSONValue(shard.clockIsSynchronised)),
                    .init("error_estimate_ms", milliseconds(shard.clockErrorEstimate)),
                    .init("error_bound_ms", milliseconds(shard.clockErrorBound)),
                    .init("offset_before_ms", milliseconds(shard.offsetBefore)),
                    .init("offset_before_bound_ms", milliseconds(shard.offsetBeforeBound)),
                    .init("offset_after_ms", milliseconds(shard.offsetAfter)),
                    .init("offset_after_bound_ms", milliseconds(shard.offsetAfterBound)),
                ])
            ),
            .init("requests", JSONValue(shard.requests)), .init("success", JSONValue(shard.successes)),
            .init("output_tokens", JSONValue(shard.outputTokens)),
            .init("ttft_p50_ms", JSONValue(shard.ttftP50)), .init("ttft_p95_ms", JSONValue(shard.ttftP95)),
            .init("e2e_p50_ms", JSONValue(shard.e2eP50)), .init("verdict", JSONValue(shard.verdict)),
            .init("reasons", JSONValue(shard.reasons)), .init("cpu_percent", JSONValue(shard.cpuPercent)),
            .init("interrupted", JSONValue(shard.interrupted)), .init("stopped_by", JSONValue(shard.stoppedBy)),
        ])
    }

    private static func milliseconds(_ nanoseconds: Int64?) -> JSONValue {
        JSONValue(nanoseconds.map { Double($0) / 1e6 })
    }
}
