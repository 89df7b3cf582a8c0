import Testing

@testable import Wire

/// What an answer says of who gave it, in every API that says it.
@Suite struct ServedFactsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var api: API
        var wire: [String]  // events, or one document
        var isStream = true
        var served: ServedFacts
        var written: Int64?
        var forHour: Int64?
        var testDescription: String { name }
    }

    private static func decoded(
        _ api: API,
        _ wire: [String],
        isStream: Bool = true,
        servedBy: ServedBySource? = nil,
        header: [String: String] = [:]
    ) -> ReplyFacts {
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), servedBy: servedBy)
        decoder.begin(status: 200, contentType: isStream ? "text/event-stream" : "application/json")
        decoder.takeHead { header[$0] }
        let isLines = api == .ollama && isStream
        let text = wire.map { isStream && !isLines ? "data: \($0)\n\n" : "\($0)\n" }.joined()
        _ = decoder.receive(Array(text.utf8).span)
        _ = decoder.finish()
        return decoder.reply
    }

    private static let chunk = #""choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]"#
    private static let stop = #""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#

    static let cases = [
        Case(
            name: "chat: the tier of the last chunk counts, not what the first one echoes",
            api: .openAIChat,
            wire: [
                #"{"model":"gpt-6-sol-2026-09-22","service_tier":"fast",\#(chunk)}"#,
                #"{"model":"gpt-6-sol-2026-09-22","service_tier":"default",\#(stop)}"#,
                #"{"model":"m","service_tier":"default","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":4}}}"#,
                "[DONE]",
            ],
            served: ServedFacts(model: "gpt-6-sol-2026-09-22", tier: "default"),
            written: 4
        ),
        Case(
            name: "chat: Azure's first chunk names no model, and auto is no tier",
            api: .openAIChat,
            wire: [
                #"{"model":"","choices":[],"prompt_filter_results":[]}"#,
                #"{"model":"gpt-4o-mini","service_tier":"auto",\#(chunk)}"#,
                #"{"model":"gpt-4o-mini","service_tier":null,\#(stop)}"#, "[DONE]",
            ],
            served: ServedFacts(model: "gpt-4o-mini")
        ),
        Case(
            name: "chat: cache writes as DigitalOcean tells them, the tier in the usage",
            api: .openAIChat,
            wire: [
                #"{"model":"claude",\#(chunk)}"#,
                #"{"model":"claude","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":3},"service_tier":"Priority"}}"#,
                "[DONE]",
            ],
            served: ServedFacts(model: "claude", tier: "priority"),
            written: 5,
            forHour: 3
        ),
        Case(
            name: "chat in one piece",
            api: .openAIChat,
            wire: [
                #"{"model":"m","service_tier":"flex","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#
            ],
            isStream: false,
            served: ServedFacts(model: "m", tier: "flex")
        ),
        Case(
            name: "completions",
            api: .openAICompletions,
            wire: [
                #"{"model":"m","choices":[{"index":0,"text":"a","finish_reason":"stop"}]}"#,
                #"{"model":"m","service_tier":"priority","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
                "[DONE]",
            ],
            served: ServedFacts(model: "m", tier: "priority")
        ),
        Case(
            name: "responses: the tier of the first event is what was asked for",
            api: .openAIResponses,
            wire: [
                #"{"type":"response.created","response":{"model":"gpt-6-astra","service_tier":"ultrafast","status":"in_progress"}}"#,
                #"{"type":"response.output_text.delta","delta":"a"}"#,
                #"{"type":"response.completed","response":{"model":"gpt-6-astra","service_tier":"default","status":"completed","usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":1,"cache_write_tokens":6},"output_tokens":1}}}"#,
            ],
            served: ServedFacts(model: "gpt-6-astra", tier: "default"),
            written: 6
        ),
        Case(
            name: "responses cut off: the model is known, the tier is not",
            api: .openAIResponses,
            wire: [
                #"{"type":"response.created","response":{"model":"gpt-6-astra","service_tier":"ultrafast","status":"in_progress"}}"#,
                #"{"type":"response.output_text.delta","delta":"a"}"#,
            ],
            served: ServedFacts(model: "gpt-6-astra")
        ),
        Case(
            name: "anthropic: a fast answer, cache writes of both lengths",
            api: .anthropic,
            wire: [
                #"{"type":"message_start","message":{"model":"claude-opus-5-5","usage":{"input_tokens":1,"cache_creation_input_tokens":8,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":5},"service_tier":"standard","speed":"fast","output_tokens":1}}}"#,
                #"{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
                #"{"type":"message_stop"}"#,
            ],
            served: ServedFacts(model: "claude-opus-5-5", tier: "fast"),
            written: 8,
            forHour: 5
        ),
        Case(
            name: "anthropic: asked fast, served standard",
            api: .anthropic,
            wire: [
                #"{"type":"message","model":"claude-opus-5-5","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard","speed":"standard"}}"#
            ],
            isStream: false,
            served: ServedFacts(model: "claude-opus-5-5", tier: "standard")
        ),
        Case(
            name: "ollama",
            api: .ollama,
            wire: [
                #"{"model":"llama3.2","message":{"role":"assistant","content":"a"},"done":false}"#,
                #"{"model":"llama3.2","message":{"content":""},"done":true,"done_reason":"stop","eval_count":1}"#,
            ],
            served: ServedFacts(model: "llama3.2")
        ),
        Case(
            name: "embeddings",
            api: .openAIEmbeddings,
            wire: [#"{"model":"e","data":[{"embedding":[1,2]}],"usage":{"prompt_tokens":1}}"#],
            isStream: false,
            served: ServedFacts(model: "e")
        ),
    ]

    @Test(arguments: cases) func `an answer's own words are taken`(row: Case) {
        let reply = Self.decoded(row.api, row.wire, isStream: row.isStream)
        #expect(reply.served == row.served)
        #expect(reply.usage.written == row.written)
        #expect(reply.usage.writtenForHour == row.forHour)
    }

    @Test func `gemini names its tier in a header, and its model in the body`() {
        let wire = [
            #"{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"modelVersion":"gemini-3.8-flash"}"#
        ]
        let reply = Self.decoded(.gemini, wire, header: ["x-gemini-service-tier": "Standard"])
        #expect(reply.served == ServedFacts(model: "gemini-3.8-flash", tier: "standard"))
        let other = Self.decoded(.openAIChat, ["[DONE]"], header: ["x-gemini-service-tier": "standard"])
        #expect(other.served.tier == nil, "a header of another API says nothing")
    }

    @Test(arguments: [
        ("/provider", #"{"provider":"Somebody",\#(chunk)}"#, "Somebody"),
        ("/nvext/worker_id", #"{"nvext":{"worker_id":17},\#(chunk)}"#, "17"),
        ("/a~1b/~0c", #"{"a/b":{"~c":true},\#(chunk)}"#, "true"),
        ("/choices/0/index", "{\(chunk)}", "0"), ("/choices/7/index", "{\(chunk)}", nil),
        ("/choices/x", "{\(chunk)}", nil), ("/choices", "{\(chunk)}", nil), ("/provider", "{\(chunk)}", nil),
    ]) func `a pointer finds who answered`(pointer: String, event: String, by: String?) throws {
        let source = ServedBySource.json(try #require(JSONPointer(pointer)))
        let wire = [#"{"object":"first","choices":[]}"#, event, #"{"provider":"Too late",\#(Self.stop)}"#, "[DONE]"]
        let expected = by ?? (pointer == "/provider" ? "Too late" : nil)
        #expect(Self.decoded(.openAIChat, wire, servedBy: source).served.by == expected)
        #expect(Self.decoded(.openAIResponses, [event], servedBy: source).served.by == by, "every grammar looks")
    }

    @Test func `a pointer begins with a slash`() {
        #expect(JSONPointer("provider") == nil && JSONPointer("") == nil)
        #expect(JSONPointer(String(repeating: "/a", count: 300)) == nil)
    }

    @Test func `a header of the user's choice says who answered`() {
        let reply = Self.decoded(
            .openAIChat,
            ["[DONE]"],
            servedBy: .header("x-replica"),
            header: ["x-replica": " r-3 "]
        )
        #expect(reply.served.by == "r-3")
    }

    @Test func `what a server says is cut, cleaned and never trusted`() {
        func model(_ name: String) -> String? {
            Self.decoded(.openAIChat, [#"{"model":"\#(name)",\#(Self.chunk)}"#]).served.model
        }
        #expect(model(String(repeating: "x", count: 100_000))?.utf8.count == 128)
        #expect(model(String(repeating: "é", count: 100))?.utf8.count == 128)
        #expect(model(#"a\u001b[31mb\n\u0000c\u202e"#) == "a[31mbc")
        #expect(model(#"\u0007\u200e "#) == nil, "nothing is left")
        let odd = [#"{"model":{"a":1},"service_tier":7,\#(Self.chunk)}"#, "[DONE]"]
        #expect(Self.decoded(.openAIChat, odd).served == ServedFacts())
    }

    @Test func `a word that comes again is the same word, and the pool stays small`() {
        var pool = WordPool()
        func word(_ text: String) -> String? { Array(text.utf8).withUnsafeBytes { pool.word($0) } }
        for round in 0..<3 {
            for number in 0..<100 { #expect(word("model \(number)") == "model \(number)", "\(round)") }
        }
    }
}
