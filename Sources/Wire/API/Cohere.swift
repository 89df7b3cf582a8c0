/// Cohere's chat, version 2: typed events; the last one says why the answer ended and counts its tokens.
///
/// Of its two counts `tokens` is taken: what was read and written. `billed_units`, taken where there is nothing else,
/// leaves out what Cohere's own template adds to the prompt, so that the cost computed here is an upper bound.
extension Grammar {
    static let cohere = Grammar(
        aliases: ["cohere", "cohere-chat", "v2/chat"],
        basePath: "/v2",
        path: { _, _ in "/chat" },
        // The list of models stayed with version 1.
        modelsPath: { base in (base.hasSuffix("/v2") ? String(base.dropLast(3)) : base) + "/v1/models" },
        reasoningOff: [JSONMember(name: "thinking", json: #"{"type":"disabled"}"#)],
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            writer.messages("messages", request.messages)
            writer.raw("stream", request.streams ? "true" : "false")
            writer.number("temperature", request.temperature)
            writer.number("seed", request.seed)
            return writer.finish(cap: "max_tokens")
        },
        read: reader { root, whole, parser, tally in
            if whole { return tally.take(cohere: root, parser) }
            let type = root["type"]
            guard type.utf8 != nil else { return .unparseable }
            let delta = root["delta"]
            let message = delta["message"]
            if type.equals("content-delta") || type.equals("content-start") {
                tally.add(.visible, message["content"]["text"].utf8, choice: 0)
                tally.add(.reasoning, message["content"]["thinking"].utf8, choice: 0)
            } else if type.equals("tool-plan-delta") {
                tally.add(.reasoning, message["tool_plan"].utf8, choice: 0)
            } else if type.equals("tool-call-start") {
                tally.begin(toolCall: message["tool_calls"], parser)
            } else if type.equals("tool-call-delta") {
                let arguments = message["tool_calls"]["function"]["arguments"].arguments(by: parser)
                tally.addToLastToolCall(arguments)
            } else if type.equals("message-start") {
                tally.note(choice: 0, finish: nil)
            } else if type.equals("message-end") {
                tally.note(choice: 0, finish: delta["finish_reason"].utf8)
                tally.count(cohere: delta["usage"])
                if delta["error"].isPresent { tally.fail(ServerError(delta, parser: parser)) }
                tally.end()
            }
            return .understood
        },
        served: .cohere
    )
}

extension ReplyTally {
    /// A complete answer.
    fileprivate mutating func take(cohere root: JSONValue, _ parser: JSONParser) -> Grammar.Reading {
        let message = root["message"]
        guard message.kind == .object else { return .unparseable }
        note(choice: 0, finish: root["finish_reason"].utf8)
        add(.reasoning, message["tool_plan"].utf8, choice: 0)
        for part in message["content"].elements {
            add(.visible, part["text"].utf8, choice: 0)
            add(.reasoning, part["thinking"].utf8, choice: 0)
        }
        for call in message["tool_calls"].elements { begin(toolCall: call, parser) }
        count(cohere: root["usage"])
        return .understood
    }

    fileprivate mutating func begin(toolCall call: JSONValue, _ parser: JSONParser) {
        note(choice: 0, finish: nil)
        addToolCall(
            Int64(facts.toolCalls),
            id: call["id"].utf8,
            name: call["function"]["name"].utf8,
            arguments: call["function"]["arguments"].arguments(by: parser),
            choice: 0
        )
    }

    fileprivate mutating func addToLastToolCall(_ arguments: UnsafeRawBufferPointer?) {
        addToolCall(max(0, Int64(facts.toolCalls) - 1), id: nil, name: nil, arguments: arguments, choice: 0)
    }

    /// The counts are written as floats.
    fileprivate mutating func count(cohere usage: JSONValue) {
        guard usage.kind == .object else { return }
        let counts = usage["tokens"].kind == .object ? usage["tokens"] : usage["billed_units"]
        count(
            Usage(
                input: tokens(counts["input_tokens"]),
                cachedInput: tokens(usage["cached_tokens"]),
                output: tokens(counts["output_tokens"])
            )
        )
    }
}
