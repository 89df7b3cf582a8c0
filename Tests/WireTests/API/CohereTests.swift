import Testing
import Wire

@Suite struct CohereTests {
    private static func delta(_ content: String) -> (String, String) {
        ("content-delta", #""index":0,"delta":{"message":{"content":{\#(content)}}}"#)
    }

    private static let start = (
        "message-start",
        #""id":"c1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[]}}"#
    )
    private static let open = (
        "content-start", #""index":0,"delta":{"message":{"content":{"type":"text","text":""}}}"#
    )
    private static let close = ("content-end", #""index":0"#)

    private static func end(_ reason: String, _ usage: String) -> (String, String) {
        ("message-end", #""delta":{"finish_reason":"\#(reason)","usage":{\#(usage)}}"#)
    }

    private static let usage =
        #""billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":71.0,"output_tokens":3.0},"cached_tokens":64"#

    static let cases = [
        APICase(
            name: "text between its start and its end; what was read and written counts, not what is billed",
            wire: typed([
                start, open, delta(#""text":"One""#), delta(#""text":", two""#), close, end("COMPLETE", usage),
            ]),
            visible: "One, two",
            tokenEvents: 2,
            events: 6,
            usage: Usage(input: 71, cachedInput: 64, output: 3),
            finish: "COMPLETE",
            sign: .both
        ),
        APICase(
            name: "thinking comes before the answer; only billed units are told",
            wire: typed([
                start, delta(#""thinking":"Plan""#), delta(#""text":"Yes""#),
                end("MAX_TOKENS", #""billed_units":{"input_tokens":5,"output_tokens":2}"#),
            ]),
            visible: "Yes",
            reasoning: "Plan",
            tokenEvents: 2,
            events: 4,
            usage: Usage(input: 5, output: 2),
            finish: "MAX_TOKENS",
            sign: .both
        ),
        APICase(
            name: "a plan and a tool call, its arguments piece by piece",
            wire: typed([
                start, ("tool-plan-delta", #""delta":{"message":{"tool_plan":"I look"}}"#),
                (
                    "tool-call-start",
                    #""index":0,"delta":{"message":{"tool_calls":{"id":"t1","type":"function","function":{"name":"get","arguments":""}}}}"#
                ),
                (
                    "tool-call-delta",
                    #""index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\""}}}}"#
                ),
                ("tool-call-delta", #""index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":":1}"}}}}"#),
                ("tool-call-end", #""index":0"#), end("TOOL_CALL", usage),
            ]),
            reasoning: "I look",
            tools: [.init(id: "t1", name: "get", arguments: #"{"a":1}"#)],
            tokenEvents: 3,
            events: 7,
            usage: Usage(input: 71, cachedInput: 64, output: 3),
            finish: "TOOL_CALL",
            sign: .both
        ),
        APICase(
            name: "an error at the end of a stream that began well",
            wire: typed([
                start, delta(#""text":"One""#), ("message-end", #""delta":{"finish_reason":"ERROR","error":"died"}"#),
            ]),
            visible: "One",
            tokenEvents: 1,
            events: 3,
            finish: "ERROR",
            sign: .error,
            error: ServerError(message: "died")
        ),
        APICase(
            name: "in one piece",
            wire:
                #"{"id":"c","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Yes"}]},"usage":{\#(usage)}}"#,
            contentType: "application/json",
            visible: "Yes",
            reasoning: "Hm",
            tokenEvents: 1,
            events: 1,
            usage: Usage(input: 71, cachedInput: 64, output: 3),
            finish: "COMPLETE",
            sign: .finish,
            notes: [.notStreamed]
        ),
        APICase(
            name: "a refusal",
            wire: #"{"id":"c","message":"invalid api token"}"#,
            contentType: "application/json",
            status: 401,
            events: 0,
            error: ServerError(message: "invalid api token", code: "c")
        ),
    ]

    @Test(arguments: cases)
    func `a reply means the same however it is cut`(row: APICase) { row.check(.cohere) }

    @Test func `a request is written as version 2 of the API wants it`() {
        var request = ChatRequest(model: "command", messages: conversation, maxTokens: 8, temperature: 0, seed: 3)
        request.extra = API.cohere.reasoningOff ?? []
        #expect(
            body(request, .cohere)
                == #"{"model":"command","messages":[{"role":"system","content":"Be \"brief\"."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Count."}],"stream":true,"temperature":0,"seed":3,"thinking":{"type":"disabled"},"max_tokens":8}"#
        )
        #expect(API.cohere.basePath + API.cohere.path(model: "command") == "/v2/chat")
    }

    @Test(arguments: [("/v2", "/v1/models"), ("/proxy/v2", "/proxy/v1/models"), ("", "/v1/models")])
    func `models are listed under version 1`(base: String, path: String) {
        #expect(API.cohere.modelsPath(base: base) == path)
    }
}
