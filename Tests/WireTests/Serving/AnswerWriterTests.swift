import Testing
import Wire

@Suite struct AnswerWriterTests {
    private static let texts = API.allCases.filter { !$0.makesVectors }
    private static let tokens = ["One", " \"two\"", "\n\\", "é🙂"]

    private func writer(_ api: API, asksForUsage: Bool = true) -> AnswerWriter {
        AnswerWriter(
            api: api,
            id: "a",
            served: ServedFacts(model: "m\""),
            created: 7,
            inputTokens: 11,
            asksForUsage: asksForUsage
        )
    }

    private func end(isCut: Bool) -> AnswerWriter.End {
        AnswerWriter.End(
            isCut: isCut,
            usage: Usage(input: 11, output: 4),
            serving: ServingFacts(cold: true, replica: 2),
            text: { Self.tokens.joined() }
        )
    }

    private func isTold(_ reply: ReplyFacts, _ api: API) {
        #expect(reply.usage.input == 11, "\(api)")
        #expect(reply.usage.output == 4, "\(api)")
        #expect(reply.serving == ServingFacts(cold: true, replica: 2), "\(api)")
        #expect(reply.error == nil, "\(api)")
        #expect(reply.unparseable == 0, "\(api)")
    }

    @Test(arguments: texts) func `what is streamed is what is read, at every cut`(api: API) {
        let writer = writer(api)
        var bytes: [UInt8] = []
        writer.appendOpening(to: &bytes)
        for token in Self.tokens { writer.append(token: EscapedText(token), to: &bytes) }
        writer.append(end: end(isCut: true), to: &bytes)
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), keepsText: true)
        for sizes in splits("every", of: bytes) {
            let decoded = decode(bytes, sizes: sizes, contentType: writer.contentType, with: decoder)
            #expect(decoded.text.choices[0]?.content == Self.tokens.joined(), "\(api)")
            #expect(decoded.total.tokenEvents == 4, "\(api)")
            isTold(decoded.reply, api)
            #expect(decoded.reply.finish == .length, "\(api)")
            #expect(decoded.reply.terminalSign == (api == .gemini ? .finish : .both), "\(api)")
            #expect(decoded.reply.notes == [], "\(api)")
        }
    }

    @Test(arguments: texts) func `an answer in one piece is what is read`(api: API) {
        var bytes: [UInt8] = []
        writer(api).append(whole: end(isCut: false), to: &bytes)
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), keepsText: true)
        let decoded = decode(bytes, contentType: "application/json", with: decoder)
        #expect(decoded.text.choices[0]?.content == Self.tokens.joined(), "\(api)")
        isTold(decoded.reply, api)
        #expect(decoded.reply.finish == .stop, "\(api)")
        #expect(decoded.reply.isNotStreamed, "\(api)")
    }

    @Test(arguments: texts) func `an error inside a stream is read, and nothing ends well`(api: API) {
        let writer = writer(api)
        var bytes: [UInt8] = []
        writer.appendOpening(to: &bytes)
        writer.append(token: EscapedText("One"), to: &bytes)
        writer.append(failure: "died \"here\"", to: &bytes)
        let decoder = ReplyDecoder(api: api, parser: JSONParser())
        let reply = decode(bytes, contentType: writer.contentType, with: decoder).reply
        #expect(reply.error?.message == "died \"here\"", "\(api)")
        #expect(reply.tokenEvents == 1, "\(api)")
        #expect(reply.finishWord == nil, "\(api)")
    }

    @Test(arguments: texts) func `a server reads what a client asks`(api: API) throws {
        let prompt = "Count to \"five\"."
        for streams in [true, false] {
            let request = ChatRequest(
                model: "simulated",
                messages: [.init(role: "user", content: "Hi"), .init(role: "user", content: prompt)],
                maxTokens: 9,
                temperature: 0.5,
                streams: streams
            )
            let path = api.basePath + api.path(model: "simulated", streams: streams)
            let call = try #require(ServedCall(path: String(path.prefix { $0 != "?" })))
            #expect(call.api == api)
            let facts = try ChatRequestFacts(
                body: request.body(api: api).span,
                call: call,
                servedModel: "simulated",
                parser: JSONParser()
            )
            #expect(facts.model == "simulated")
            #expect(facts.maxTokens == 9)
            #expect(facts.streams == streams)
            #expect(facts.temperature == 0.5)
            // A text of several turns has a blank line between them.
            let isOneText = api == .openAICompletions || api == .textGenerationInference
            #expect(facts.promptBytes == prompt.utf8.count + 2 + (isOneText ? 2 : 0))
        }
    }

    @Test(arguments: ["/v1/models", "/v1beta/models/m", "/v1beta/models/m:countTokens", "/", ""])
    func `other paths are no calls`(path: String) { #expect(ServedCall(path: path) == nil) }
}
