public import Measurement
import Ticks

/// Every request of a run as CSV (RFC 4180: CRLF, quotes doubled), one row each, times in milliseconds.
///
/// Empty is "never happened" or "not known". A text that a spreadsheet would take for a formula gets an apostrophe in
/// front (OWASP, "CSV Injection"); numbers stay numbers.
public enum RequestsCSV {
    public static func write(_ run: RecordedRun, to output: inout some TextOutputStream) {
        output.write(columns.map(\.name).joined(separator: ",") + "\r\n")
        let steps = Dictionary(run.steps.map { ($0.id, $0) }) { $1 }
        let phases = Dictionary(run.phases.map { ($0.id, $0) }) { $1 }
        let targets = Dictionary(run.targets.map { ($0.id, $0) }) { $1 }
        for request in run.requests {
            let step = steps[request.step]
            let phase = step.flatMap { phases[$0.phase] }
            let row = Row(request: request, step: step, phase: phase, target: phase.flatMap { targets[$0.target] })
            output.write(columns.map { $0.cell(row) }.joined(separator: ",") + "\r\n")
        }
    }

    private struct Row {
        var request: RequestRecord
        var step: StepRecord?
        var phase: PhaseRecord?
        var target: TargetRecord?
    }

    private struct Column: Sendable {
        var name: String
        var cell: @Sendable (Row) -> String

        init(_ name: String, _ cell: @escaping @Sendable (Row) -> String) {
            self.name = name
            self.cell = cell
        }
    }

    private static let columns: [Column] = [
        Column("target") { text($0.target?.name) },
        Column("phase") { text($0.phase?.name) },
        Column("phase_kind") { text($0.phase?.kind.rawValue) },
        Column("step_kind") { text($0.step?.kind.rawValue) },
        Column("concurrency") { number($0.step?.concurrency) },
        Column("burst") { number($0.step?.burst) },
        Column("rank") { number($0.request.rank) },
        Column("conversation") { number($0.request.conversation) },
        Column("turn") { number($0.request.turn.map { $0 + 1 }) },
        Column("think_ms") { milliseconds($0.request.think) },
        Column("measured") { flag($0.request.measured) },
        Column("sequence") { number($0.request.sequence) },
        Column("attempt") { number($0.request.attempt) },
        Column("outcome") { text($0.request.outcome.rawValue) },
        Column("detail") { text($0.request.detail) },
        Column("useful") { flag($0.request.useful) },
        Column("http_status") { number($0.request.httpStatus) },
        Column("finish") { text($0.request.finish) },
        Column("scheduled_ms") { milliseconds($0.request.scheduled) },
        Column("dispatch_lag_ms") { milliseconds($0.request.dispatchLag) },
        Column("queued_ms") { milliseconds($0.request.queued) },
        Column("dns_ms") { milliseconds($0.request.dns) },
        Column("connect_ms") { milliseconds($0.request.connect) },
        Column("tls_ms") { milliseconds($0.request.tls) },
        Column("written_ms") { milliseconds($0.request.written) },
        Column("first_byte_ms") { milliseconds($0.request.firstByte) },
        Column("first_event_ms") { milliseconds($0.request.firstEvent) },
        Column("first_reasoning_ms") { milliseconds($0.request.firstReasoning) },
        Column("ttft_ms") { milliseconds($0.request.firstToken) },
        Column("ttft_scheduled_ms") { milliseconds(sum($0.request.firstToken, $0.request.dispatchLag)) },
        Column("e2e_scheduled_ms") { milliseconds(sum($0.request.lastToken, $0.request.dispatchLag)) },
        Column("wait_ms") { milliseconds(sum($0.request.firstToken, $0.request.written.map { 0 &- $0 })) },
        Column("ttfv_ms") { milliseconds($0.request.firstVisible) },
        Column("e2e_ms") { milliseconds($0.request.lastToken) },
        Column("ended_ms") { milliseconds($0.request.ended) },
        Column("late_send_ms") { milliseconds($0.request.lateSend) },
        Column("late_first_ms") { milliseconds($0.request.lateFirst) },
        Column("late_last_ms") { milliseconds($0.request.lateLast) },
        Column("max_gap_ms") { milliseconds($0.request.maxGap) },
        Column("decode_tps") { speed($0.request.decodeTPS) },
        Column("request_tps") { speed($0.request.requestTPS) },
        Column("input_tokens") { number($0.request.inputTokens) },
        Column("cached_input_tokens") { number($0.request.cachedInputTokens) },
        Column("cache_written_tokens") { number($0.request.cacheWrittenTokens) },
        Column("output_tokens") { number($0.request.outputTokens) },
        Column("reasoning_tokens") { number($0.request.reasoningTokens) },
        Column("inputs") { number($0.request.inputs) },
        Column("vectors") { number($0.request.vectors) },
        Column("served_model") { text($0.request.servedModel) },
        Column("served_tier") { text($0.request.servedTier) },
        Column("served_by") { text($0.request.servedBy) },
        Column("token_source") { text($0.request.tokenSource?.rawValue) },
        Column("events") { number($0.request.events) },
        Column("token_events") { number($0.request.tokenEvents) },
        Column("reads") { number($0.request.reads) },
        Column("token_reads") { number($0.request.tokenReads) },
        Column("text_bytes") { number($0.request.textBytes) },
        Column("connection") { text($0.request.connection?.rawValue) },
        Column("stamp") { text($0.request.stamp.rawValue) },
        Column("reported_cold") { $0.request.reportedCold.map(flag) ?? "" },
        Column("note") { text($0.request.note) },
        Column("error") { text($0.request.error) },
    ]

    // MARK: Cells

    static func text(_ value: String?) -> String {
        guard let value else { return "" }
        let line = SafeText.line(value, limit: 2048)
        let isFormula = line.first.map { "=+-@＝＋－＠".contains($0) } ?? false
        let guarded = isFormula ? "'" + line : line
        guard guarded.contains(where: { $0 == "," || $0 == "\"" }) else { return guarded }
        return "\"" + guarded.replacing("\"", with: "\"\"") + "\""
    }

    private static func number(_ value: (some BinaryInteger)?) -> String { value.map { String($0) } ?? "" }
    private static func flag(_ value: Bool) -> String { value ? "1" : "0" }
    private static func speed(_ value: Double?) -> String { value.map { Figure.fixed($0, 3) } ?? "" }

    /// Exact: `210.5` for 210,500,000 ns.
    static func milliseconds(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds else { return "" }
        let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let sign = nanoseconds < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        var fraction = String(String(1_000_000 + rest).dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(sign)\(whole).\(fraction)"
    }

    private static func sum(_ a: Int64?, _ b: Int64?) -> Int64? {
        guard let a, let b else { return nil }
        return a &+ b
    }
}
