import FoundationEssentials

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
    }

    let blockTokens: Int
    let nanosecondsPerUnit: Double  // of `timestamp`

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let names = "timestamp (\(nanosecondsPerUnit == 1e9 ? "s" : "ms")), input_length, output_length and hash_ids"
        let row = try JSONLine.decode(Line.self, line, names: names)
        try JSONLine.add(
            (row.timestamp, "timestamp"),
            (row.input_length, "input_length"),
            (row.output_length, "output_length"),
            row.hash_ids ?? [],
            blockTokens: blockTokens,
            nanosecondsPerUnit: nanosecondsPerUnit,
            to: &trace
        )
    }
}

/// Our own: `at_ms`, `input_tokens`, `output_tokens`, and perhaps `hash_ids` as Mooncake has them.
struct JSONLinesReader: TraceReader {
    private struct Line: Decodable {
        var at_ms: Double?
        var input_tokens: Int?
        var output_tokens: Int?
        var hash_ids: [Int64]?
    }

    let blockTokens: Int

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let row = try JSONLine.decode(Line.self, line, names: "at_ms, input_tokens and output_tokens")
        try JSONLine.add(
            (row.at_ms, "at_ms"),
            (row.input_tokens, "input_tokens"),
            (row.output_tokens, "output_tokens"),
            row.hash_ids ?? [],
            blockTokens: blockTokens,
            nanosecondsPerUnit: 1e6,
            to: &trace
        )
    }
}

private enum JSONLine {
    static func decode<Line: Decodable>(_ type: Line.Type, _ line: String, names: String) throws(TraceFault) -> Line {
        do { return try JSONDecoder().decode(type, from: Data(line.utf8)) } catch DecodingError.typeMismatch(
            _,
            let context
        ),
            DecodingError.valueNotFound(_, let context)
        {
            let key = context.codingPath.first?.stringValue ?? ""
            throw TraceFault(key, read: line, allowed: "a JSON object with \(names)")
        } catch {
            throw TraceFault("", read: line, allowed: "a JSON object with \(names)")
        }
    }

    static func add(
        _ time: (value: Double?, key: String),
        _ input: (value: Int?, key: String),
        _ output: (value: Int?, key: String),
        _ blocks: [Int64],
        blockTokens: Int,
        nanosecondsPerUnit: Double,
        to trace: inout Trace
    ) throws(TraceFault) {
        guard let at = time.value, (0...9e18 / nanosecondsPerUnit).contains(at) else {
            let unit = nanosecondsPerUnit == 1e9 ? "seconds" : "milliseconds"
            throw TraceFault(time.key, time.value == nil ? "missing" : "not a number of \(unit), 0 or more")
        }
        for (value, key) in [input, output] {
            guard let value, (0...100_000_000).contains(value) else {
                throw TraceFault(key, value == nil ? "missing" : "not a number of tokens")
            }
        }
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
                    blocks: blocks[...]
                )
            )
        }
    }
}
