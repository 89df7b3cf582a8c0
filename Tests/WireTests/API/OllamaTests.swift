import Testing
import Wire

@Suite struct OllamaTests {
    private static func line(_ message: String, _ rest: String = "\"done\":false") -> String {
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\(message)},\(rest)}\n"
    }
    private static let last = line(
        "\"content\":\"\"",
        "\"done\":true,\"done_reason\":\"stop\",\"total_duration\":9,\"prompt_eval_count\":12,"
            + "\"prompt_eval_duration\":40000000,\"eval_count\":14,\"eval_duration\":780000000"
    )

    static let cases = [
        APICase(
            name: "thinking, text, and counts in the last line",
            wire: line("\"content\":\"\",\"thinking\":\"hm\"") + line("\"content\":\"One\"")
                + line("\"content\":\" é\"") + last,
            contentType: "application/x-ndjson",
            visible: "One é",
            reasoning: "hm",
            tokenEvents: 3,
            events: 4,
            usage: Usage(input: 12, output: 14),
            finish: "stop",
            sign: .both
        ),
        APICase(
            name: "CRLF, empty lines and no end of the last line",
            wire: "\r\n" + line("\"content\":\"One\"").dropLast() + "\r\n\n" + last.dropLast(),
            contentType: "application/x-ndjson",
            visible: "One",
            tokenEvents: 1,
            events: 2,
            usage: Usage(input: 12, output: 14),
            finish: "stop",
            sign: .both,
            keepAlives: 2
        ),
        APICase(
            name: "an error line",
            wire: line("\"content\":\"One\"") + "{\"error\":\"out of memory\"}\n",
            contentType: "application/x-ndjson",
            visible: "One",
            tokenEvents: 1,
            events: 2,
            sign: .error,
            error: ServerError(message: "out of memory")
        ),
        APICase(
            name: "cut off in the middle of a line",
            wire: line("\"content\":\"One\"") + "{\"model\":\"m\",\"mess",
            contentType: "application/x-ndjson",
            visible: "One",
            tokenEvents: 1,
            events: 1
        ),
        APICase(
            name: "a line that is no JSON",
            wire: line("\"content\":\"One\"") + "oops\n" + last,
            contentType: "application/x-ndjson",
            visible: "One",
            tokenEvents: 1,
            events: 3,
            usage: Usage(input: 12, output: 14),
            finish: "stop",
            sign: .both,
            unparseable: 1
        ),
        APICase(
            name: "a tool call",
            wire: line("\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]")
                + last,
            contentType: "application/x-ndjson",
            tools: [.init(id: "", name: "f", arguments: "{\"a\":1}")],
            tokenEvents: 1,
            events: 2,
            usage: Usage(input: 12, output: 14),
            finish: "stop",
            sign: .both
        ),
        APICase(
            name: "a full queue",
            wire: "{\"error\":\"server busy, please try again.\"}",
            contentType: "application/x-ndjson",
            status: 503,
            events: 0,
            error: ServerError(message: "server busy, please try again.")
        ),
        APICase(
            name: "in one piece",
            wire: String(line("\"content\":\"One\"", "\"done\":true,\"done_reason\":\"length\",\"eval_count\":1")),
            contentType: "application/json; charset=utf-8",
            visible: "One",
            tokenEvents: 1,
            events: 1,
            usage: Usage(output: 1),
            finish: "length",
            sign: .both,
            notes: [.notStreamed]
        ),
    ]

    @Test(arguments: cases) func `a reply means the same however it is cut`(row: APICase) { row.check(.ollama) }

    @Test func `the server's durations are nanoseconds`() {
        let decoder = ReplyDecoder(api: .ollama, parser: JSONParser())
        let timings = decode(Array(Self.last.utf8), contentType: "application/x-ndjson", with: decoder).reply
            .serverTimings
        #expect(timings?.prefillMilliseconds == 40)
        #expect(timings?.generationMilliseconds == 780)
    }

    @Test func `the cap is an option`() {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            maxTokens: 8,
            temperature: 0,
            seed: 1,
            extra: API.ollama.reasoningOff ?? []
        )
        #expect(
            body(request, .ollama) == #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"#
                + #""think":false,"options":{"temperature":0,"seed":1,"num_predict":8}}"#
        )
        #expect(API.ollama.basePath + API.ollama.path(model: "m") == "/api/chat")
    }
}
