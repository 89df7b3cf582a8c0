/// What a server reads out of a chat request's body.
public struct ChatRequestFacts: Sendable, Hashable {
    public var model: String
    public var messages: Int
    public var promptBytes: Int  // UTF-8 bytes of all messages' text
    public var maxTokens: Int?  // from `max_completion_tokens`, else `max_tokens`; 0 or more
    public var streams: Bool
    public var asksForUsage: Bool  // `stream_options.include_usage`
    public var temperature: Double?
    public var ignoresEndOfSequence: Bool
    public var seed: Int64?
    public var choices: Int  // `n`, 1 unless asked for more
    public var embedding: EmbeddingWish?  // nil = text is asked for
    public var tier: String?  // of service, that is asked for; nil = the standard one, or none

    /// Why a body is refused; `message` is what the client is told, `parameter` the member at fault.
    public struct Refusal: Error, Sendable, Hashable {
        public var message: String
        public var parameter: String?
    }

    init(
        model: String,
        messages: Int,
        promptBytes: Int,
        maxTokens: Int?,
        streams: Bool,
        asksForUsage: Bool,
        temperature: Double?,
        ignoresEndOfSequence: Bool,
        seed: Int64?,
        choices: Int
    ) {
        self.model = model
        self.messages = messages
        self.promptBytes = promptBytes
        self.maxTokens = maxTokens
        self.streams = streams
        self.asksForUsage = asksForUsage
        self.temperature = temperature
        self.ignoresEndOfSequence = ignoresEndOfSequence
        self.seed = seed
        self.choices = choices
    }

    /// Reads a chat request's body; unknown members are ignored.
    public init(body: Span<UInt8>, parser: JSONParser) throws(Refusal) {
        self = try Self.read(body, parser) { root throws(Refusal) in try ChatRequestFacts(root) }
    }

    /// Reads the body of a call in any API. `servedModel` stands in where requests name none.
    public init(body: Span<UInt8>, call: ServedCall, servedModel: String, parser: JSONParser) throws(Refusal) {
        self = try Self.read(body, parser) { root throws(Refusal) in
            try call.api.grammar.served.facts(root, call, servedModel)
        }
    }

    private static func read(
        _ body: Span<UInt8>,
        _ parser: JSONParser,
        _ take: (JSONValue) throws(Refusal) -> ChatRequestFacts
    ) throws(Refusal) -> ChatRequestFacts {
        let facts = body.withUnsafeBytes { bytes -> Result<ChatRequestFacts, Refusal> in
            guard let root = parser.parse(bytes), root.kind == .object else {
                return .failure(Refusal(message: "the body is not a JSON object", parameter: nil))
            }
            do throws(Refusal) {
                var facts = try take(root)
                facts.tier = Self.tier(in: root)
                return .success(facts)
            } catch {
                return .failure(error)
            }
        }
        return try facts.get()
    }

    init(_ root: JSONValue) throws(Refusal) {
        guard let model = root["model"].text else {
            throw Refusal(message: "model must be a non-empty string", parameter: "model")
        }
        guard root["messages"].kind == .array else {
            throw Refusal(message: "messages must be an array", parameter: "messages")
        }
        self.model = model
        messages = 0
        promptBytes = 0
        for message in root["messages"].elements {
            guard message.kind == .object, message["role"].text != nil else {
                throw Refusal(message: "each message must be an object with a role", parameter: "messages")
            }
            messages += 1
            promptBytes += Self.textBytes(of: message["content"])
        }
        if messages == 0 { throw Refusal(message: "messages must not be empty", parameter: "messages") }
        let oldCap = try Self.count("max_tokens", in: root)
        maxTokens = try Self.count("max_completion_tokens", in: root) ?? oldCap
        streams = try Self.flag("stream", in: root)
        asksForUsage = try Self.flag("include_usage", in: root["stream_options"])
        ignoresEndOfSequence = try Self.flag("ignore_eos", in: root)
        temperature = root["temperature"].double
        if temperature == nil, root["temperature"].isPresent {
            throw Refusal(message: "temperature must be a number", parameter: "temperature")
        }
        seed = root["seed"].int
        choices = try Self.count("n", in: root) ?? 1
    }

    /// `service_tier`, or Anthropic's `speed`.
    private static func tier(in root: JSONValue) -> String? {
        if root["speed"].equals("fast") { return "fast" }
        let standard: Set<String> = ["auto", "default", "standard", "standard_only", "on_demand"]
        return root["service_tier"].text.flatMap { standard.contains($0) ? nil : $0 }
    }

    /// Content is a string, or an array of parts of which those with `text` count.
    static func textBytes(of content: JSONValue) -> Int {
        if let utf8 = content.utf8 { return utf8.count }
        return content.elements.reduce(0) { $0 + ($1["text"].utf8?.count ?? 0) }
    }

    static func count(_ name: StaticString, in object: JSONValue) throws(Refusal) -> Int? {
        let value = object[name]
        if !value.isPresent { return nil }
        guard let number = value.int, number >= 0, let count = Int(exactly: number) else {
            throw Refusal(message: "\(name) must be an integer of 0 or more", parameter: "\(name)")
        }
        return count
    }

    static func flag(_ name: StaticString, in object: JSONValue) throws(Refusal) -> Bool {
        let value = object[name]
        if !value.isPresent { return false }
        guard let flag = value.bool else {
            throw Refusal(message: "\(name) must be true or false", parameter: "\(name)")
        }
        return flag
    }
}
