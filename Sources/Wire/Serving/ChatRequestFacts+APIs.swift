/// Where each API keeps what a server must know.
extension ChatRequestFacts {
    init(_ root: JSONValue, call: ServedCall, servedModel: String) throws(Refusal) {
        switch call.api {
        case .openAIChat: try self.init(root)
        case .openAICompletions:
            try self.init(root, prompt: [root["prompt"]], named: "prompt", cap: "max_tokens")
            asksForUsage = try Self.flag("include_usage", in: root["stream_options"])
            ignoresEndOfSequence = try Self.flag("ignore_eos", in: root)
            choices = try Self.count("n", in: root) ?? 1
        case .openAIResponses:
            try self.init(root, prompt: Self.turns(root["input"], "content"), named: "input", cap: "max_output_tokens")
            ignoresEndOfSequence = try Self.flag("ignore_eos", in: root)
        case .anthropic:
            let turns = Self.turns(root["messages"], "content")
            try self.init(root, prompt: turns + [root["system"]], named: "messages", cap: "max_tokens")
            if maxTokens == nil { throw Refusal(message: "max_tokens is required", parameter: "max_tokens") }
            ignoresEndOfSequence = try Self.flag("ignore_eos", in: root)
        case .gemini:
            let turns = Self.turns(root["contents"], "parts") + [root["systemInstruction"]["parts"]]
            let config = root["generationConfig"]
            try self.init(config, prompt: turns, named: "contents", cap: "maxOutputTokens", model: call.model ?? "")
            streams = call.streams ?? false
        case .ollama:
            guard let model = root["model"].text else {
                throw Refusal(message: "model must be a non-empty string", parameter: "model")
            }
            let turns = Self.turns(root["messages"], "content")
            try self.init(root["options"], prompt: turns, named: "messages", cap: "num_predict", model: model)
            streams = root["stream"].bool ?? true
        case .textGenerationInference:
            let parameters = root["parameters"]
            let inputs = [root["inputs"]]
            try self.init(parameters, prompt: inputs, named: "inputs", cap: "max_new_tokens", model: servedModel)
            streams = call.streams ?? false
        }
    }

    /// - Parameters:
    ///   - options: the object that holds the cap and how to sample.
    ///   - model: nil = it is a member of `options`.
    private init(
        _ options: JSONValue,
        prompt: [JSONValue],
        named name: String,
        cap: StaticString,
        model: String? = nil
    ) throws(Refusal) {
        guard let model = model ?? options["model"].text else {
            throw Refusal(message: "model must be a non-empty string", parameter: "model")
        }
        let texts = prompt.filter { $0.kind == .string || $0.kind == .array }
        if texts.isEmpty { throw Refusal(message: "\(name) must not be empty", parameter: name) }
        let temperature = options["temperature"]
        if temperature.isPresent, temperature.double == nil {
            throw Refusal(message: "temperature must be a number", parameter: "temperature")
        }
        self.init(
            model: model,
            messages: texts.count,
            promptBytes: texts.reduce(0) { $0 + Self.textBytes(of: $1) },
            maxTokens: try Self.count(cap, in: options),
            streams: try Self.flag("stream", in: options),
            asksForUsage: true,
            temperature: temperature.double,
            ignoresEndOfSequence: false,
            seed: options["seed"].int,
            choices: 1
        )
    }

    /// The contents of a conversation's turns; a plain text is one turn.
    private static func turns(_ list: JSONValue, _ content: StaticString) -> [JSONValue] {
        list.kind == .string ? [list] : list.elements.map { $0[content] }
    }
}
