import Wire

/// Chat replies as servers write them, for tests: event by event, by hand.
enum ReplySample {
    /// One chunk. `delta` holds the delta's members as JSON, without the braces.
    static func chunk(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":["
            + "{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":\(reason)}]}\n\n"
    }

    static let role = chunk("\"role\":\"assistant\",\"content\":\"\"")
    static func text(_ text: String) -> String { chunk("\"content\":\"\(text)\"") }
    static func reasoning(_ text: String) -> String { chunk("\"reasoning_content\":\"\(text)\"") }
    static func finish(_ reason: String) -> String { chunk("", finish: reason) }
    static let done = "data: [DONE]\n\n"

    static func usage(input: Int, output: Int, reasoning: Int? = nil) -> String {
        let details = reasoning.map { ",\"completion_tokens_details\":{\"reasoning_tokens\":\($0)}" } ?? ""
        return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\(input),\"completion_tokens\":\(output),"
            + "\"total_tokens\":\(input + output)\(details)}}\n\n"
    }

    static func error(type: String, code: String? = nil) -> String {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return "data: {\"error\":{\"message\":\"words\",\"type\":\"\(type)\",\"code\":\(code)}}\n\n"
    }

    /// What the decoder makes of a body that came whole.
    static func facts(status: Int = 200, contentType: String? = "text/event-stream", _ body: String) -> ReplyFacts {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: status, contentType: contentType)
        let bytes = Array(body.utf8)
        if !bytes.isEmpty { _ = decoder.receive(bytes.span) }
        _ = decoder.finish()
        return decoder.reply
    }
}
