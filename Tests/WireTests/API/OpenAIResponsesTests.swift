import Testing
import Wire

@Suite struct OpenAIResponsesTests {
    private static let created = ("response.created", "\"response\":{\"status\":\"in_progress\",\"usage\":null}")
    private static func text(_ delta: String) -> (String, String) {
        ("response.output_text.delta", "\"output_index\":1,\"delta\":\"\(delta)\",\"logprobs\":[]")
    }
    private static let usage =
        "\"usage\":{\"input_tokens\":11,\"input_tokens_details\":{\"cached_tokens\":3},\"output_tokens\":40,"
        + "\"output_tokens_details\":{\"reasoning_tokens\":30},\"total_tokens\":51}"
    private static let counted = Usage(input: 11, cachedInput: 3, output: 40, reasoning: 30, total: 51)
    private static let output =
        "\"output\":[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Plan\"}]},"
        + "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"One two\"}]}]"

    static let cases = [
        APICase(
            name: "reasoning, text, and a last event that repeats the text",
            wire: typed([
                created, ("response.output_item.added", "\"item\":{\"type\":\"reasoning\"}"),
                ("response.reasoning_summary_text.delta", "\"delta\":\"Plan\""),
                ("response.output_item.added", "\"item\":{\"type\":\"message\",\"content\":[]}"),
                ("response.content_part.added", "\"part\":{\"type\":\"output_text\",\"text\":\"\"}"), text("One"),
                text(" two"), ("response.output_text.done", "\"text\":\"One two\""),
                ("response.completed", "\"response\":{\"status\":\"completed\",\(output),\(usage)}"),
            ]),
            visible: "One two",
            reasoning: "Plan",
            tokenEvents: 3,
            events: 9,
            usage: counted,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "cut by length, and a [DONE] that is not part of the protocol",
            wire: typed([
                ("response.reasoning_text.delta", "\"delta\":\"hm\""), text("One"),
                (
                    "response.incomplete",
                    "\"response\":{\"status\":\"incomplete\",\"incomplete_details\":"
                        + "{\"reason\":\"max_output_tokens\"},\(usage)}"
                ),
            ]) + "data: [DONE]\n\n",
            visible: "One",
            reasoning: "hm",
            tokenEvents: 2,
            events: 3,
            usage: counted,
            finish: "max_output_tokens",
            sign: .both
        ),
        APICase(
            name: "text that comes in the last event only",
            wire: typed([created, ("response.completed", "\"response\":{\"status\":\"completed\",\(output),\(usage)}")]
            ),
            visible: "One two",
            reasoning: "Plan",
            tokenEvents: 1,
            events: 2,
            usage: counted,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "two tool calls",
            wire: typed([
                (
                    "response.output_item.added",
                    "\"item\":{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\"}"
                ),
                ("response.function_call_arguments.delta", "\"delta\":\"{}\""),
                (
                    "response.output_item.added",
                    "\"item\":{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"g\"}"
                ),
                ("response.function_call_arguments.delta", "\"delta\":\"[\""),
                ("response.function_call_arguments.delta", "\"delta\":\"1]\""),
                ("response.completed", "\"response\":{\"status\":\"completed\"}"),
            ]),
            tools: [.init(id: "a", name: "f", arguments: "{}"), .init(id: "b", name: "g", arguments: "[1]")],
            tokenEvents: 3,
            events: 6,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "a refusal",
            wire: typed([
                ("response.refusal.delta", "\"delta\":\"No\""),
                ("response.completed", "\"response\":{\"status\":\"completed\"}"),
            ]),
            refusal: "No",
            tokenEvents: 1,
            events: 2,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "a response that failed",
            wire: typed([
                text("One"),
                (
                    "response.failed",
                    "\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"died\"}}"
                ),
            ]),
            visible: "One",
            tokenEvents: 1,
            events: 2,
            finish: "failed",
            sign: .error,
            error: ServerError(message: "died", code: "server_error")
        ),
        APICase(
            name: "a flat error without an event line",
            wire:
                "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow down\",\"param\":null}\n\n",
            events: 1,
            sign: .error,
            error: ServerError(message: "slow down", type: "error", code: "rate_limit_exceeded")
        ),
        APICase(
            name: "cut off",
            wire: typed([created, text("One")]),
            visible: "One",
            tokenEvents: 1,
            events: 2
        ),
        APICase(
            name: "in one piece",
            wire: "{\"object\":\"response\",\"status\":\"completed\",\"error\":null,\(output),\(usage)}",
            contentType: "application/json",
            visible: "One two",
            reasoning: "Plan",
            tokenEvents: 1,
            events: 1,
            usage: counted,
            finish: "completed",
            sign: .finish,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases) func `a reply means the same however it is cut`(row: APICase) {
        row.check(.openAIResponses)
    }

    @Test func `the request names its cap and stores nothing`() {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            maxTokens: 16,
            temperature: 0,
            extra: API.openAIResponses.reasoningOff ?? []
        )
        #expect(
            body(request, .openAIResponses)
                == #"{"model":"m","input":[{"type":"message","role":"user","content":"Hi"}],"stream":true,"#
                + #""store":false,"temperature":0,"reasoning":{"effort":"none"},"max_output_tokens":16}"#
        )
        #expect(API.openAIResponses.path(model: "m") == "/responses")
    }
}
