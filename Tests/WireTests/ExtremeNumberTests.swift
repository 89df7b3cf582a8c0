import Testing
import Ticks
import Wire

/// Numbers that no server means, in every place where one is read: what comes out is bounded, or is not told.
@Suite struct ExtremeNumberTests {
    private static let seed: UInt64 = 20_261_129
    static let extremes = [
        "0", "-1", "2147483648", "9007199254740992", "4611686018427387904", "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "-9223372036854775808", "1e308", "-1e308", "1e999", "NaN",
        "-Infinity", "0.5", "null", "\"9223372036854775807\"", String(repeating: "9", count: 400),
    ]

    /// Every number of a reply replaced by an extreme, now and then.
    private static func mutate(_ text: String, with generator: inout SplitMix64) -> [UInt8] {
        var result: [UInt8] = []
        var isInNumber = false
        var before: UInt8 = 0
        for byte in text.utf8 {
            let isDigit = (0x30...0x39).contains(byte)
            if isInNumber, isDigit || byte == UInt8(ascii: ".") { continue }
            isInNumber = false
            let opens = [UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: ",")].contains(before)
            if isDigit, opens, UInt8.random(in: 0..<4, using: &generator) > 0 {
                result += (extremes.randomElement(using: &generator) ?? "0").utf8
                isInNumber = true
            } else {
                result.append(byte)
            }
            before = byte
        }
        return result
    }

    @Test(arguments: [
        (API.openAICompletions, OpenAICompletionsTests.cases), (.openAIResponses, OpenAIResponsesTests.cases),
        (.anthropic, AnthropicTests.cases), (.gemini, GeminiTests.cases),
        (.geminiInteractions, GeminiInteractionsTests.cases), (.ollama, OllamaTests.cases),
        (.textGenerationInference, TextGenerationInferenceTests.cases), (.cohere, CohereTests.cases),
        (.openAIEmbeddings, OpenAIEmbeddingsTests.cases), (.openAIChat, chat),
    ])
    func `counts and times of every API are bounded or not told`(api: API, cases: [APICase]) {
        var generator = SplitMix64(seed: Self.seed)
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), keepsText: true)
        var told = 0
        var refused = 0
        for round in 0..<1_500 {
            let row = cases[round % cases.count]
            let bytes = Self.mutate(row.wire, with: &generator)
            let reply = decode(bytes, status: row.status, contentType: row.contentType, with: decoder).reply
            let usage = reply.usage
            for count in [usage.input, usage.cachedInput, usage.output, usage.reasoning, usage.total] {
                guard let count else { continue }
                told += 1
                // Three parts make Anthropic's input, two Gemini's output.
                #expect((0...3 * Usage.mostTokens).contains(count), "\(api), round \(round), seed \(Self.seed)")
            }
            refused += reply.notes.contains(.impossibleCount) ? 1 : 0
            let times = reply.serverTimings.map {
                [$0.queueMilliseconds, $0.prefillMilliseconds, $0.generationMilliseconds, $0.firstTokenMilliseconds]
            }
            for time in times ?? [] { #expect((0...1e10).contains(time ?? 0), "\(api), round \(round)") }
        }
        #expect(told > 100 && refused > 50, "\(told), \(refused): the mutations must reach the counts")
    }

    static let chat = [
        APICase(
            name: "chat",
            wire: """
                data: {"choices":[{"index":0,"delta":{"content":"a","tool_calls":[{"index":0,"id":"c"}]},"finish_reason":"stop"}]}

                data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"queue_time":0.5,\
                "prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}},\
                "timings":{"prompt_ms":3,"predicted_ms":4},"spate":{"cold":true,"replica":2}}

                data: [DONE]


                """,
            events: 2
        )
    ]

    @Test func `limits and waiting times are bounded or not told`() {
        let dates = [
            "Sat, 21 Nov 2026 9223372036854775807:00:00 GMT", "Sat, 21 Nov 2026 00:9223372036854775807:00 GMT",
            "Sat, 9223372036854775807 Nov 2026 00:00:00 GMT", "Sat, 21 Nov 9223372036854775807 00:00:00 GMT",
            "9999-12-31T99:99:99Z", "9999-12-31T23:59:59+99:99", "9223372036854775807d", "9e9h",
            String(repeating: "9", count: 60) + "h",
        ]
        let names = [
            "retry-after", "retry-after-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests", "anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining",
            "ratelimit-reset", "ratelimit-remaining",
        ]
        for value in Self.extremes + dates {
            let structured = Header(name: "ratelimit", value: "limit=\(value), remaining=\(value), reset=\(value)")
            let headers = names.map { Header(name: $0, value: value) } + [structured]
            let head = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            for now in [0, 1.8e9, -1e18, 1e18] {
                let read = [
                    RateLimits(headers: headers, unixSeconds: now),
                    RateLimits(head: Array(head.utf8).span, unixSeconds: { now }) ?? RateLimits(),
                ]
                for limits in read {
                    for limit in limits.limits {
                        for count in [limit.limit, limit.remaining] {
                            #expect((0...1_000_000_000_000_000).contains(count ?? 0), "\(value)")
                        }
                        #expect((0...31_622_400).contains(limit.resetSeconds ?? 0), "\(value)")
                    }
                    #expect((0...31_622_400).contains(limits.retryAfterSeconds ?? 0), "\(value)")
                }
            }
        }
    }

    @Test func `times in headers are bounded or not told`() {
        for value in Self.extremes {
            let head = "HTTP/1.1 200 OK\r\nX-LiteLLM-Response-Duration-Ms: \(value)\r\nx-queue-time: \(value)\r\n"
            for time in ServerTimings.told(by: Array(head.utf8).span).values { #expect((0...1e10).contains(time)) }
        }
        let head = "HTTP/1.1 200 OK\r\nx-litellm-response-duration-ms: 251.5\r\nx-litellm-overhead-duration-ms: 12\r\n"
        let expected = ["gateway_response": 251.5, "gateway_overhead": 12]
        #expect(ServerTimings.told(by: Array(head.utf8).span) == expected)
    }

    @Test(arguments: [
        (#""dimensions":100000000,"input":["a"]"#, "dimensions"), (#""dimensions":0,"input":["a"]"#, "dimensions"),
        (#""dimensions":16384,"input":["a"\#(String(repeating: #","b""#, count: 128))]"#, "dimensions"),
        (#""input":["a"\#(String(repeating: #","b""#, count: 2048))]"#, "input"),
    ])
    func `a request for more vectors than a model gives is refused`(members: String, parameter: String) {
        let body = Array(#"{"model":"m",\#(members)}"#.utf8)
        let call = ServedCall(path: "/v1/embeddings")
        #expect(call != nil)
        guard let call else { return }
        #expect {
            _ = try ChatRequestFacts(body: body.span, call: call, servedModel: "m", parser: JSONParser())
        } throws: {
            ($0 as? ChatRequestFacts.Refusal)?.parameter == parameter
        }
    }
}
