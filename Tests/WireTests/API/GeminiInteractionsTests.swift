import Testing
import Wire

/// After the examples of ai.google.dev/gemini-api/docs/streaming.
@Suite struct GeminiInteractionsTests {
    private static func event(_ type: String, _ members: String) -> String {
        "event: \(type)\ndata: {\(members),\"event_type\":\"\(type)\"}\n\n"
    }
    private static func delta(_ index: Int, _ inner: String) -> String {
        event("step.delta", "\"index\":\(index),\"delta\":{\(inner)}")
    }
    private static let created =
        event(
            "interaction.created",
            #""interaction":{"id":"v1","status":"in_progress","object":"interaction","model":"g-3"}"#
        )
        + event("interaction.status_update", #""interaction_id":"v1","status":"in_progress""#)
    private static let thought =
        event("step.start", #""index":0,"step":{"type":"thought"}"#)
        + delta(0, #""type":"thought_summary","content":{"type":"text","text":"Let me plan."}"#)
        + delta(0, #""signature":"...","type":"thought_signature""#)
        + event("step.stop", #""index":0"#)
    private static let text =
        event("step.start", #""index":1,"step":{"type":"model_output"}"#)
        + delta(1, #""text":"1, 2, ","type":"text""#) + delta(1, #""text":"3","type":"text""#)
        + event("step.stop", #""index":1"#)
    private static let usage =
        #""usage":{"total_tokens":346,"total_input_tokens":11,"input_tokens_by_modality":[{"modality":"text","tokens":11}],"total_cached_tokens":4,"total_output_tokens":90,"total_tool_use_tokens":0,"total_thought_tokens":245}"#
    private static let counted = Usage(input: 11, cachedInput: 4, output: 335, reasoning: 245, total: 346)
    private static let done = "event: done\ndata: [DONE]\n\n"

    private static func completed(_ status: String, more: String = "") -> String {
        event(
            "interaction.completed",
            #""interaction":{"id":"v1","status":"\#(status)",\#(usage),"service_tier":"standard","model":"g-3"\#(more)}"#
        )
    }

    static let cases = [
        APICase(
            name: "thoughts and output are disjoint counts; a signature is no token",
            wire: created + thought + text + completed("completed") + done,
            visible: "1, 2, 3",
            reasoning: "Let me plan.",
            tokenEvents: 3,
            events: 11,
            usage: counted,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "cut by the cap",
            wire: created + text + completed("incomplete") + done,
            visible: "1, 2, 3",
            tokenEvents: 2,
            events: 7,
            usage: counted,
            finish: "max_output_tokens",
            sign: .both
        ),
        APICase(
            name: "a function call, its arguments in pieces",
            wire: created
                + event("step.start", #""index":0,"step":{"type":"function_call","id":"u","name":"w","arguments":{}}"#)
                + delta(0, #""type":"arguments_delta","arguments":"{\"a\":""#)
                + delta(0, #""type":"arguments_delta","arguments":"1}""#) + event("step.stop", #""index":0"#)
                + completed("requires_action") + done,
            tools: [.init(id: "u", name: "w", arguments: "{\"a\":1}")],
            tokenEvents: 2,
            events: 7,
            usage: counted,
            finish: "tool_calls",
            sign: .both
        ),
        APICase(
            name: "an error inside the stream",
            wire: created + text
                + event("error", #""error":{"message":"Deadline expired","code":"gateway_timeout"}"#),
            visible: "1, 2, 3",
            tokenEvents: 2,
            events: 7,
            sign: .error,
            error: ServerError(message: "Deadline expired", code: "gateway_timeout")
        ),
        APICase(
            name: "text that comes with the end alone",
            wire: created
                + completed(
                    "completed",
                    more:
                        #","steps":[{"type":"user_input","content":[{"type":"text","text":"no"}]},{"type":"thought","summary":[{"type":"text","text":"hm"}]},{"type":"model_output","content":[{"type":"text","text":"yes"}]}]"#
                ) + done,
            visible: "yes",
            reasoning: "hm",
            tokenEvents: 1,
            events: 3,
            usage: counted,
            finish: "completed",
            sign: .both
        ),
        APICase(
            name: "in one piece",
            wire:
                #"{"id":"v1","status":"completed","object":"interaction","model":"g-3",\#(usage),"steps":[{"type":"model_output","content":[{"type":"text","text":"yes"}]}]}"#,
            contentType: "application/json",
            visible: "yes",
            tokenEvents: 1,
            events: 1,
            usage: counted,
            finish: "completed",
            sign: .finish,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases)
    func `a reply means the same however it is cut`(row: APICase) { row.check(.geminiInteractions) }

    @Test func `what it was asked is said in steps, and what stands apart in members of its own`() {
        let request = ChatRequest(
            model: "g-3",
            messages: conversation,
            maxTokens: 8,
            temperature: 0,
            extra: (API.geminiInteractions.reasoning(effort: "low") ?? []) + (API.geminiInteractions.tier("flex") ?? [])
        )
        #expect(
            body(request, .geminiInteractions) == #"{"model":"g-3","system_instruction":"Be \"brief\".","input":["#
                + #"{"type":"user_input","content":[{"type":"text","text":"Hi"}]},"#
                + #"{"type":"model_output","content":[{"type":"text","text":"Yes?"}]},"#
                + #"{"type":"user_input","content":[{"type":"text","text":"Count."}]}],"#
                + #""stream":true,"store":false,"service_tier":"flex","#
                + #""generation_config":{"temperature":0,"thinking_level":"low","max_output_tokens":8}}"#
        )
        #expect(API.geminiInteractions.path(model: "g-3") == "/interactions")
        #expect(API.geminiInteractions.headers.contains(Header(name: "Api-Revision", value: "2026-05-20")))
    }

    @Test func `the model and the tier that served are told at the end`() {
        let decoder = ReplyDecoder(api: .geminiInteractions, parser: JSONParser())
        let bytes = Array((Self.created + Self.text + Self.completed("completed") + Self.done).utf8)
        let reply = decode(bytes, contentType: "text/event-stream", with: decoder).reply
        #expect(reply.served.model == "g-3" && reply.served.tier == "standard")
    }
}
