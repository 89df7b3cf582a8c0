/// The server's side of a chat stream: appends events to a byte buffer, without allocating beyond the buffer.
///
///     role ─► (reasoning | token)* ─► finish ─► [usage] ─► done          a keep-alive may stand anywhere
///
/// Chunks look like vLLM's and OpenAI's: `choices[0].delta`, `finish_reason` null until the end, usage in an extra last
/// chunk with `choices: []`. One writer per answer; it holds the members that repeat in each chunk.
public struct ChatStreamWriter: Sendable, Hashable {
    private let start: [UInt8]  // data: {...,"choices":[
    private let choice: [UInt8]  // start + {"index":0,"delta":{

    /// `created` in seconds of Unix time.
    public init(id: String, model: String, created: Int64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + id.utf8.count + model.utf8.count)
        JSONText.append("data: ", to: &bytes)
        ChatAnswer.appendStart(id: id, object: "chat.completion.chunk", model: model, created: created, to: &bytes)
        start = bytes
        JSONText.append("{\"index\":0,\"delta\":{", to: &bytes)
        choice = bytes
    }

    /// The first chunk of most servers: a role and an empty text. Not a token.
    public func appendRole(to buffer: inout [UInt8]) {
        buffer.append(contentsOf: choice)
        JSONText.append("\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n", to: &buffer)
    }

    /// The bytes around a token's text.
    var token: (head: [UInt8], tail: [UInt8]) {
        (choice + Array("\"content\":\"".utf8), Array("\"},\"finish_reason\":null}]}\n\n".utf8))
    }

    /// The bytes before a text of reasoning; those behind it are a token's.
    var reasoningHead: [UInt8] { choice + Array("\"reasoning_content\":\"".utf8) }

    /// `reason`: "stop" or "length". `serving` goes here when no usage chunk follows.
    public func appendFinish(
        _ reason: String,
        serving: ServingFacts? = nil,
        tier: String? = nil,
        to buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: choice)
        JSONText.append("},\"finish_reason\":", to: &buffer)
        JSONText.appendString(reason, to: &buffer)
        JSONText.append("}]", to: &buffer)
        ChatAnswer.appendEnd(usage: nil, serving: serving, tier: tier, to: &buffer)
        JSONText.append("\n\n", to: &buffer)
    }

    public func appendUsage(
        _ usage: Usage,
        serving: ServingFacts? = nil,
        tier: String? = nil,
        to buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: start)
        JSONText.append("]", to: &buffer)
        ChatAnswer.appendEnd(usage: usage, serving: serving, tier: tier, to: &buffer)
        JSONText.append("\n\n", to: &buffer)
    }

    public static func appendDone(to buffer: inout [UInt8]) { JSONText.append("data: [DONE]\n\n", to: &buffer) }

    /// An error inside a stream that began with status 200.
    public static func appendError(message: String, type: String, code: String?, to buffer: inout [UInt8]) {
        JSONText.append("data: ", to: &buffer)
        ChatAnswer.appendError(message: message, type: type, code: code, to: &buffer)
        JSONText.append("\n\n", to: &buffer)
    }
}
