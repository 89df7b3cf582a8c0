import Testing
import Wire

/// What a decoder said of a reply that was cut into reads.
struct Decoded: Equatable {
    var reply = ReplyFacts()
    var text = ReplyText()
    var total = ReadDigest()  // of all reads and the end; flags are "in some read"
    var firstReasoningReads = 0
    var firstVisibleReads = 0
}

func decode(
    _ bytes: [UInt8],
    sizes: [Int]? = nil,
    status: Int = 200,
    contentType: String? = "text/event-stream",
    with decoder: ReplyDecoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
) -> Decoded {
    decoder.reset()
    decoder.begin(status: status, contentType: contentType)
    var decoded = Decoded()
    func add(_ digest: ReadDigest) {
        decoded.total.events += digest.events
        decoded.total.lateEvents += digest.lateEvents
        decoded.total.tokenEvents += digest.tokenEvents
        decoded.total.visibleBytes += digest.visibleBytes
        decoded.total.reasoningBytes += digest.reasoningBytes
        decoded.total.toolBytes += digest.toolBytes
        decoded.total.refusalBytes += digest.refusalBytes
        decoded.firstReasoningReads += digest.isFirstReasoning ? 1 : 0
        decoded.firstVisibleReads += digest.isFirstVisible ? 1 : 0
        decoded.total.terminalSign = digest.terminalSign
    }
    forEachRead(of: bytes, sizes: sizes ?? [bytes.count]) { add(decoder.receive($0)) }
    add(decoder.finish())
    decoded.reply = decoder.reply
    decoded.text = decoder.text
    return decoded
}

func decode(_ text: String, status: Int = 200, contentType: String? = "text/event-stream") -> Decoded {
    decode(Array(text.utf8), status: status, contentType: contentType)
}

/// A chunk with one choice.
func chunk(_ delta: String, finish: String = "null") -> String {
    "data: {\"choices\":[{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":\(finish)}]}\n\n"
}

@Suite struct ReplyDecoderTests {
    @Test func `the table has all its cases`() {
        #expect(SSECases.all.openai.count == 38)
    }

    @Test(arguments: SSECases.all.openai)
    func `a chat stream means the same however it is cut`(sample: ChatCase) throws {
        let bytes = Array(sample.bytes_b64)
        let expected = sample.expect
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        for sizes in splits(sample.splits, of: bytes) {
            let decoded = decode(bytes, sizes: sizes, with: decoder)
            let reply = decoded.reply
            let comment: Comment = "reads of \(sizes)"
            #expect(reply.hasDoneMarker == expected.done, comment)
            #expect(decoded.total.terminalSign == reply.terminalSign, comment)
            #expect(reply.unparseable == expected.unparseable, comment)
            #expect(reply.error?.message == expected.error?.message, comment)
            #expect(reply.error?.type == expected.error?.type, comment)
            #expect(reply.error?.code == expected.error?.code.map { String($0) }, comment)
            #expect(reply.usage.input == expected.usage?.prompt_tokens, comment)
            #expect(reply.usage.output == expected.usage?.completion_tokens, comment)
            #expect(reply.usage.total == expected.usage?.total_tokens, comment)
            #expect(reply.usage.cachedInput == expected.usage?.prompt_tokens_details?.cached_tokens, comment)
            #expect(reply.usage.reasoning == expected.usage?.completion_tokens_details?.reasoning_tokens, comment)
            #expect(Set(reply.choices.map { String($0.index) }) == Set(expected.choices.keys), comment)

            var contentBytes = 0
            var reasoningBytes = 0
            var toolBytes = 0
            var tokenEvents = 0
            for (key, choice) in expected.choices {
                let index = try #require(Int(key))
                let text = decoded.text.choices[index] ?? ReplyText.Choice()
                #expect(text.content == choice.content, comment)
                #expect(text.contentPieces == choice.content_deltas, comment)
                #expect(text.reasoning == choice.reasoning ?? "", comment)
                #expect(text.reasoningPieces == choice.reasoning_deltas ?? 0, comment)
                let calls = text.toolCalls.map {
                    ChatCase.ExpectedChoice.ToolCall(id: $0.id, name: $0.name, arguments: $0.arguments)
                }
                #expect(calls == choice.tool_calls ?? [], comment)
                let facts = reply.choices.first { $0.index == index }
                #expect(facts?.finish == choice.finish_reason, comment)
                #expect(facts?.toolCalls == choice.tool_calls?.count ?? 0, comment)
                contentBytes += choice.content.utf8.count
                reasoningBytes += choice.reasoning?.utf8.count ?? 0
                let arguments = choice.tool_calls?.map(\.arguments.utf8.count) ?? []
                toolBytes += arguments.reduce(0, +)
                // In this table each event has one delta, and each tool call came in one.
                tokenEvents += choice.content_deltas + (choice.reasoning_deltas ?? 0) + arguments.count
            }
            #expect(decoded.total.visibleBytes == contentBytes, comment)
            #expect(decoded.total.reasoningBytes == reasoningBytes, comment)
            #expect(decoded.total.toolBytes == toolBytes, comment)
            #expect(decoded.total.tokenEvents == tokenEvents, comment)
            #expect(reply.tokenEvents == tokenEvents, comment)
            #expect(decoded.firstVisibleReads == (contentBytes > 0 ? 1 : 0), comment)
            #expect(decoded.firstReasoningReads == (reasoningBytes > 0 ? 1 : 0), comment)
            #expect(reply.body == (bytes.isEmpty ? .empty : .eventStream), comment)
        }
    }

    @Test(arguments: [
        "\"role\":\"assistant\",\"content\":\"\"", "\"role\":\"assistant\"", "\"content\":null", "",
        "\"content\":\"\",\"reasoning_content\":null,\"reasoning\":\"\"", "\"tool_calls\":[]", "\"refusal\":null",
        "\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]",
        "\"content\":[]", "\"content\":[{\"type\":\"text\",\"text\":\"\"}]", "\"content\":7", "\"reasoning\":{}",
        "\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]", "\"audio\":{\"data\":\"x\"}",
    ])
    func `an event without text is an event but not a token`(delta: String) {
        let decoded = decode(chunk(delta))
        #expect(decoded.total.events == 1)
        #expect(decoded.total.tokenEvents == 0)
        #expect(decoded.total.textBytes == 0)
        #expect(decoded.firstVisibleReads + decoded.firstReasoningReads == 0)
        #expect(decoded.reply.unparseable == 0)
    }

    @Test(arguments: [
        ("\"content\":\"\\n\"", 1, 0, 0, 0), ("\"reasoning\":\"ab\"", 0, 2, 0, 0), ("\"refusal\":\"no\"", 0, 0, 0, 2),
        ("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]", 0, 0, 1, 0),
        ("\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}", 0, 0, 2, 0),
        ("\"reasoning_content\":\"ab\",\"reasoning\":\"ab\"", 0, 2, 0, 0),
        ("\"reasoning_content\":\"\",\"reasoning\":\"ab\"", 0, 2, 0, 0),
        ("\"reasoning_content\":\"\",\"content\":\"ab\"", 2, 0, 0, 0),
        ("\"content\":[{\"type\":\"text\",\"text\":\"ab\"}]", 2, 0, 0, 0),
        ("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"abc\"}]}]", 0, 3, 0, 0),
        ("\"content\":\"\\u00e9\\ud83d\\ude42\"", 6, 0, 0, 0),
    ])
    func `each kind of text makes one token event with its bytes`(
        delta: String,
        visible: Int,
        reasoning: Int,
        tool: Int,
        refusal: Int
    ) {
        let total = decode(chunk(delta)).total
        #expect(total.tokenEvents == 1)
        #expect(total.visibleBytes == visible)
        #expect(total.reasoningBytes == reasoning)
        #expect(total.toolBytes == tool)
        #expect(total.refusalBytes == refusal)
    }

    @Test func `each read's digest tells what that read brought`() {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: 200, contentType: "text/event-stream; charset=utf-8")
        func receive(_ text: String) -> ReadDigest { decoder.receive(Array(text.utf8).span) }

        #expect(receive(": ping\n\n") == ReadDigest())
        var expected = ReadDigest()
        expected.events = 1
        #expect(receive(chunk("\"role\":\"assistant\",\"content\":\"\"")) == expected)

        expected = ReadDigest()
        expected.events = 2
        expected.tokenEvents = 2
        expected.reasoningBytes = 5
        expected.isFirstReasoning = true
        #expect(receive(chunk("\"reasoning\":\"ab\"") + chunk("\"reasoning\":\"cde\"") + "data: {\"cho") == expected)

        expected = ReadDigest()
        expected.events = 2
        expected.tokenEvents = 2
        expected.visibleBytes = 2
        expected.reasoningBytes = 1
        expected.isFirstVisible = true
        expected.endsWithToken = true
        let rest = chunk("\"content\":\"x\"").dropFirst("data: {\"cho".utf8.count)
        #expect(receive(rest + chunk("\"content\":\"y\",\"reasoning\":\"z\"")) == expected)

        expected = ReadDigest()
        expected.events = 1
        expected.terminalSign = .both
        #expect(receive(chunk("", finish: "\"stop\"") + "data: [DONE]\n\n") == expected)
        expected.events = 0
        #expect(decoder.finish() == expected)
        #expect(decoder.reply.textBytes == 8)
        #expect(decoder.reply.keepAlives == 1)
        #expect(decoder.reply.terminalSign == .both)
        #expect(decoder.text == ReplyText())
    }

    @Test(arguments: [
        (chunk("\"content\":\"a\"", finish: "\"stop\"") + "data: [DONE]\n\n", ReplyFacts.TerminalSign.both),
        (chunk("\"content\":\"a\"", finish: "\"stop\""), .finish),
        (chunk("\"content\":\"a\"") + "data: [DONE]\n\n", .done), (chunk("\"content\":\"a\""), .none),
        ("data: [DONE]\n\n", .done), ("", .none), (": ping\n\n", .none),
        (
            chunk("", finish: "\"stop\"") + "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\n",
            ReplyFacts.TerminalSign.none
        ),
        (chunk("\"content\":\"a\"") + "data: {\"error\":\"x\"}\n\n" + "data: [DONE]\n\n", .error),
        (chunk("", finish: "\"stop\"") + chunk("\"content\":\"a\""), .none),
        (chunk("", finish: "\"stop\"") + chunk("\"content\":\"a\"") + chunk("", finish: "\"stop\""), .finish),
        (chunk("", finish: "\"stop\"") + chunk("\"role\":\"assistant\",\"content\":\"\""), .finish),
        (chunk("", finish: "\"stop\"") + "data: {\"error\":\"x\"}\n\n", .finish),
        (chunk("", finish: "\"stop\"") + "data: {\"error\":\"x\"}\n\n" + chunk("\"content\":\"a\""), .error),
        ("data: {\"error\":\"x\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n", .error),
    ])
    func `the terminal sign is what the stream said of its end`(text: String, expected: ReplyFacts.TerminalSign) {
        #expect(decode(text).reply.terminalSign == expected)
    }

    @Test(arguments: [
        ("data: : keepalive\n\n", 1, [ReplyFacts.Note.dataKeepAlive]), ("data:\n\n", 1, []), ("data\n\n", 1, []),
        ("event: ping\ndata:  \n\n", 1, []), (": a\n: b\n\n", 2, []),
    ])
    func `keep-alives in every dress are counted and are no events`(
        text: String,
        count: Int,
        notes: [ReplyFacts.Note]
    ) {
        let decoded = decode(text)
        #expect(decoded.reply.keepAlives == count)
        #expect(decoded.reply.notes == notes)
        #expect(decoded.total == ReadDigest())
        #expect(decoded.reply.unparseable == 0)
    }

    @Test func `behind the end only usage is read`() {
        let usage =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}\n\n"
        let late = chunk("\"content\":\"late\"", finish: "\"length\"") + usage + "data: {\"error\":\"x\"}\n\n"
        let decoded = decode(chunk("\"content\":\"a\"", finish: "\"stop\"") + "data: [DONE]\n\n" + late)
        #expect(decoded.total.tokenEvents == 1 && decoded.total.events == 1 && decoded.total.lateEvents == 3)
        #expect(decoded.reply.visibleBytes == 1 && decoded.reply.finishWord == "stop" && decoded.reply.error == nil)
        #expect(decoded.reply.usage == Usage(input: 3, output: 4, total: 7))
        #expect(decoded.reply.notes == [.eventsAfterEnd, .errorAfterEnd])
        #expect(decoded.reply.terminalSign == .both)
    }

    @Test func `an event that ends with the stream is read when it is whole`() {
        let whole = decode(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"
        )
        #expect(whole.total.visibleBytes == 1)
        #expect(whole.reply.terminalSign == .finish)
        #expect(whole.reply.notes == [.noBlankLine])
        let cut = decode("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"sto")
        #expect(cut.total == ReadDigest())
        #expect(cut.reply.unparseable == 0)
        #expect(cut.reply.notes == [])
    }

    @Test func `a reply after a reset owes nothing to the one before`() {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        let text = chunk("\"content\":\"ab\"", finish: "\"length\"") + "data: [DONE]\n\n"
        let first = decode(Array(text.utf8), with: decoder)
        _ = decode(Array("{\"error\":\"x\"}".utf8), status: 500, contentType: "application/json", with: decoder)
        _ = decode(Array("data: {\"choices\":[{\"in".utf8), with: decoder)
        #expect(decode(Array(text.utf8), with: decoder) == first)
        decoder.reset()
        #expect(decoder.reply == ReplyFacts())
        #expect(decoder.text == ReplyText())
    }

    @Test func `spate's own extension reports cold starts`() {
        let cold = "data: {\"choices\":[],\"spate\":{\"cold\":true,\"replica\":2}}\n\n"
        #expect(decode(cold).reply.serving == ServingFacts(cold: true, replica: 2))
        #expect(decode(cold).reply.reportedCold == true)
        #expect(decode("data: {\"choices\":[],\"spate\":{\"cold\":false}}\n\n").reply.reportedCold == false)
        #expect(decode("data: {\"choices\":[],\"spate\":{}}\n\n").reply.reportedCold == nil)
        #expect(decode("data: {\"choices\":[]}\n\n").reply.reportedCold == nil)
    }
}
