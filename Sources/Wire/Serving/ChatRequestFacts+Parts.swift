/// What most APIs have in common, wherever they keep it.
extension ChatRequestFacts {
    /// - Parameters:
    ///   - options: the object that holds the cap and how to sample.
    ///   - model: nil = it is a member of `options`.
    init(
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
    static func turns(_ list: JSONValue, _ content: StaticString) -> [JSONValue] {
        list.kind == .string ? [list] : list.elements.map { $0[content] }
    }
}
