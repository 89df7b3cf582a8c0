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
            guard sj_read_chat(parser.raw, bytes, payload.count, max(readable, payload.count), whole, &chat) == sj_ok
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
        if flags & sj_has_usage != 0 { count(Usage(chat.usage)) }
        let rare = sj_has_error | sj_has_timing | sj_has_spate
        if flags & rare != 0 { takeRare(JSONValue(raw: chat.root), flags: flags, parser: parser) }
        if whole, chat.choice_count == 0, flags & sj_has_error == 0 { return .unparseable }
        return .understood
    }

    private mutating func takeRare(_ root: JSONValue, flags: Int, parser: JSONParser) {
        if flags & sj_has_spate != 0, let serving = ServingFacts(root["spate"]) { facts.serving = serving }
        if flags & sj_has_timing != 0 { facts.serverTimings = ServerTimings(openAIChat: root) ?? facts.serverTimings }
        if flags & sj_has_error != 0 { fail(ServerError(root, parser: parser)) }
    }
}

extension Usage {
    fileprivate init(_ raw: sj_usage) {
        func given(_ count: Int64) -> Int64? { count < 0 ? nil : count }
        self.init(
            input: given(raw.prompt),
            cachedInput: given(raw.cached),
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

extension ServerTimings {
    init?(openAIChat root: JSONValue) {
        self.init()
        let llama = root["timings"]
        prefillMilliseconds = llama["prompt_ms"].double
        generationMilliseconds = llama["predicted_ms"].double
        let vllm = root["metrics"]
        firstTokenMilliseconds = vllm["time_to_first_token_ms"].double
        queueMilliseconds = vllm["queue_time_ms"].double
        generationMilliseconds = generationMilliseconds ?? vllm["generation_time_ms"].double
        for seconds in [root["usage"], root["x_groq"]["usage"], root["time_info"]] {  // Groq, SambaNova; Cerebras
            queueMilliseconds = queueMilliseconds ?? seconds["queue_time"].milliseconds
            prefillMilliseconds = prefillMilliseconds ?? seconds["prompt_time"].milliseconds
            generationMilliseconds = generationMilliseconds ?? seconds["completion_time"].milliseconds
            firstTokenMilliseconds = firstTokenMilliseconds ?? seconds["time_to_first_token"].milliseconds
        }
        let fireworks = root["perf_metrics"]
        firstTokenMilliseconds = firstTokenMilliseconds ?? fireworks["server-time-to-first-token"].milliseconds
        queueMilliseconds = queueMilliseconds ?? fireworks["prefill-queue-duration"].milliseconds
        prefillMilliseconds = prefillMilliseconds ?? fireworks["prefill-duration"].milliseconds
        generationMilliseconds = generationMilliseconds ?? fireworks["generation-duration"].milliseconds
        if self == ServerTimings() { return nil }
    }
}

extension JSONValue {
    /// Seconds, as a number or (Fireworks) as a string.
    fileprivate var milliseconds: Double? {
        (double ?? text.flatMap { Double($0) }).flatMap { $0.isFinite ? $0 * 1000 : nil }
    }
}
