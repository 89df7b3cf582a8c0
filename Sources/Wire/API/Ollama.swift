/// Ollama's own chat: a JSON object per line, the last of which says `done` and counts.
extension Grammar {
    static let ollama = Grammar(
        aliases: ["ollama-chat", "api/chat"],
        basePath: "",
        path: { _, _ in "/api/chat" },
        modelsPath: { $0 + "/api/tags" },
        headers: [
            Header(name: "Content-Type", value: "application/json"),
            Header(name: "Accept", value: "application/x-ndjson"), Header(name: "Accept-Encoding", value: "identity"),
        ],
        framing: .lines,
        reasoningOff: [JSONMember(name: "think", json: "false")],
        reasoningEffort: { [JSONMember(name: "think", json: "\"\($0)\"")] },
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            writer.messages("messages", request.messages)
            writer.raw("stream", request.streams ? "true" : "false")
            return writer.finish(object: "options", cap: "num_predict") { options in
                options.number("temperature", request.temperature)
                options.number("seed", request.seed)
            }
        },
        read: reader { root, whole, parser, tally in
            let message = root["message"]
            tally.served(model: root["model"].utf8)
            tally.add(.reasoning, message["thinking"].utf8, choice: 0)
            tally.add(.visible, message["content"].utf8, choice: 0)
            for call in message["tool_calls"].elements {
                tally.note(choice: 0, finish: nil)
                tally.addToolCall(
                    Int64(tally.facts.toolCalls),
                    id: call["id"].utf8,
                    name: call["function"]["name"].utf8,
                    arguments: call["function"]["arguments"].arguments(by: parser),
                    choice: 0
                )
            }
            guard root["done"].bool == true else {
                return message.kind == .object && !whole ? .understood : .unparseable
            }
            tally.note(choice: 0, finish: root["done_reason"].utf8)
            tally.end()
            tally.count(
                Usage(
                    input: tally.tokens(root["prompt_eval_count"]),
                    cachedInput: tally.tokens(root["prompt_eval_cached_count"]),
                    output: tally.tokens(root["eval_count"])
                )
            )
            tally.facts.serverTimings = ServerTimings(ollama: root)
            return .understood
        },
        served: .ollama
    )
}
