/// What to ask a chat API, before it is bytes.
public struct ChatRequest: Sendable, Hashable {
    public struct Message: Sendable, Hashable {
        public var role: String
        public var content: String

        public init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    public var model: String
    public var messages: [Message]
    public var maxTokens: Int?
    public var maxTokensField: String  // the name of the cap on output tokens
    public var temperature: Double?  // finite; nil = not sent
    public var seed: Int64?
    public var streams: Bool
    public var asksForUsage: Bool  // sends `stream_options.include_usage`, when streaming
    public var ignoresEndOfSequence: Bool  // sends `ignore_eos`
    public var extra: [JSONMember]  // a member replaces ours of the same name, and an earlier one

    public init(
        model: String,
        messages: [Message] = [],
        maxTokens: Int? = nil,
        maxTokensField: String = "max_tokens",
        temperature: Double? = nil,
        seed: Int64? = nil,
        streams: Bool = true,
        asksForUsage: Bool = true,
        ignoresEndOfSequence: Bool = false,
        extra: [JSONMember] = []
    ) {
        self.model = model
        self.messages = messages
        self.maxTokens = maxTokens
        self.maxTokensField = maxTokensField
        self.temperature = temperature
        self.seed = seed
        self.streams = streams
        self.asksForUsage = asksForUsage
        self.ignoresEndOfSequence = ignoresEndOfSequence
        self.extra = extra
    }

    /// A request as `provider` wants it: its field names, its usage request, temperature 0 where it may be sent.
    public init(model: String, messages: [Message] = [], maxTokens: Int? = nil, provider: Provider) {
        self.init(
            model: model,
            messages: messages,
            maxTokens: maxTokens,
            maxTokensField: provider.maxTokensField,
            temperature: provider.sampling(for: model) == .greedy ? 0 : nil,
            streams: provider.streams,
            asksForUsage: provider.usageRequest == .streamOptions,
            // Servers refuse options of a stream without one.
            extra: provider.streams
                ? provider.extraMembers : provider.extraMembers.filter { $0.name != "stream_options" }
        )
    }

    /// The JSON body.
    public func body(api: API = .openAIChat) -> [UInt8] {
        var bytes: [UInt8] = []
        BodyTemplate(self, api: api).append(prompt: messages.last?.content ?? "", maxTokens: maxTokens, to: &bytes)
        return bytes
    }
}
