/// Mooncake's traces (kvcache-ai/Mooncake, FAST'25): `timestamp` in ms, `input_length`, `output_length`, `hash_ids` of
/// blocks of 512 tokens. Rows of one timestamp came at once. Those of Qwen on Bailian (alibaba-edu/
/// qwen-bailian-usagetraces-anon) have the same members, and `chat_id`, `parent_chat_id` and `turn`; their times are
/// seconds, their blocks 16 tokens.
struct MooncakeReader: TraceReader {
    private struct Line: Decodable {
        var timestamp: Double?
        var input_length: Int?
        var output_length: Int?
        var hash_ids: [Int64]?
        var chat_id: JSONScalar?
        var parent_chat_id: JSONScalar?  // -1 = it begins a conversation
    }

    let blockTokens: Int
    let nanosecondsPerUnit: Double  // of `timestamp`
    private var sessions: [String: Int] = [:]  // by chat_id, the request's own

    init(blockTokens: Int, nanosecondsPerUnit: Double) {
        (self.blockTokens, self.nanosecondsPerUnit) = (blockTokens, nanosecondsPerUnit)
    }

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let names = "timestamp (\(nanosecondsPerUnit == 1e9 ? "s" : "ms")), input_length, output_length and hash_ids"
        let row = try JSONLine.decode(Line.self, line, names: names)
        try JSONLine.add(
            (row.timestamp, "timestamp"),
            (row.input_length, "input_length"),
            (row.output_length, "output_length"),
            row.hash_ids ?? [],
            session: session(of: row, in: &trace),
            blockTokens: blockTokens,
            nanosecondsPerUnit: nanosecondsPerUnit,
            to: &trace
        )
    }

    /// That of the request it follows, else one of its own.
    private mutating func session(of row: Line, in trace: inout Trace) -> Int? {
        guard let chat = row.chat_id?.name else { return nil }
        let session = row.parent_chat_id?.name.flatMap { sessions[$0] } ?? trace.newSession()
        sessions[chat] = session
        return session
    }
}

/// Our own: `at_ms`, `input_tokens`, `output_tokens`, and perhaps `hash_ids` as Mooncake has them, and `session`, a name.
struct JSONLinesReader: TraceReader {
    private struct Line: Decodable {
        var at_ms: Double?
        var input_tokens: Int?
        var output_tokens: Int?
        var hash_ids: [Int64]?
        var session: JSONScalar?
    }

    let blockTokens: Int

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let row = try JSONLine.decode(Line.self, line, names: "at_ms, input_tokens and output_tokens")
        try JSONLine.add(
            (row.at_ms, "at_ms"),
            (row.input_tokens, "input_tokens"),
            (row.output_tokens, "output_tokens"),
            row.hash_ids ?? [],
            session: trace.session(named: row.session?.name),
            blockTokens: blockTokens,
            nanosecondsPerUnit: 1e6,
            to: &trace
        )
    }
}

extension JSONLine {
    static func add(
        _ time: (value: Double?, key: String),
        _ input: (value: Int?, key: String),
        _ output: (value: Int?, key: String),
        _ blocks: [Int64],
        session: Int?,
        blockTokens: Int,
        nanosecondsPerUnit: Double,
        to trace: inout Trace
    ) throws(TraceFault) {
        guard let at = time.value, (0...9e18 / nanosecondsPerUnit).contains(at) else {
            let unit = nanosecondsPerUnit == 1e9 ? "seconds" : "milliseconds"
            throw TraceFault(time.key, time.value == nil ? "missing" : "not a number of \(unit), 0 or more")
        }
        for (value, key) in [input, output] { try check(value, key) }
        let (inputTokens, outputTokens) = (input.value ?? 0, output.value ?? 0)
        let needed = (inputTokens + blockTokens - 1) / blockTokens
        guard blocks.isEmpty || blocks.count == needed else {
            let message =
                "\(blocks.count) blocks for \(inputTokens) tokens; blocks of \(blockTokens) make \(needed) (block_tokens)"
            throw TraceFault("hash_ids", message)
        }
        if inputTokens == 0 {
            trace.drop(.noPrompt)
        } else if outputTokens == 0 {
            trace.drop(.noAnswer)
        } else {
            let offset = Int64((at * nanosecondsPerUnit).rounded())
            trace.add(
                Trace.Row(
                    offset: offset,
                    inputTokens: inputTokens,
                    outputTokens: outputTokens,
                    blocks: blocks[...],
                    session: session
                )
            )
        }
    }
}
