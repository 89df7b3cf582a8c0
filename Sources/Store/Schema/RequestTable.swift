import Measurement

/// A request as its row holds it: the server's words stand once in `texts`.
struct StoredRequest: Sendable {
    var request = RequestRecord()
    var error: Int64?  // `texts.id`
    var note: Int64?
    var servedModel: Int64?
    var servedTier: Int64?
    var servedBy: Int64?
}

extension Schema {
    /// Instants are nanoseconds since the request was dispatched, but `scheduled_ns` counts from t0.
    static let requests = Table<StoredRequest>(
        "requests",
        constraints: ["PRIMARY KEY (sequence, attempt)"],
        empty: { StoredRequest() },
        columns: [
            .init("sequence", { $0.request.sequence }, { $0.request.sequence = $1 }),
            .init("attempt", { $0.request.attempt }, { $0.request.attempt = $1 }),
            .init("step", { $0.request.step }, { $0.request.step = $1 }),
            .init("rank", { $0.request.rank }, { $0.request.rank = $1 }),
            .init("item", { $0.request.item }, { $0.request.item = $1 }),
            .init("conversation", { $0.request.conversation }, { $0.request.conversation = $1 }),
            .init("turn", { $0.request.turn }, { $0.request.turn = $1 }),
            .init("think_ns", { $0.request.think }, { $0.request.think = $1 }),
            .init("measured", { $0.request.measured }, { $0.request.measured = $1 }),
            .init("loop", { $0.request.loop }, { $0.request.loop = $1 }),
            .init("scheduled_ns", { $0.request.scheduled }, { $0.request.scheduled = $1 }),
            .init("dispatch_lag_ns", { $0.request.dispatchLag }, { $0.request.dispatchLag = $1 }),
            .init("queued_ns", { $0.request.queued }, { $0.request.queued = $1 }),
            .init("dns_ns", { $0.request.dns }, { $0.request.dns = $1 }),
            .init("connect_ns", { $0.request.connect }, { $0.request.connect = $1 }),
            .init("tls_ns", { $0.request.tls }, { $0.request.tls = $1 }),
            .init("written_ns", { $0.request.written }, { $0.request.written = $1 }),
            .init("first_byte_ns", { $0.request.firstByte }, { $0.request.firstByte = $1 }),
            .init("first_event_ns", { $0.request.firstEvent }, { $0.request.firstEvent = $1 }),
            .init("first_reasoning_ns", { $0.request.firstReasoning }, { $0.request.firstReasoning = $1 }),
            .init("first_token_ns", { $0.request.firstToken }, { $0.request.firstToken = $1 }),
            .init("first_visible_ns", { $0.request.firstVisible }, { $0.request.firstVisible = $1 }),
            .init("last_token_ns", { $0.request.lastToken }, { $0.request.lastToken = $1 }),
            .init("last_byte_ns", { $0.request.lastByte }, { $0.request.lastByte = $1 }),
            .init("ended_ns", { $0.request.ended }, { $0.request.ended = $1 }),
            .init("late_send_ns", { $0.request.lateSend }, { $0.request.lateSend = $1 }),
            .init("late_first_ns", { $0.request.lateFirst }, { $0.request.lateFirst = $1 }),
            .init("late_last_ns", { $0.request.lateLast }, { $0.request.lateLast = $1 }),
            .init("late_end_ns", { $0.request.lateEnd }, { $0.request.lateEnd = $1 }),
            .init("outcome", { $0.request.outcome }, { $0.request.outcome = $1 }),
            .init("detail", { $0.request.detail }, { $0.request.detail = $1 }),
            .init("useful", { $0.request.useful }, { $0.request.useful = $1 }),
            .init("http_status", { $0.request.httpStatus }, { $0.request.httpStatus = $1 }),
            .init("finish", { $0.request.finish }, { $0.request.finish = $1 }),
            .init("note", { $0.note }, { $0.note = $1 }),
            .init("error", { $0.error }, { $0.error = $1 }),
            .init("connection", { $0.request.connection }, { $0.request.connection = $1 }),
            .init("stamp", { $0.request.stamp }, { $0.request.stamp = $1 }),
            .init("reported_cold", { $0.request.reportedCold }, { $0.request.reportedCold = $1 }),
            // Numbers of texts, whose kinds stand in their upper bits: larger than any count.
            .init("prompt", { $0.request.prompt.map(Int64.init) }, { $0.request.prompt = $1.map { Int($0) } }),
            .init("prefix", { $0.request.prefix.map(Int64.init) }, { $0.request.prefix = $1.map { Int($0) } }),
            .init("repeated_share", { $0.request.repeatedShare }, { $0.request.repeatedShare = $1 }),
            .init("answer_hash", { $0.request.answerHash }, { $0.request.answerHash = $1 }),
            .init("asked_input_tokens", { $0.request.askedInputTokens }, { $0.request.askedInputTokens = $1 }),
            .init("input_tokens", { $0.request.inputTokens }, { $0.request.inputTokens = $1 }),
            .init("cached_input_tokens", { $0.request.cachedInputTokens }, { $0.request.cachedInputTokens = $1 }),
            .init("cache_written_tokens", { $0.request.cacheWrittenTokens }, { $0.request.cacheWrittenTokens = $1 }),
            .init(
                "cache_written_1h_tokens",
                { $0.request.cacheWrittenForHour },
                { $0.request.cacheWrittenForHour = $1 }
            ),
            .init("output_tokens", { $0.request.outputTokens }, { $0.request.outputTokens = $1 }),
            .init("reasoning_tokens", { $0.request.reasoningTokens }, { $0.request.reasoningTokens = $1 }),
            .init("served_model", { $0.servedModel }, { $0.servedModel = $1 }),
            .init("served_tier", { $0.servedTier }, { $0.servedTier = $1 }),
            .init("served_by", { $0.servedBy }, { $0.servedBy = $1 }),
            .init("token_source", { $0.request.tokenSource }, { $0.request.tokenSource = $1 }),
            .init("inputs", { $0.request.inputs }, { $0.request.inputs = $1 }),
            .init("vectors", { $0.request.vectors }, { $0.request.vectors = $1 }),
            .init("events", { $0.request.events }, { $0.request.events = $1 }),
            .init("token_events", { $0.request.tokenEvents }, { $0.request.tokenEvents = $1 }),
            .init("reads", { $0.request.reads }, { $0.request.reads = $1 }),
            .init("token_reads", { $0.request.tokenReads }, { $0.request.tokenReads = $1 }),
            .init("text_bytes", { $0.request.textBytes }, { $0.request.textBytes = $1 }),
            .init("visible_bytes", { $0.request.visibleBytes }, { $0.request.visibleBytes = $1 }),
            .init("first_read_text_bytes", { $0.request.firstReadTextBytes }, { $0.request.firstReadTextBytes = $1 }),
            .init("hidden_reasoning", { $0.request.hiddenReasoning }, { $0.request.hiddenReasoning = $1 }),
            .init("max_gap_ns", { $0.request.maxGap }, { $0.request.maxGap = $1 }),
            .init("long_gaps", { $0.request.longGaps }, { $0.request.longGaps = $1 }),
            .init("arrivals", { $0.request.arrivals }, { $0.request.arrivals = $1 }),
        ]
    )

    /// Those that hold an id of `texts`.
    static let textColumns = ["error", "note", "served_model", "served_tier", "served_by"]

    /// For people with a SQLite shell: one request a row, in milliseconds and tokens per second, by the definitions of
    /// the result: hidden reasoning is in no speed, and the first read's share of the text in no decode speed.
    static let requestView = """
        CREATE VIEW request_ms AS
        SELECT r.sequence, r.attempt, t.name AS target, p.name AS phase, p.kind AS phase_kind, s.kind AS step_kind,
          s.concurrency, s.burst, r.rank, r.measured, r.outcome, r.detail, r.useful, r.http_status, e.text AS error,
          r.scheduled_ns / 1e6 AS scheduled_ms,
          r.dispatch_lag_ns / 1e6 AS dispatch_lag_ms,
          r.connect_ns / 1e6 AS connect_ms,
          r.tls_ns / 1e6 AS tls_ms,
          r.first_token_ns / 1e6 AS ttft_ms,
          (r.first_token_ns + r.dispatch_lag_ns) / 1e6 AS ttft_scheduled_ms,
          (r.first_token_ns - r.written_ns) / 1e6 AS wait_ms,
          r.first_visible_ns / 1e6 AS ttfv_ms,
          r.last_token_ns / 1e6 AS e2e_ms,
          CASE WHEN r.last_token_ns > 0 AND r.vectors IS NULL
            THEN coalesce(r.output_tokens, nullif(r.token_events, 0)) * 1e9 / r.last_token_ns END AS request_tps,
          CASE WHEN r.token_reads >= 3 AND r.text_bytes > 0 AND r.last_token_ns > r.first_token_ns
              AND r.streamed_tokens >= 8
            THEN r.streamed_tokens * (1 - min(r.first_read_text_bytes, r.text_bytes) * 1.0 / r.text_bytes) * 1e9
              / (r.last_token_ns - r.first_token_ns) END AS decode_tps,
          r.input_tokens, r.cached_input_tokens, r.output_tokens, r.reasoning_tokens, r.token_source,
          r.cache_written_tokens, r.inputs, r.vectors, sm.text AS served_model, st.text AS served_tier, sb.text AS served_by
        FROM (SELECT *, CASE
              WHEN token_source = 'usage' AND NOT hidden_reasoning THEN output_tokens
              WHEN token_source = 'usage' AND reasoning_tokens >= 0 THEN output_tokens - reasoning_tokens
              ELSE token_events END AS streamed_tokens FROM requests) r
          LEFT JOIN steps s ON s.id = r.step
          LEFT JOIN phases p ON p.id = s.phase
          LEFT JOIN targets t ON t.id = p.target
          LEFT JOIN texts e ON e.id = r.error
          LEFT JOIN texts sm ON sm.id = r.served_model
          LEFT JOIN texts st ON st.id = r.served_tier
          LEFT JOIN texts sb ON sb.id = r.served_by
        """
}
