/// What LiteLLM logs of each request: its standard payload (docs.litellm.ai/docs/proxy/logging_spec), as it writes it to files
/// and buckets, or a row of its table LiteLLM_SpendLogs as JSON; an object a line. Of the texts in it nothing is kept.
struct LiteLLMReader: TraceReader {
    private struct Line: Decodable {
        var startTime: JSONScalar?
        var prompt_tokens: Int?
        var completion_tokens: Int?
        var status: String?  // success or failure
        var call_type: String?
        var cache_hit: JSONScalar?
        var session_id: String?
        var trace_id: String?  // older versions put the session's there
    }

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let row = try JSONLine.decode(Line.self, line, names: "startTime, prompt_tokens and completion_tokens")
        guard let time = row.startTime.flatMap(Self.instant) else {
            let form = "seconds since 1970, or a time such as 2026-11-16T18:17:03.979Z"
            throw TraceFault("startTime", row.startTime == nil ? "missing" : "not a time; allowed: \(form)")
        }
        if let call = row.call_type, !call.isEmpty, !Self.isText(call) { return trace.drop(.other) }
        if let status = row.status, !status.isEmpty, status != "success" { return trace.drop(.failed) }
        if row.cache_hit?.isTrue ?? false { return trace.drop(.cached) }
        for (value, key) in [(row.prompt_tokens, "prompt_tokens"), (row.completion_tokens, "completion_tokens")] {
            try JSONLine.check(value, key)
        }
        let (input, output) = (row.prompt_tokens ?? 0, row.completion_tokens ?? 0)
        if input == 0 {
            trace.drop(.noPrompt)
        } else if output == 0 {
            trace.drop(.noAnswer)
        } else {
            let session = trace.session(named: row.session_id) ?? trace.session(named: row.trace_id)
            trace.add(Trace.Row(offset: time, inputTokens: input, outputTokens: output, session: session))
        }
    }

    /// Whether a call of that kind generates text.
    private static func isText(_ call: String) -> Bool {
        ["completion", "responses", "anthropic_messages", "generate_content", "interactions", "pass_through"].contains {
            call.contains($0)
        } && !call.contains("websocket")
    }

    /// Nanoseconds since 1970.
    private static func instant(_ value: JSONScalar) -> Int64? {
        switch value {
        case .number(let seconds): (0...9e9).contains(seconds) ? Int64((seconds * 1e6).rounded()) * 1000 : nil
        case .text(let text): AzureRow.instant(text[...])
        case .flag, .other: nil
        }
    }
}
