import Testing

@testable import Wire

@Suite struct ChatStreamWriterTests {
    private let writer = ChatStreamWriter(id: "c1", model: "m\"", created: 7)
    private let start = #"data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m\"","choices":["#

    private func written(_ body: (inout [UInt8]) -> Void) -> String {
        var buffer: [UInt8] = []
        body(&buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private func token(_ text: String) -> [UInt8] { writer.token.head + EscapedText(text).bytes + writer.token.tail }

    private func reasoning(_ text: String) -> [UInt8] {
        writer.reasoningHead + EscapedText(text).bytes + writer.token.tail
    }

    @Test func `each chunk is written as OpenAI writes it`() {
        #expect(
            written { writer.appendRole(to: &$0) } == start
                + #"{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"# + "\n\n"
        )
        #expect(
            String(decoding: token(" \"a\"\n"), as: UTF8.self) == start
                + #"{"index":0,"delta":{"content":" \"a\"\n"},"finish_reason":null}]}"# + "\n\n"
        )
        #expect(
            String(decoding: reasoning("r"), as: UTF8.self) == start
                + #"{"index":0,"delta":{"reasoning_content":"r"},"finish_reason":null}]}"# + "\n\n"
        )
        #expect(
            written { writer.appendFinish("stop", to: &$0) } == start
                + #"{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
        )
        #expect(
            written { writer.appendUsage(Usage(input: 5, output: 2), to: &$0) } == start
                + #"],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"# + "\n\n"
        )
        #expect(
            written {
                writer.appendUsage(
                    Usage(input: 5, cachedInput: 4, output: 2, reasoning: 1, total: 9),
                    serving: ServingFacts(cold: true, replica: 2),
                    to: &$0
                )
            } == start
                + #"],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":9,"#
                + #""prompt_tokens_details":{"cached_tokens":4},"#
                + #""completion_tokens_details":{"reasoning_tokens":1}},"spate":{"cold":true,"replica":2}}"# + "\n\n"
        )
        #expect(
            written { writer.appendFinish("length", serving: ServingFacts(cold: false, replica: 0), to: &$0) } == start
                + #"{"index":0,"delta":{},"finish_reason":"length"}],"spate":{"cold":false,"replica":0}}"# + "\n\n"
        )
        #expect(written { ChatStreamWriter.appendDone(to: &$0) } == "data: [DONE]\n\n")
        #expect(
            written { ChatStreamWriter.appendError(message: "m", type: "t", code: nil, to: &$0) }
                == #"data: {"error":{"message":"m","type":"t","param":null,"code":null}}"# + "\n\n"
        )
    }

    @Test func `what is written is what is read, at every cut`() {
        let texts = ["One", " \"two\"", "\n\t\\", "é🙂", "\u{1}"]
        var bytes: [UInt8] = []
        writer.appendRole(to: &bytes)
        bytes += Array(": keep-alive\n\n".utf8) + reasoning("hm")
        for text in texts { bytes += token(text) }
        writer.appendFinish("length", to: &bytes)
        let usage = Usage(input: 11, cachedInput: 3, output: 6, reasoning: 1, total: 17)
        writer.appendUsage(usage, serving: ServingFacts(cold: true, replica: 4), to: &bytes)
        ChatStreamWriter.appendDone(to: &bytes)

        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        for sizes in splits("every", of: bytes) {
            let decoded = decode(bytes, sizes: sizes, with: decoder)
            #expect(decoded.text.choices[0]?.content == texts.joined())
            #expect(decoded.text.choices[0]?.reasoning == "hm")
            #expect(decoded.total.events == 9)
            #expect(decoded.total.tokenEvents == 6)
            #expect(decoded.total.visibleBytes == 3 + 6 + 3 + 6 + 1)
            #expect(decoded.total.reasoningBytes == 2)
            #expect(decoded.reply.usage == usage)
            #expect(decoded.reply.finish == .length)
            #expect(decoded.reply.terminalSign == .both)
            #expect(decoded.reply.serving == ServingFacts(cold: true, replica: 4))
            #expect(decoded.reply.keepAlives == 1)
            #expect(decoded.reply.error == nil)
            #expect(decoded.reply.unparseable == 0)
            #expect(decoded.reply.notes == [])
        }
    }

    @Test func `a whole answer and an error are read back`() {
        var body: [UInt8] = []
        ChatAnswer.append(
            id: "c",
            model: "m",
            created: 1,
            content: "a\"b",
            finish: "stop",
            usage: Usage(input: 1, output: 2),
            serving: ServingFacts(cold: false, replica: 1),
            to: &body
        )
        let answer = decode(body, contentType: "application/json")
        #expect(answer.text.choices[0]?.content == "a\"b")
        #expect(answer.reply.finish == .stop)
        #expect(answer.reply.usage == Usage(input: 1, output: 2, total: 3))
        #expect(answer.reply.reportedCold == false)
        body = []
        ChatAnswer.appendError(message: "m", type: "t", parameter: "p", code: "c", to: &body)
        let refused = decode(body, status: 400, contentType: "application/json")
        #expect(refused.reply.error == ServerError(message: "m", type: "t", code: "c"))
    }

    @Test func `a text knows its own bytes, not those of its escapes`() {
        #expect(EscapedText("\"é\n").utf8Count == 4)
    }

    @Test(arguments: [Int64.min, -1, 0, 9, 10, 1_000_000, Int64.max])
    func `integers are written in full`(value: Int64) {
        let request = ChatRequest(model: "m", seed: value, streams: false)
        #expect(
            String(decoding: request.body(), as: UTF8.self)
                == #"{"model":"m","messages":[],"stream":false,"seed":\#(value)}"#
        )
    }
}
