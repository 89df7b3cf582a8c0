import Measurement

extension Schema {
    /// The parts of a run over several machines; empty for one that has none.
    static let shards = Table<ShardRecord>(
        "shards",
        constraints: ["PRIMARY KEY (shard)"],
        empty: { ShardRecord() },
        columns: [
            Column("shard", \.index),
            Column("shard_count", \.count),
            Column("origin", \.origin),
            Column("start_at_unix_ns", \.startAt),
            Column("late_ns", \.late),
            Column("host", \.host),
            Column("cpu_model", \.cpuModel),
            Column("cores", \.cores),
            Column("kernel", \.kernel),
            Column("boot_id", \.bootID),
            Column("clock_synchronised", \.clockIsSynchronised),
            Column("clock_error_estimate_ns", \.clockErrorEstimate),
            Column("clock_error_bound_ns", \.clockErrorBound),
            Column("offset_before_ns", \.offsetBefore),
            Column("offset_before_bound_ns", \.offsetBeforeBound),
            Column("offset_after_ns", \.offsetAfter),
            Column("offset_after_bound_ns", \.offsetAfterBound),
            Column("first_loop", \.firstLoop),
            Column("loops", \.loops),
            Column("requests", \.requests),
            Column("successes", \.successes),
            Column("output_tokens", \.outputTokens),
            Column("ttft_p50_ms", \.ttftP50),
            Column("ttft_p95_ms", \.ttftP95),
            Column("e2e_p50_ms", \.e2eP50),
            Column("verdict", \.verdict),
            Column("reasons", \.reasons),
            Column("cpu_percent", \.cpuPercent),
            Column("interrupted", \.interrupted),
            Column("stopped_by", \.stoppedBy),
        ]
    )
}
