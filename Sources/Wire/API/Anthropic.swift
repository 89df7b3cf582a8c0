/// Anthropic Messages: blocks of content between a start that counts the input and an end that counts the output.
extension Grammar {
    static let anthropic = Grammar(
        aliases: ["messages", "anthropic-messages", "claude"],
        path: { _, _ in "/messages" },
        headers: streamHeaders + [Header(name: "anthropic-version", value: "2023-06-01")],
        reasoningOff: [JSONMember(name: "thinking", json: #"{"type":"disabled"}"#)],
        reasoningEffort: { [JSONMember(name: "output_config", json: "{\"effort\":\"\($0)\"}")] },
        tier: { name in
            switch name {
            case "fast": [JSONMember(name: "speed", json: "\"fast\"")]
            case "standard": [JSONMember(name: "service_tier", json: "\"standard_only\"")]
            case "priority": [JSONMember(name: "service_tier", json: "\"auto\"")]  // where there is a commitment
            default: nil
            }
        },
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            let isSystem = { (message: ChatRequest.Message) in message.role == "system" }
            let system = request.messages.dropLast().filter(isSystem)
            if !system.isEmpty { writer.string("system", system.map(\.content).joined(separator: "\n\n")) }
            writer.messages(
                "messages",
                request.messages.dropLast().filter { !isSystem($0) } + request.messages.suffix(1)
            )
            writer.raw("stream", request.streams ? "true" : "false")
            writer.number("temperature", request.temperature)
            if request.ignoresEndOfSequence { writer.raw("ignore_eos", "true") }
            return writer.finish(cap: "max_tokens")
        },
        read: reader { root, whole, parser, tally in
            let type = root["type"]
            if type.equals("content_block_delta") {
                // Signatures and citations are no tokens.
                let delta = root["delta"]
                tally.add(.visible, delta["text"].utf8, choice: 0)
                tally.add(.reasoning, delta["thinking"].utf8, choice: 0)
                if let json = delta["partial_json"].arguments(by: parser) { tally.addToolInput(json) }
            } else if type.equals("ping") {
                tally.facts.keepAlives += 1
            } else if type.equals("content_block_start") {
                let block = root["content_block"]
                tally.add(.visible, block["text"].utf8, choice: 0)
                tally.add(.reasoning, block["thinking"].utf8, choice: 0)
                if block["type"].isToolUse {
                    tally.begin(tool: block)
                    if let json = block["input"].arguments(by: parser) { tally.addToolInput(json) }
                }
            } else if type.equals("message_start") {
                tally.note(choice: 0, finish: nil)
                tally.served(model: root["message"]["model"].utf8)
                tally.count(anthropic: root["message"]["usage"], isFinal: false)  // its output count is a placeholder
            } else if type.equals("message_delta") {
                tally.note(choice: 0, finish: root["delta"]["stop_reason"].utf8)
                tally.count(anthropic: root["usage"], isFinal: true)
            } else if type.equals("message_stop") {
                tally.end()
            } else if whole {
                return tally.take(message: root, parser)
            }
            return type.utf8 == nil ? .unparseable : .understood
        },
        served: .anthropic
    )
}

extension ReplyTally {
    /// A complete message.
    fileprivate mutating func take(message: JSONValue, _ parser: JSONParser) -> Grammar.Reading {
        guard message["content"].kind == .array else { return .unparseable }
        note(choice: 0, finish: message["stop_reason"].utf8)
        served(model: message["model"].utf8)
        for block in message["content"].elements {
            add(.visible, block["text"].utf8, choice: 0)
            add(.reasoning, block["thinking"].utf8, choice: 0)
            if block["type"].isToolUse {
                begin(tool: block)
                if let json = block["input"].arguments(by: parser) { addToolInput(json) }
            }
        }
        count(anthropic: message["usage"], isFinal: true)
        return .understood
    }

    fileprivate mutating func begin(tool block: JSONValue) {
        note(choice: 0, finish: nil)
        addToolCall(
            Int64(facts.toolCalls),
            id: block["id"].utf8,
            name: block["name"].utf8,
            arguments: nil,
            choice: 0
        )
    }

    fileprivate mutating func addToolInput(_ json: UnsafeRawBufferPointer) {
        addToolCall(max(0, Int64(facts.toolCalls) - 1), id: nil, name: nil, arguments: json, choice: 0)
    }

    /// The input is the sum of what was read afresh, written to the cache and read from it.
    fileprivate mutating func count(anthropic usage: JSONValue, isFinal: Bool) {
        guard usage.kind == .object else { return }
        func take(_ new: Int64?, _ old: inout Int64?) {
            if let new, new > 0 || old == nil { old = new }
        }
        take(tokens(usage["input_tokens"]), &inputParts.fresh)
        take(tokens(usage["cache_creation_input_tokens"]), &inputParts.written)
        take(tokens(usage["cache_read_input_tokens"]), &inputParts.cached)
        let parts = inputParts
        // Two words: `speed` tells a fast answer from a standard one, `service_tier` whose capacity it took.
        served(tier: usage["speed"].equals("fast") ? usage["speed"].utf8 : usage["service_tier"].utf8)
        count(
            Usage(
                input: parts.fresh.map { $0 + (parts.written ?? 0) + (parts.cached ?? 0) },
                cachedInput: parts.cached,
                written: parts.written,
                writtenForHour: tokens(usage["cache_creation"]["ephemeral_1h_input_tokens"]),
                output: isFinal ? tokens(usage["output_tokens"]) : nil,
                reasoning: isFinal ? tokens(usage["output_tokens_details"]["thinking_tokens"]) : nil
            )
        )
    }
}

extension JSONValue {
    /// The model's own calls and those that the server carries out.
    fileprivate var isToolUse: Bool { equals("tool_use") || equals("server_tool_use") || equals("mcp_tool_use") }
}
