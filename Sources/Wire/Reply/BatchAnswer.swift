/// One line of the file that OpenAI's batch API gives back: what became of one request of the batch.
///
///     {"id":..,"custom_id":..,"response":{"status_code":200,"request_id":..,"body":{chat completion}},"error":null}
///
/// A request that got no HTTP answer has `"response":null` and says why in `error`; one that was refused over HTTP has
/// the server's error in the body, as there. (`BatchRequestOutput` of OpenAI's published OpenAPI description, 2.3.0)
public struct BatchAnswer: Sendable {
    public var id: String  // of the line, unique in the file
    public var customID: String
    public var requestID: String  // the X-Request-Id it was sent with
    public var model: String
    public var created: Int64  // seconds of Unix time
    public var reply: ReplyFacts
    public var text: ReplyText
    /// Why it failed: a code and words; nil when it was answered.
    public var failure: (code: String, message: String)?

    public init(
        id: String,
        customID: String,
        requestID: String,
        model: String,
        created: Int64,
        reply: ReplyFacts,
        text: ReplyText,
        failure: (code: String, message: String)?
    ) {
        self.id = id
        self.customID = customID
        self.requestID = requestID
        self.model = model
        self.created = created
        self.reply = reply
        self.text = text
        self.failure = failure
    }

    /// The line, without its line feed. `clean` is applied to every text that came from the server.
    public func line(clean: (String) -> String) -> String {
        let whole: JSONPiece =
            #"{"id":\#(id),"custom_id":\#(customID),"response":\#(response(clean)),"error":\#(error(clean))}"#
        return String(decoding: whole.bytes, as: UTF8.self)
    }

    private func response(_ clean: (String) -> String) -> JSONPiece {
        guard reply.status != 0 else { return "null" }
        let body: JSONPiece
        if let failure, reply.status >= 300 {
            body = #"{"error":{"message":\#(clean(failure.message)),"type":\#(failure.code)}}"#
        } else {
            body = completion(clean)
        }
        return #"{"status_code":\#(Int64(reply.status)),"request_id":\#(requestID),"body":\#(body)}"#
    }

    /// An HTTP error is told by its body.
    private func error(_ clean: (String) -> String) -> JSONPiece {
        guard let failure, reply.status < 300 else { return "null" }
        return #"{"code":\#(failure.code),"message":\#(clean(failure.message))}"#
    }

    private func completion(_ clean: (String) -> String) -> JSONPiece {
        var choices: JSONPiece = ""
        let indices = Set(text.choices.keys).union(reply.choices.map(\.index)).sorted()
        for index in indices {
            if index != indices.first { choices.bytes.append(UInt8(ascii: ",")) }
            let finish = reply.choices.first { $0.index == index }?.finish
            let choice: JSONPiece =
                #"{"index":\#(Int64(index)),"message":\#(message(text.choices[index] ?? .init(), clean)),"finish_reason":\#(optional(finish.map(clean)))}"#
            choices.bytes += choice.bytes
        }
        var piece: JSONPiece =
            #"{"id":\#(requestID),"object":"chat.completion","created":\#(created),"model":\#(model),"choices":[\#(choices)]"#
        if reply.usage.output != nil {
            let usage: JSONPiece = #","usage":\#(reply.usage)"#
            piece.bytes += usage.bytes
        }
        piece.bytes.append(UInt8(ascii: "}"))
        return piece
    }

    private func message(_ choice: ReplyText.Choice, _ clean: (String) -> String) -> JSONPiece {
        let content = choice.content.isEmpty && !choice.toolCalls.isEmpty ? nil : clean(choice.content)
        var piece: JSONPiece = #"{"role":"assistant","content":\#(optional(content))"#
        func add(_ member: JSONPiece) { piece.bytes += member.bytes }
        if !choice.reasoning.isEmpty { add(#","reasoning_content":\#(clean(choice.reasoning))"#) }
        if !choice.refusal.isEmpty { add(#","refusal":\#(clean(choice.refusal))"#) }
        if !choice.toolCalls.isEmpty {
            add(#","tool_calls":["#)
            for (index, call) in choice.toolCalls.enumerated() {
                if index > 0 { add(",") }
                add(
                    #"{"id":\#(clean(call.id)),"type":"function","function":{"name":\#(clean(call.name)),"arguments":\#(clean(call.arguments))}}"#
                )
            }
            add("]")
        }
        add("}")
        return piece
    }

    private func optional(_ text: String?) -> JSONPiece { text.map { #"\#($0)"# } ?? "null" }
}
