import Testing
import Wire

@Suite struct OpenAICompletionsTests {
    private static func chunk(_ text: String, finish: String = "null", rest: String = "") -> String {
        "data: {\"choices\":[{\"index\":0,\"text\":\"\(text)\",\"finish_reason\":\(finish)}]\(rest)}\n\n"
    }

    static let cases = [
        APICase(
            name: "text, then usage in a chunk without choices",
            wire: chunk(" three") + chunk(", four") + chunk("", finish: "\"length\"")
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":4,\"total_tokens\":9,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\ndata: [DONE]\n\n",
            visible: " three, four",
            tokenEvents: 2,
            events: 4,
            usage: Usage(input: 5, cachedInput: 2, output: 4, total: 9),
            finish: "length",
            sign: .both
        ),
        APICase(
            name: "zeros in every chunk are unknown, the last usage is real",
            wire: chunk("a", rest: ",\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}")
                + chunk(
                    "",
                    finish: "\"stop\"",
                    rest: ",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}"
                ) + chunk("", rest: ",\"usage\":null") + "data: [DONE]\n\n",
            visible: "a",
            tokenEvents: 1,
            events: 3,
            usage: Usage(input: 3, output: 1, total: 4),
            finish: "stop",
            sign: .both
        ),
        APICase(
            name: "an error inside the stream",
            wire: chunk("a") + "data: {\"error\":{\"message\":\"died\",\"type\":\"server_error\",\"code\":500}}\n\n",
            visible: "a",
            tokenEvents: 1,
            events: 2,
            sign: .error,
            error: ServerError(message: "died", type: "server_error", code: "500"),
            unparseable: 0
        ),
        APICase(
            name: "in one piece",
            wire: "{\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"one two\",\"finish_reason\":"
                + "\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}",
            contentType: "application/json",
            visible: "one two",
            tokenEvents: 1,
            events: 1,
            usage: Usage(input: 3, output: 2, total: 5),
            finish: "stop",
            sign: .finish,
            notes: [.notStreamed]
        ),
        APICase(name: "nothing but the end", wire: "data: [DONE]\n\n", events: 0, sign: .done),
    ]

    @Test(arguments: cases) func `a reply means the same however it is cut`(row: APICase) {
        row.check(.openAICompletions)
    }

    @Test func `the request continues one text`() {
        let request = ChatRequest(model: "m", messages: conversation, maxTokens: 8, temperature: 0)
        #expect(
            body(request, .openAICompletions) == #"{"model":"m","prompt":"Be \"brief\".\n\nHi\n\nYes?\n\nCount.","#
                + #""stream":true,"stream_options":{"include_usage":true},"temperature":0,"max_tokens":8}"#
        )
        #expect(API.openAICompletions.path(model: "m") == "/completions")
    }
}
