import GRDB
import Measurement

/// The tables of `run.sqlite`.
///
///     meta ── targets ─< phases ─< steps ─< requests >─ texts
///                                        ├< bins        series, per loop
///                                        └< histograms  gaps and lags, per second and loop
///             health, incidents, shards        server_readings, server_texts        packs, arrived
///
/// All `*_ns` are CLOCK_MONOTONIC nanoseconds, since the run's t0 unless said otherwise; NULL = it never happened.
enum Schema {
    static let applicationID: Int64 = 1_397_768_564  // "SPAt", in the file's header: `file` and we tell it by that
    static let version: Int64 = 1

    static let meta = "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID"
    /// Servers' words, each once; redacted before they came here.
    static let texts = "CREATE TABLE texts(id INTEGER PRIMARY KEY, text TEXT NOT NULL)"

    /// Facts of the run: rows of `meta`, not columns.
    static let run: [Column<RunRecord>] = [
        Column("id", \.id),
        Column("tool_version", \.toolVersion),
        Column("profile_name", \.profileName),
        Column("label", \.label),
        Column("metadata", \.metadata),
        Column("seed", \.seed),
        Column("schedule_sha256", \.scheduleSHA256),
        Column("started_at_unix_ns", \.startedAtUnixNanoseconds),
        Column("duration_ns", \.durationNanoseconds),
        Column("away_ns", \.awayNanoseconds),
        Column("complete", \.complete),
        Column("interrupted", \.interrupted),
        Column("simulated", \.simulated),
        Column("fast", \.fast),
        Column("stopped_by", \.stoppedBy),
        Column("loops", \.loops),
        Column("slo_ttft_ms", \.sloTTFT),
        Column("slo_tpot_ms", \.sloTPOT),
        Column("slo_e2e_ms", \.sloE2E),
        Column("thresholds", \.thresholds),
        Column("thresholds_confident", \.thresholdsConfident),
        Column("warnings", \.warnings),
        Column("selftest_streams", \.selftestStreams),
        Column("selftest_tokens_per_s", \.selftestTokensPerSecond),
        Column("selftest_age_s", \.selftestAge),
        Column("cores", \.cores),
        Column("find", \.find),
        Column("find_from", \.findFrom),
        Column("find_to", \.findTo),
        Column("workload", \.workload),
        Column("answers", \.answers),
        Column("output_requests", \.keptRows),
        Column("calibration", \.calibration),
    ]

    static let targets = Table<TargetRecord>(
        "targets",
        constraints: ["PRIMARY KEY (id)"],
        empty: { TargetRecord() },
        columns: [
            Column("id", \.id),
            Column("name", \.name),
            Column("provider", \.provider),
            Column("model", \.model),
            Column("api", \.api),
            Column("url", \.url),
            Column("insecure", \.insecure),
            Column("input_price", \.inputPrice),
            Column("cached_input_price", \.cachedInputPrice),
            Column("output_price", \.outputPrice),
            Column("prices", \.prices),
            Column("tier", \.tier),
            Column("dollars_per_hour", \.dollarsPerHour),
            Column("gateway_to", \.gatewayTo),
            Column("refusals", \.refusals),
            Column("resolve_ns", \.resolveNanoseconds),
            Column("addresses", \.addresses),
            Column("preflight_requests", \.preflightRequests),
            Column("preflight_gets", \.preflightGets).added,
            Column("waited_ready_ns", \.waitedReady),
            Column("preflight_input_tokens", \.preflightInputTokens),
            Column("preflight_output_tokens", \.preflightOutputTokens),
            Column("simulated", \.simulated),
            Column("process", \.process),
            Column("process_waited_ns", \.processWaited),
            Column("rate_limits", \.rateLimits),
            Column("notes", \.notes),
        ]
    )

    static let phases = Table<PhaseRecord>(
        "phases",
        constraints: ["PRIMARY KEY (id)"],
        empty: { PhaseRecord() },
        columns: [
            Column("id", \.id),
            Column("target", \.target),
            Column("name", \.name),
            Column("kind", \.kind),
            Column("loop_model", \.loop),
            Column("beside", \.beside),
            Column("time_window", \.window),
            Column("requests", \.requests),
            Column("started_ns", \.started),
            Column("ended_ns", \.ended),
        ]
    )

    static let steps = Table<StepRecord>(
        "steps",
        constraints: ["PRIMARY KEY (id)"],
        empty: { StepRecord() },
        columns: [
            Column("id", \.id),
            Column("phase", \.phase),
            Column("ordinal", \.ordinal),
            Column("kind", \.kind),
            Column("concurrency", \.concurrency),
            Column("burst", \.burst),
            Column("block", \.block),
            Column("retry_of", \.retryOf),
            Column("cut", \.cut),
            Column("paused_ns", \.paused),
            Column("idle_ns", \.idle),
            Column("gap_ns", \.gap),
            Column("connections", \.connections),
            Column("warmed", \.warmed),
            Column("release_ns", \.release),
            Column("stretch", \.stretch),
            Column("rps", \.rps),
            Column("rps_from", \.rpsFrom),
            Column("rps_to", \.rpsTo),
            Column("rate_curve", \.rateCurve),
            Column("arrivals", \.arrivals),
            Column("planned_ns", \.planned),
            Column("cap", \.cap),
            Column("overflow", \.overflow),
            Column("saturated_ns", \.saturated),
            Column("saturation_in_system_per_s", \.saturationInSystem),
            Column("saturation_ttft_s_per_s", \.saturationTTFT),
            Column("trace", \.trace),
            Column("trace_format", \.traceFormat),
            Column("trace_speed", \.traceSpeed),
            Column("trace_rows", \.traceRows),
            Column("trace_due", \.traceDue),
            Column("trace_dropped", \.traceDropped),
            Column("trace_input_tokens", \.traceInputTokens),
            Column("trace_output_tokens", \.traceOutputTokens),
            Column("bin_ns", \.binWidth),
            Column("started_ns", \.started),
            Column("settled_ns", \.settled),
            Column("window_ended_ns", \.windowEnded),
            Column("drained_ns", \.drained),
        ]
    )

    /// What a job's models wrote, a line of JSON each.
    static let answers = Table<AnswerRecord>(
        "answers",
        constraints: ["PRIMARY KEY (sequence)"],
        empty: { AnswerRecord() },
        columns: [Column("sequence", \.sequence), Column("line", \.line)]
    )

    /// Makes a file of an earlier version fit to be written on.
    static func extend(in db: Database) throws {
        try targets.addMissingColumns(in: db)
        try phases.addMissingColumns(in: db)
        try steps.addMissingColumns(in: db)
        try requests.addMissingColumns(in: db)
        try bins.addMissingColumns(in: db)
        try health.addMissingColumns(in: db)
        try incidents.addMissingColumns(in: db)
        for table in addedTables where try !db.tableExists(table.name) { try db.execute(sql: table.creation) }
    }

    /// A file of before they were has none.
    private static var addedTables: [(name: String, creation: String)] {
        [
            (serverReadings.name, serverReadings.creation), (serverTexts.name, serverTexts.creation),
            (packs.name, packs.creation), (arrived.name, arrived.creation),
        ]
    }

    static var tableNames: [String] {
        [
            "meta", "texts", targets.name, phases.name, steps.name, requests.name, bins.name, histograms.name,
            health.name, incidents.name, answers.name, shards.name, serverReadings.name, serverTexts.name,
            packs.name, arrived.name,
        ]
    }

    /// Everything a new file needs.
    static func create(in db: Database) throws {
        for sql in [
            meta, texts, targets.creation, phases.creation, steps.creation, requests.creation, bins.creation,
            histograms.creation, health.creation, incidents.creation, answers.creation, shards.creation,
            serverReadings.creation, serverTexts.creation, packs.creation, arrived.creation, requestView,
        ] {
            try db.execute(sql: sql)
        }
    }
}
