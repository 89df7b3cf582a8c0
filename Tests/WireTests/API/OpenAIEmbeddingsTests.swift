import Testing
import Wire

@Suite struct OpenAIEmbeddingsTests {
    private static func answer(_ vectors: [String], _ usage: String = #","usage":{"prompt_tokens":5,"total_tokens":5}"#)
        -> String
    {
        let data = vectors.enumerated().map { #"{"object":"embedding","index":\#($0),"embedding":\#($1)}"# }
        return #"{"object":"list","data":[\#(data.joined(separator: ","))],"model":"m"\#(usage)}"#
    }

    static let cases = [
        APICase(
            name: "two texts, two vectors, and no token of output",
            wire: answer(["[0.5,-0.25,1e-3]", "[1,2,3]"]),
            contentType: "application/json",
            events: 1,
            usage: Usage(input: 5, total: 5),
            sign: .done,
            vectors: 2,
            dimensions: 3
        ),
        APICase(
            name: "vectors as base64 of floats",
            wire: answer(["\"zczMPc3MzD3NzMw9\"", "\"zczMPc3MzD3NzMw9\""]),
            contentType: "application/json; charset=utf-8",
            events: 1,
            usage: Usage(input: 5, total: 5),
            sign: .done,
            vectors: 2,
            dimensions: 3
        ),
        APICase(
            name: "an empty vector is none, nor is one that is missing",
            wire: answer(["[]", "\"\"", "null", "[0.5]"]),
            contentType: "application/json",
            events: 1,
            usage: Usage(input: 5, total: 5),
            sign: .done,
            vectors: 1,
            dimensions: 1
        ),
        APICase(
            name: "no vector at all, and no usage",
            wire: answer([], ""),
            contentType: "application/json",
            events: 1,
            sign: .done
        ),
        APICase(
            name: "an error with status 200",
            wire: #"{"error":{"message":"no","type":"server_error","code":500}}"#,
            contentType: "application/json",
            events: 1,
            error: ServerError(message: "no", type: "server_error", code: "500")
        ),
        APICase(
            name: "a chat answer is not understood",
            wire: #"{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}"#,
            contentType: "application/json",
            events: 1,
            unparseable: 1
        ),
    ]

    @Test(arguments: cases)
    func `a reply means the same however it is cut`(row: APICase) { row.check(.openAIEmbeddings) }

    @Test func `each message is an input of its own, and only what has a meaning there is sent`() {
        var request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "One \"a\""), .init(role: "user", content: "Two")],
            maxTokens: 8,
            temperature: 0,
            extra: [JSONMember(name: "dimensions", json: "64"), JSONMember(name: "stream", json: "false")]
        )
        #expect(
            body(request, .openAIEmbeddings)
                == #"{"model":"m","input":["One \"a\"","Two"],"encoding_format":"float","dimensions":64}"#
        )
        request.extra = [JSONMember(name: "encoding_format", json: "\"base64\"")]
        request.messages.removeFirst()
        #expect(body(request, .openAIEmbeddings) == #"{"model":"m","input":["Two"],"encoding_format":"base64"}"#)
    }

    @Test func `its answers are never streams`() {
        #expect(Provider(name: "p", api: .openAIEmbeddings).streams == false)
        #expect(API.openAIEmbeddings.path(model: "m") == "/embeddings")
        #expect(API.allCases.filter(\.makesVectors) == [.openAIEmbeddings])
    }

    @Test(arguments: [(300, 300, false), (600, 0, true)])
    func `an answer above 16 MiB is said to be too long`(vectors: Int, read: Int, isTooLong: Bool) {
        let vector = "[" + Array(repeating: "-0.0117187500", count: 3072).joined(separator: ",") + "]"
        let text = Self.answer(Array(repeating: vector, count: vectors))
        let decoder = ReplyDecoder(api: .openAIEmbeddings, parser: JSONParser())
        let reply = decode(Array(text.utf8), contentType: "application/json", with: decoder).reply
        #expect(reply.vectors == read && reply.hasOverflowed == isTooLong)
    }

    // MARK: The other side

    @Test(arguments: [("\"one\"", 1, 3), ("[\"one\",\"three\"]", 2, 8), ("[7,8,9]", 1, 12), ("[[7],[8,9]]", 2, 12)])
    func `a server counts texts and lists of tokens`(input: String, inputs: Int, bytes: Int) throws {
        let call = try #require(ServedCall(path: "/v1/embeddings"))
        let body = Array(#"{"model":"m","input":\#(input),"dimensions":7,"encoding_format":"base64"}"#.utf8)
        let facts = try ChatRequestFacts(body: body.span, call: call, servedModel: "m", parser: JSONParser())
        #expect(facts.embedding?.inputs == inputs && facts.promptBytes == bytes)
        #expect(facts.embedding?.dimensions == 7 && facts.embedding?.isBase64 == true)
        #expect(!facts.streams && facts.maxTokens == nil)
    }

    @Test(arguments: ["[]", "\"\"", "null", "[\"\"]", "{}"])
    func `nothing to embed is refused`(input: String) throws {
        let call = try #require(ServedCall(path: "/v1/embeddings"))
        let body = Array(#"{"model":"m","input":\#(input)}"#.utf8)
        #expect(throws: ChatRequestFacts.Refusal.self) {
            try ChatRequestFacts(body: body.span, call: call, servedModel: "m", parser: JSONParser())
        }
    }

    @Test(arguments: [1, 2, 3, 256, 1000], [false, true])
    func `what is served is what is read`(dimensions: Int, isBase64: Bool) throws {
        let call = try #require(ServedCall(path: "/v1/embeddings"))
        let form = isBase64 ? "base64" : "float"
        let body = Array(
            #"{"model":"m","input":["a","b","c"],"dimensions":\#(dimensions),"encoding_format":"\#(form)"}"#.utf8
        )
        let facts = try ChatRequestFacts(body: body.span, call: call, servedModel: "m", parser: JSONParser())
        let writer = AnswerWriter(
            api: .openAIEmbeddings,
            id: "a",
            served: ServedFacts(model: "m\""),
            created: 7,
            inputTokens: 11,
            asksForUsage: true,
            embedding: facts.embedding
        )
        let end = AnswerWriter.End(
            isCut: false,
            usage: Usage(input: 11),
            serving: ServingFacts(cold: true, replica: 2),
            text: { "" }
        )
        var bytes: [UInt8] = []
        writer.append(whole: end, to: &bytes)
        let decoder = ReplyDecoder(api: .openAIEmbeddings, parser: JSONParser())
        let reply = decode(bytes, contentType: writer.contentType, with: decoder).reply
        #expect(reply.vectors == 3 && reply.dimensions == dimensions)
        #expect(reply.usage == Usage(input: 11, total: 11))
        #expect(reply.serving == ServingFacts(cold: true, replica: 2))
        #expect(reply.error == nil && reply.unparseable == 0 && reply.notes == [])
    }
}
