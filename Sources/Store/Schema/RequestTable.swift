import Measurement

/// A request as its row holds it: the server's words stand once in `texts`.
struct StoredRequest: Sendable {
    var request = RequestRecord()
    var error: Int64?  // `texts.id`
    var note: Int64?
}

extension Schema {
    /// Instants are nanoseconds since the request was dispatched, but `scheduled_ns` counts from t0.
    static let requests = Table<StoredRequest>(
        "requests",
        constraints: ["PRIMARY KEY (sequence, attempt)"],
        empty: { StoredRequest() },
        columns: [
            Column("sequence", \.request.sequence),
            Column("attempt", \.request.attempt),
            Column("step", \.request.step),
            Column("rank", \.request.rank),
            Column("item", \.request.item),
            Column("conversation", \.request.conversation),
            Column("turn", \.request.turn),
            Column("think_ns", \.request.think),
            Column("measured", \.request.measured),
            Column("loop", \.request.loop),
            Column("scheduled_ns", \.request.scheduled),
            Column("dispatch_lag_ns", \.request.dispatchLag),
            Column("queued_ns", \.request.queued),
            Column("dns_ns", \.request.dns),
            Column("connect_ns", \.request.connect),
            Column("tls_ns", \.request.tls),
            Column("written_ns", \.request.written),
            Column("first_byte_ns", \.request.firstByte),
            Column("first_event_ns", \.request.firstEvent),
            Column("first_reasoning_ns", \.request.firstReasoning),
            Column("first_token_ns", \.request.firstToken),
            Column("first_visible_ns", \.request.firstVisible),
            Column("last_token_ns", \.request.lastToken),
            Column("ended_ns", \.request.ended),
            Column("late_send_ns", \.request.lateSend),
            Column("late_first_ns", \.request.lateFirst),
            Column("late_last_ns", \.request.lateLast),
            Column("outcome", \.request.outcome),
            Column("detail", \.request.detail),
            Column("useful", \.request.useful),
            Column("http_status", \.request.httpStatus),
            Column("finish", \.request.finish),
            Column("note", \.note),
            Column("error", \.error),
            Column("connection", \.request.connection),
            Column("stamp", \.request.stamp),
            Column("reported_cold", \.request.reportedCold),
            Column("prompt", \.request.prompt),
            Column("answer_hash", \.request.answerHash),
            Column("asked_input_tokens", \.request.askedInputTokens),
            Column("input_tokens", \.request.inputTokens),
            Column("cached_input_tokens", \.request.cachedInputTokens),
            Column("output_tokens", \.request.outputTokens),
            Column("reasoning_tokens", \.request.reasoningTokens),
            Column("token_source", \.request.tokenSource),
            Column("inputs", \.request.inputs),
            Column("vectors", \.request.vectors),
            Column("events", \.request.events),
            Column("token_events", \.request.tokenEvents),
            Column("reads", \.request.reads),
            Column("token_reads", \.request.tokenReads),
            Column("text_bytes", \.request.textBytes),
            Column("visible_bytes", \.request.visibleBytes),
            Column("first_read_text_bytes", \.request.firstReadTextBytes),
            Column("hidden_reasoning", \.request.hiddenReasoning),
            Column("max_gap_ns", \.request.maxGap),
            Column("arrivals", \.request.arrivals),
        ]
    )

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
          r.inputs, r.vectors
        FROM (SELECT *, CASE
              WHEN token_source = 'usage' AND NOT hidden_reasoning THEN output_tokens
              WHEN token_source = 'usage' AND reasoning_tokens >= 0 THEN output_tokens - reasoning_tokens
              ELSE token_events END AS streamed_tokens FROM requests) r
          LEFT JOIN steps s ON s.id = r.step
          LEFT JOIN phases p ON p.id = s.phase
          LEFT JOIN targets t ON t.id = p.target
          LEFT JOIN texts e ON e.id = r.error
        """
}
