import Testing
import Wire

/// The bytes of one reply and what they mean: a row of an API's table.
struct APICase: CustomTestStringConvertible, Sendable {
    var name: String
    var wire: String
    var contentType = "text/event-stream"
    var status = 200
    var visible = ""
    var reasoning = ""
    var refusal = ""
    var tools: [Tool] = []
    var tokenEvents = 0
    var events: Int
    var usage = Usage()
    var finish: String?
    var sign = ReplyFacts.TerminalSign.none
    var error: ServerError?
    var unparseable = 0
    var keepAlives = 0
    var notes: [ReplyFacts.Note] = []
    var vectors = 0
    var dimensions: Int?

    struct Tool: Equatable, Sendable {
        var id: String
        var name: String
        var arguments: String
    }

    var testDescription: String { name }

    /// Holds the decoder to the row under every cut into two reads, byte by byte, and in one piece.
    func check(_ api: API) {
        let bytes = Array(wire.utf8)
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), keepsText: true)
        for sizes in splits("every", of: bytes) {
            let decoded = decode(bytes, sizes: sizes, status: status, contentType: contentType, with: decoder)
            let reply = decoded.reply
            let text = decoded.text.choices[0] ?? ReplyText.Choice()
            let cut: Comment = "\(name), reads of \(sizes.prefix(2))"
            #expect(text.content == visible, cut)
            #expect(text.reasoning == reasoning, cut)
            #expect(text.refusal == refusal, cut)
            let calls = text.toolCalls.map { Tool(id: $0.id, name: $0.name, arguments: $0.arguments) }
            #expect(calls == tools, cut)
            #expect(reply.toolCalls == tools.count, cut)
            #expect(reply.visibleBytes == visible.utf8.count, cut)
            #expect(reply.reasoningBytes == reasoning.utf8.count, cut)
            #expect(reply.toolBytes == tools.reduce(0) { $0 + $1.arguments.utf8.count }, cut)
            #expect(decoded.total.tokenEvents == tokenEvents, cut)
            #expect(decoded.total.events == events, cut)
            #expect(reply.usage == usage, cut)
            #expect(reply.finishWord == finish, cut)
            #expect(reply.terminalSign == sign, cut)
            #expect(reply.error == error, cut)
            #expect(reply.unparseable == unparseable, cut)
            #expect(reply.keepAlives == keepAlives, cut)
            #expect(reply.notes == notes, cut)
            #expect(reply.vectors == vectors, cut)
            #expect(reply.dimensions == dimensions, cut)
        }
    }
}

/// Events whose `event:` line repeats the JSON's type, as OpenAI's Responses and Anthropic send them.
func typed(_ payloads: [(String, String)]) -> String {
    payloads.map { "event: \($0.0)\ndata: {\"type\":\"\($0.0)\"\($0.1.isEmpty ? "" : ",")\($0.1)}\n\n" }.joined()
}

func body(_ request: ChatRequest, _ api: API) -> String { String(decoding: request.body(api: api), as: UTF8.self) }

/// A conversation whose last turn is the prompt.
let conversation: [ChatRequest.Message] = [
    .init(role: "system", content: "Be \"brief\"."), .init(role: "user", content: "Hi"),
    .init(role: "assistant", content: "Yes?"), .init(role: "user", content: "Count."),
]
