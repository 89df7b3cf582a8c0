import CSimdjson

/// OpenAI chat completions, as spoken by OpenAI and, with variations, by nearly everyone else.
extension Grammar {
    static let openAIChat = Grammar(
        aliases: [
            "chat", "openai", "chat-completions", "chat/completions", "openai-chat-completions", "openai-compatible",
            "openai-http", "oai-chat", "vllm", "vllm-chat", "sglang", "sglang-oai-chat", "lmdeploy", "lmdeploy-chat",
            "llamacpp", "llama.cpp", "tensorrt-llm", "trtllm-serve", "lmstudio", "azure-openai",
        ],
        path: { _, _ in "/chat/completions" },
        reasoningEffort: { [JSONMember(name: "reasoning_effort", json: "\"\($0)\"")] },
        tier: serviceTier,
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            writer.messages("messages", request.messages)
            writer.openAIOptions(of: request)
            return writer.finish(cap: request.maxTokensField)
        },
        read: { payload, readable, whole, parser, tally in
            var chat = sj_chat()
            let bytes = payload.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let readable = max(readable, payload.count)
            let takesMessage = whole || !tally.hasDelta
            guard parser.isRead(sj_read_chat(parser.raw, bytes, payload.count, readable, takesMessage, &chat))
            else { return .unparseable }
            return tally.take(chat, whole: whole, parser: parser)
        },
        served: .openAIChat
    )
}

extension BodyWriter {
    /// What OpenAI's chat and text completions have in common.
    mutating func openAIOptions(of request: ChatRequest) {
        raw("stream", request.streams ? "true" : "false")
        if request.streams, request.asksForUsage { raw("stream_options", "{\"include_usage\":true}") }
        number("temperature", request.temperature)
        number("seed", request.seed)
        if request.ignoresEndOfSequence { raw("ignore_eos", "true") }
    }
}

extension ReplyTally {
    fileprivate mutating func take(_ chat: sj_chat, whole: Bool, parser: JSONParser) -> Grammar.Reading {
        for piece in UnsafeBufferPointer(start: chat.pieces, count: chat.piece_count) {
            switch piece.kind {
            case sj_visible: add(.visible, piece.text.buffer, choice: piece.choice)
            case sj_reasoning: add(.reasoning, piece.text.buffer, choice: piece.choice)
            case sj_refusal: add(.refusal, piece.text.buffer, choice: piece.choice)
            default:
                addToolCall(
                    piece.tool,
                    id: piece.tool_id.buffer,
                    name: piece.tool_name.buffer,
                    arguments: piece.text.buffer,
                    choice: piece.choice
                )
            }
        }
        for choice in UnsafeBufferPointer(start: chat.choices, count: chat.choice_count) {
            note(choice: choice.index, finish: choice.finish_reason.buffer)
        }
        let flags = Int(chat.flags)
        served(model: chat.model.buffer)
        // With a token in it, a chunk only repeats what is known.
        if facts.served.tier == nil || chat.piece_count == 0 { served(tier: chat.service_tier.buffer) }
        lookForServer(in: JSONValue(raw: chat.root), by: parser)
        if flags & sj_has_usage != 0 { count(Usage(chat.usage)) }
        if flags & sj_has_delta != 0 { hasDelta = true }
        let rare = sj_has_error | sj_has_timing | sj_has_spate | sj_has_odd_count
        if flags & rare != 0 { takeRare(JSONValue(raw: chat.root), flags: flags, parser: parser) }
        if parser.hasMended { note(.badUTF8) }
        if chat.choice_count > 0 || flags & (sj_has_error | sj_has_spate) != 0 { return .understood }
        if flags & sj_has_usage != 0, !whole { return .understood }
        return takeStrange(JSONValue(raw: chat.root), whole: whole, parser)
    }

    /// Neither choices nor usage: the vendor's own form of an error, or nothing of the API.
    private mutating func takeStrange(_ root: JSONValue, whole: Bool, _ parser: JSONParser) -> Grammar.Reading {
        if let error = ServerError(vendorForm: root, isDocument: whole, parser: parser) {
            fail(error)
            return .understood
        }
        return whole ? .unparseable : .strange
    }

    private mutating func takeRare(_ root: JSONValue, flags: Int, parser: JSONParser) {
        if flags & sj_has_spate != 0, let serving = ServingFacts(root["spate"]) { facts.serving = serving }
        if flags & sj_has_timing != 0 { facts.serverTimings = ServerTimings(openAIChat: root) ?? facts.serverTimings }
        if flags & sj_has_odd_count != 0 { note(.impossibleCount) }
        if flags & sj_has_error != 0 { fail(ServerError(root, parser: parser)) }
    }
}

extension Usage {
    fileprivate init(_ raw: sj_usage) {
        func given(_ count: Int64) -> Int64? { count < 0 ? nil : count }
        self.init(
            input: given(raw.prompt),
            cachedInput: given(raw.cached),
            written: given(raw.written),
            writtenForHour: given(raw.written_hour),
            output: given(raw.completion),
            reasoning: given(raw.reasoning),
            total: given(raw.total)
        )
        addOutsideReasoning()
    }

    /// xAI counts reasoning outside `completion_tokens`; then the total tells (also litellm's rule).
    mutating func addOutsideReasoning() {
        guard let input, let output, let total, let reasoning, reasoning > 0, total > input else { return }
        if total - input > output { self.output = total - input }
    }
}
