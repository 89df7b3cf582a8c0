import Testing
import Wire

@Suite struct AnthropicTests {
    private static let start = (
        "message_start",
        "\"message\":{\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":12,"
            + "\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":3,\"output_tokens\":1}}"
    )
    private static func delta(_ members: String) -> (String, String) {
        ("content_block_delta", "\"index\":0,\"delta\":{\(members)}")
    }
    private static func end(_ reason: String, _ usage: String) -> [(String, String)] {
        [
            ("content_block_stop", "\"index\":0"),
            ("message_delta", "\"delta\":{\"stop_reason\":\"\(reason)\"},\"usage\":{\(usage)}"), ("message_stop", ""),
        ]
    }

    static let cases = [
        APICase(
            name: "thinking, a signature, text, a ping and a citation",
            wire: typed(
                [
                    start, ("content_block_start", "\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}"),
                    ("ping", ""), delta("\"type\":\"thinking_delta\",\"thinking\":\"hm\""),
                    delta("\"type\":\"signature_delta\",\"signature\":\"xyz\""),
                    ("content_block_start", "\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
                    delta("\"type\":\"text_delta\",\"text\":\"One\""),
                    delta("\"type\":\"text_delta\",\"text\":\" two\""),
                    delta("\"type\":\"citations_delta\",\"citation\":{\"cited_text\":\"x\"}"),
                ] + end("end_turn", "\"output_tokens\":15,\"output_tokens_details\":{\"thinking_tokens\":9}")
            ),
            visible: "One two",
            reasoning: "hm",
            tokenEvents: 3,
            events: 12,
            usage: Usage(input: 20, cachedInput: 3, written: 5, output: 15, reasoning: 9),
            finish: "end_turn",
            sign: .both,
            keepAlives: 1
        ),
        APICase(
            name: "input counts that the end corrects",
            wire: typed(
                [start, delta("\"type\":\"text_delta\",\"text\":\"One\"")]
                    + end("max_tokens", "\"input_tokens\":14,\"cache_read_input_tokens\":0,\"output_tokens\":2")
            ),
            visible: "One",
            tokenEvents: 1,
            events: 5,
            usage: Usage(input: 22, cachedInput: 3, written: 5, output: 2),
            finish: "max_tokens",
            sign: .both
        ),
        APICase(
            name: "a tool call",
            wire: typed(
                [
                    start,
                    ("content_block_start", "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\"}"),
                    delta("\"type\":\"input_json_delta\",\"partial_json\":\"\""),
                    delta("\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\""),
                    delta("\"type\":\"input_json_delta\",\"partial_json\":\"1}\""),
                ] + end("tool_use", "\"output_tokens\":7")
            ),
            tools: [.init(id: "t", name: "f", arguments: "{\"a\":1}")],
            tokenEvents: 2,
            events: 8,
            usage: Usage(input: 20, cachedInput: 3, written: 5, output: 7),
            finish: "tool_use",
            sign: .both
        ),
        APICase(
            name: "cut off: the output count of the start is a placeholder and counts nothing",
            wire: typed([start, delta("\"type\":\"text_delta\",\"text\":\"One\"")]),
            visible: "One",
            tokenEvents: 1,
            events: 2,
            usage: Usage(input: 20, cachedInput: 3, written: 5)
        ),
        APICase(
            name: "an error event",
            wire: typed([start, ("error", "\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}")]),
            events: 2,
            usage: Usage(input: 20, cachedInput: 3, written: 5),
            sign: .error,
            error: ServerError(message: "Overloaded", type: "overloaded_error")
        ),
        APICase(
            name: "an error whose event line a relay took away",
            wire: "data: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"died\"}}\n\n",
            events: 1,
            sign: .error,
            error: ServerError(message: "died", type: "api_error")
        ),
        APICase(
            name: "a refused request",
            wire:
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"},\"request_id\":\"r\"}",
            contentType: "application/json",
            status: 429,
            events: 0,
            error: ServerError(message: "slow", type: "rate_limit_error")
        ),
        APICase(
            name: "in one piece",
            wire:
                "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
                + "\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"One\"},{\"type\":\"tool_use\",\"id\":\"t\","
                + "\"name\":\"f\",\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":4,"
                + "\"output_tokens\":6}}",
            contentType: "application/json",
            visible: "One",
            reasoning: "hm",
            tools: [.init(id: "t", name: "f", arguments: "{\"a\":1}")],
            tokenEvents: 1,
            events: 1,
            usage: Usage(input: 4, output: 6),
            finish: "tool_use",
            sign: .finish,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases) func `a reply means the same however it is cut`(row: APICase) { row.check(.anthropic) }

    @Test func `the system's words stand apart from the messages`() {
        let request = ChatRequest(
            model: "m",
            messages: conversation,
            maxTokens: 8,
            extra: API.anthropic.reasoningOff ?? []
        )
        #expect(
            body(request, .anthropic) == #"{"model":"m","system":"Be \"brief\".","messages":["#
                + #"{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},"#
                + #"{"role":"user","content":"Count."}],"stream":true,"thinking":{"type":"disabled"},"max_tokens":8}"#
        )
        #expect(API.anthropic.path(model: "m") == "/messages")
        #expect(API.anthropic.headers.contains(Header(name: "anthropic-version", value: "2023-06-01")))
    }
}
