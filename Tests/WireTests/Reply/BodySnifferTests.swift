import Testing

@testable import Wire

@Suite struct BodySnifferTests {
    private static let events = chunk("\"content\":\"a\"", finish: "\"stop\"") + "data: [DONE]\n\n"
    private static let whole = """
        {"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ab",
        "reasoning_content":"xyz"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}
        """

    @Test(
        arguments: [
            ("text/event-stream", []), ("Text/Event-Stream; charset=utf-8", []),
            ("text/plain", [ReplyFacts.Note.otherContentType]), (nil, [.otherContentType]),
            ("application/json", [.otherContentType]), ("application/x-ndjson", [.otherContentType]),
        ] as [(String?, [ReplyFacts.Note])]
    )
    func `an event stream is read under any content type, with a note`(type: String?, notes: [ReplyFacts.Note]) {
        for prefix in ["", ": ping\n\n", "event: x\n", "id: 1\n", "retry: 5\n", "\n\r\n", "\u{feff}"] {
            let bytes = Array((prefix + Self.events).utf8)
            for sizes in splits("every", of: bytes) {
                let decoded = decode(bytes, sizes: sizes, contentType: type)
                #expect(decoded.total.visibleBytes == 1, "\(prefix) in reads of \(sizes)")
                #expect(decoded.reply.body == .eventStream)
                #expect(decoded.reply.notes == notes)
            }
        }
    }

    @Test(
        arguments: [
            ("application/json", [ReplyFacts.Note.notStreamed]), (nil, [.notStreamed]),
            ("text/event-stream", [.jsonAsStream, .notStreamed]), ("application/problem+json", [.notStreamed]),
        ] as [(String?, [ReplyFacts.Note])]
    )
    func `a complete answer in one piece is read and flagged`(type: String?, notes: [ReplyFacts.Note]) {
        for prefix in ["", "\n\n  \r\n", "\u{feff}"] {
            let bytes = Array((prefix + Self.whole).utf8)
            for sizes in splits("every", of: bytes) {
                let decoded = decode(bytes, sizes: sizes, contentType: type)
                #expect(decoded.reply.body == .json)
                #expect(decoded.reply.notes == notes)
                #expect(decoded.reply.isNotStreamed)
                #expect(decoded.text.choices[0]?.content == "ab")
                #expect(decoded.total.events == 1)
                #expect(decoded.total.tokenEvents == 1)
                #expect(decoded.total.visibleBytes == 2)
                #expect(decoded.total.reasoningBytes == 3)
                #expect(decoded.reply.usage == Usage(input: 5, output: 3, total: 8))
                #expect(decoded.reply.terminalSign == .finish)
            }
        }
    }

    @Test func `blank lines before a document do not count towards its limit`() {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.documentLimit = 10_000
        decoder.begin(status: 200, contentType: "application/json")
        let blank = [UInt8](repeating: 0x0a, count: 1_000)
        for _ in 0..<100 { _ = decoder.receive(blank.span) }
        _ = decoder.receive(Array(Self.whole.utf8).span)
        #expect(decoder.finish().visibleBytes == 2)
        #expect(!decoder.reply.hasOverflowed)
    }

    @Test(
        arguments: [
            ("<html><body>502 Bad Gateway</body></html>", "text/html"), ("upstream connect error", "text/plain"),
            ("<html>", "text/event-stream"), ("dat", "text/plain"), ("event", nil), ("no JSON", "application/json"),
        ] as [(String, String?)]
    )
    func `anything else is kept as an excerpt`(text: String, type: String?) {
        let bytes = Array(text.utf8)
        for sizes in splits("every", of: bytes) {
            let good = decode(bytes, sizes: sizes, contentType: type)
            #expect(good.reply.body == .opaque)
            #expect(good.reply.excerpt == text)
            #expect(good.reply.error == nil)
            #expect(good.total == ReadDigest())
            let bad = decode(bytes, sizes: sizes, status: 502, contentType: type)
            #expect(bad.reply.error == ServerError(message: text))
        }
    }

    @Test(arguments: ["", "\n\n", " "])
    func `an empty body is empty`(text: String) {
        let reply = decode(text, contentType: nil).reply
        #expect(reply.body == .empty)
        #expect(reply.error == nil)
        #expect(decode(text, status: 503, contentType: nil).reply.error == nil)
    }

    @Test(arguments: ["{}", "{\"choices\":[]}", "[]", "{\"a\":", "{not json}", "[1]"])
    func `JSON that is no answer is unparseable`(text: String) {
        let decoded = decode(text, contentType: "application/json")
        #expect(decoded.reply.unparseable == 1)
        #expect(decoded.reply.excerpt == text)
        #expect(!decoded.reply.isNotStreamed)
        #expect(decoded.total.tokenEvents == 0)
    }

    @Test func `a document above 16 MiB is given up`() {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: 200, contentType: "application/json")
        _ = decoder.receive(Array("{\"a\":\"".utf8).span)
        let part = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<17 { _ = decoder.receive(part.span) }
        #expect(decoder.finish() == ReadDigest())
        #expect(decoder.reply.hasOverflowed)
    }

    @Test func `an event above 16 MiB ends the reading with a note`() {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: 200, contentType: "text/event-stream")
        _ = decoder.receive(Array("data: ".utf8).span)
        let part = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<17 { _ = decoder.receive(part.span) }
        #expect(decoder.receive(Array(("\n\n" + Self.events).utf8).span) == ReadDigest())
        #expect(decoder.finish() == ReadDigest())
        #expect(decoder.reply.notes == [.overflow])
    }
}
