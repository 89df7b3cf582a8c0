import Testing
import Wire

@Suite struct GeminiTests {
    private static func chunk(_ part: String, finish: String = "", usage: String = "") -> String {
        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[\(part)]}\(finish),\"index\":0}]\(usage)}"
    }
    private static let thought = chunk(
        "{\"text\":\"Let me plan.\",\"thought\":true}",
        usage: ",\"usageMetadata\":{\"promptTokenCount\":6,\"thoughtsTokenCount\":20,\"totalTokenCount\":26}"
    )
    private static let first = chunk(
        "{\"text\":\"One,\"}",
        usage: ",\"usageMetadata\":{\"promptTokenCount\":6,\"candidatesTokenCount\":8,\"totalTokenCount\":34}"
    )
    private static let last = chunk(
        "{\"text\":\" two.\"}",
        finish: ",\"finishReason\":\"STOP\"",
        usage: ",\"usageMetadata\":{\"promptTokenCount\":6,\"cachedContentTokenCount\":2,\"candidatesTokenCount\":14,"
            + "\"thoughtsTokenCount\":20,\"totalTokenCount\":40}"
    )
    private static let counted = Usage(input: 6, cachedInput: 2, output: 34, reasoning: 20, total: 40)
    private static func events(_ payloads: String...) -> String { payloads.map { "data: \($0)\r\n\r\n" }.joined() }

    static let cases = [
        APICase(
            name: "thoughts and answer are disjoint counts; no sign but the finish reason",
            wire: events(thought, first, chunk("{\"thoughtSignature\":\"x\"}"), last),
            visible: "One, two.",
            reasoning: "Let me plan.",
            tokenEvents: 3,
            events: 4,
            usage: counted,
            finish: "STOP",
            sign: .finish
        ),
        APICase(
            name: "a chunk that counts the answer only keeps the thoughts",
            wire: events(thought, first),
            visible: "One,",
            reasoning: "Let me plan.",
            tokenEvents: 2,
            events: 2,
            usage: Usage(input: 6, output: 28, reasoning: 20, total: 34)
        ),
        APICase(
            name: "a blocked prompt",
            wire: events(
                "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":6}}"
            ),
            events: 1,
            usage: Usage(input: 6),
            finish: "content_filter",
            sign: .finish
        ),
        APICase(
            name: "a function call",
            wire: events(
                chunk("{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}", finish: ",\"finishReason\":\"STOP\"")
            ),
            tools: [.init(id: "", name: "f", arguments: "{\"a\":1}")],
            tokenEvents: 1,
            events: 1,
            finish: "STOP",
            sign: .finish
        ),
        APICase(
            name: "an error as a bare line",
            wire: events(first) + "{\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}\n",
            visible: "One,",
            tokenEvents: 1,
            events: 1,
            usage: Usage(input: 6, output: 8, total: 34),
            sign: .error,
            error: ServerError(message: "busy", type: "UNAVAILABLE", code: "503"),
            notes: [.strayError]
        ),
        APICase(
            name: "a refused request in an array",
            wire: "[{\"error\":{\"code\":429,\"message\":\"quota\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
            contentType: "application/json",
            status: 429,
            events: 0,
            error: ServerError(message: "quota", type: "RESOURCE_EXHAUSTED", code: "429")
        ),
        APICase(
            name: "an array of chunks",
            wire: "[\(thought)\r\n,\(first)\r\n,\(last)]",
            contentType: "application/json",
            visible: "One, two.",
            reasoning: "Let me plan.",
            tokenEvents: 1,
            events: 1,
            usage: counted,
            finish: "STOP",
            sign: .finish,
            notes: [.notStreamed]
        ),
        APICase(
            name: "in one piece",
            wire: last,
            contentType: "application/json",
            visible: " two.",
            tokenEvents: 1,
            events: 1,
            usage: counted,
            finish: "STOP",
            sign: .finish,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases) func `a reply means the same however it is cut`(row: APICase) { row.check(.gemini) }

    @Test func `the path names the model and whether it streams`() {
        #expect(API.gemini.path(model: "g-1") == "/models/g-1:streamGenerateContent?alt=sse")
        #expect(API.gemini.path(model: "models/g-1", streams: false) == "/models/g-1:generateContent")
        #expect(API.gemini.path(model: "a b?") == "/models/a%20b%3F:streamGenerateContent?alt=sse")
        #expect(API.gemini.basePath == "/v1beta")
    }

    @Test func `the cap stands in the configuration, beside the members of the user's own`() {
        let request = ChatRequest(
            model: "m",
            messages: conversation,
            maxTokens: 8,
            temperature: 0,
            extra: (API.gemini.reasoningOff ?? []) + [
                JSONMember(name: "stream", json: "false"), JSONMember(name: "cachedContent", json: "\"c\""),
                JSONMember(name: "generationConfig", json: "{\"topK\":1,\"temperature\":1}"),
            ]
        )
        #expect(
            body(request, .gemini) == #"{"systemInstruction":{"parts":[{"text":"Be \"brief\"."}]},"contents":["#
                + #"{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Yes?"}]},"#
                + #"{"role":"user","parts":[{"text":"Count."}]}],"cachedContent":"c","generationConfig":{"#
                + #""thinkingConfig":{"thinkingBudget":0},"topK":1,"temperature":1,"maxOutputTokens":8}}"#
        )
    }
}
