/// One API as a server speaks it, so that a simulated provider and the client test each other: where it is served, what
/// a request's body says, what an answer looks like. Each is a file of its own.
struct ServedForm: Sendable {
    /// What a path says besides its API; nil = the body says it.
    typealias Call = (model: String?, streams: Bool?)

    /// What is known of an answer before it begins.
    struct Answer: Sendable {
        var id: String
        var model: String  // that answers
        var tier: String?  // that it is served in; nil = nothing is said of it
        var created: Int64  // seconds of Unix time
        var inputTokens: Int64
        var cachedTokens: Int64?  // nil = nothing is said of a cache
        var writtenTokens: Int64?  // to the cache; likewise
        var writtenForHour: Int64  // of them
        var asksForUsage: Bool
        var dialect: ServedDialect
        var embedding: EmbeddingWish?
    }

    /// nil when the path, without its query, is none of the API's.
    var call: @Sendable (_ path: String) -> Call?
    /// The last argument stands in where requests name no model.
    var facts:
        @Sendable (JSONValue, ServedCall, _ servedModel: String) throws(ChatRequestFacts.Refusal) -> ChatRequestFacts
    var writer: @Sendable (Answer) -> AnswerWriter

    /// One path, which says nothing more.
    static func at(_ served: String) -> @Sendable (String) -> Call? {
        { path in path == served ? (nil, nil) : nil }
    }
}

/// What a request for embeddings asks for.
public struct EmbeddingWish: Sendable, Hashable {
    public var inputs: Int  // texts; as many vectors are wanted
    public var dimensions: Int?  // of each vector; nil = as the model has it
    public var isBase64: Bool  // vectors as base64 of little-endian floats, not as numbers
}

extension AnswerWriter {
    static func event(_ json: JSONPiece) -> [UInt8] { Array("data: ".utf8) + json.bytes + Array("\n\n".utf8) }

    static func typed(_ type: String, _ json: JSONPiece) -> [UInt8] { Array("event: \(type)\n".utf8) + event(json) }
}
