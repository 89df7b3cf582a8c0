/// How one provider speaks an API, where it differs from the plain form: what its simulated double sends and insists on.
///
/// Names are those of the presets. What a dialect does is what WIRE facts say of the provider; it proves that spate copes
/// with it, not that the provider still does it.
public struct ServedDialect: Sendable, Hashable {
    public let name: String
    var chat = ChatDialect()
    /// Header in which a key must come; nil = none is asked for.
    var keyHeader: String? = "authorization"
    /// The only name for the cap on output tokens that is taken; nil = any.
    var capField: String?
    /// Whether each answer tells its tier; others do where one was asked for.
    public var alwaysTellsTier = false
    var standardTierWord = "default"
    var refusesTemperature = false
    var refusesStreamOptions = false

    public static let plain = ServedDialect(name: "simulated") { $0.keyHeader = nil }

    /// What an answer in the standard tier calls it.
    public func standardTier(_ api: API) -> String {
        [.anthropic, .gemini, .geminiInteractions].contains(api) ? "standard" : standardTierWord
    }

    public static var names: [String] { all.map(\.name) }

    public init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The dialect that a path's first segment names, and the rest of the path.
    public static func split(path: String) -> (dialect: ServedDialect?, path: String) {
        let name = path.dropFirst().prefix { $0 != "/" }
        guard let dialect = ServedDialect(named: String(name)) else { return (nil, path) }
        return (dialect, String(path.dropFirst(1 + name.count)))
    }

    /// Why the provider would not take a request, if it would not.
    public func refusal(
        of body: [UInt8],
        api: API,
        headers: [(name: String, value: String)],
        streams: Bool
    ) -> (status: Int, message: String, parameter: String?)? {
        if let keyHeader, !headers.contains(where: { $0.name == keyHeader && !$0.value.isEmpty }) {
            return (401, "no key came in the header \(keyHeader)", nil)
        }
        guard api == .openAIChat else { return nil }
        let text = String(decoding: body, as: UTF8.self)
        for field in ["max_tokens", "max_completion_tokens"]
        where capField != nil && field != capField && text.contains("\"\(field)\":") {
            return (400, "Unsupported parameter: '\(field)'. Use '\(capField ?? "")' instead.", field)
        }
        if refusesTemperature, text.contains("\"temperature\":") {
            return (400, "invalid temperature: only 1 is allowed for this model", "temperature")
        }
        if text.contains("\"stream_options\":"), refusesStreamOptions || !streams {
            return (422, "stream_options is not allowed here", "stream_options")
        }
        return nil
    }

    init(name: String, _ change: (inout ServedDialect) -> Void = { _ in }) {
        self.name = name
        change(&self)
    }
}

/// The chat stream of one provider.
struct ChatDialect: Sendable, Hashable {
    enum Reasoning: Sendable, Hashable {
        case hidden  // billed, not shown
        case field(String)
        case fieldAndDetails  // OpenRouter: `reasoning`, mirrored in `reasoning_details`
        case parts  // Mistral: an array of parts as content
    }

    enum UsagePlace: Sendable, Hashable {
        case lastChunk  // one more chunk, without choices
        case finishChunk
        case choice  // Moonshot: in the finish chunk's choice
        case beforeLast  // xAI: another chunk follows
        case everyChunk
    }

    enum Timing: Sendable, Hashable { case none, llama, groq, cerebras, sambanova, fireworks }

    var comments: [String] = []  // lines before the first event
    var opening: [String] = []  // events before the role's
    var hasRole = true
    var repeatsRole = false
    var reasoning = Reasoning.field("reasoning_content")
    var dataField = "data: "
    var lineEnd = "\n"
    var padding = ""  // before each line's end
    var extra = ""  // members of every chunk, each with a comma before
    var usagePlace = UsagePlace.lastChunk
    var usageIsUnasked = false
    var usageChoices = "[]"
    var hidesReasoningCount = false
    var countsReasoningOutside = false
    var timing = Timing.none
    var stopWord = "stop"
    var hasDone = true
}

extension ServedDialect {
    /// One per preset; all of the chat API but Anthropic, Google, Ollama, TGI and Cohere, whose APIs are dialects enough.
    static let all: [ServedDialect] = [
        plain,
        // What gateways do to a stream: CRLF, no space behind the colon, usage in every chunk, no [DONE].
        ServedDialect(name: "openai-compatible") {
            $0.keyHeader = nil
            $0.chat.lineEnd = "\r\n"
            $0.chat.dataField = "data:"
            $0.chat.usagePlace = .everyChunk
            $0.chat.hasDone = false
        },
        ServedDialect(name: "digitalocean") {
            $0.capField = "max_completion_tokens"
            $0.chat.hidesReasoningCount = true
        },
        ServedDialect(name: "fireworks") { $0.chat.timing = .fireworks },
        ServedDialect(name: "together") {
            $0.chat.repeatsRole = true
            $0.chat.reasoning = .field("reasoning")
            $0.chat.extra = ",\"warnings\":[],\"prompt\":[]"
            $0.chat.usagePlace = .finishChunk
            $0.chat.stopWord = "eos"
        },
        ServedDialect(name: "openai") {
            $0.capField = "max_completion_tokens"
            $0.chat.reasoning = .hidden
            $0.alwaysTellsTier = true
            $0.chat.extra = ",\"system_fingerprint\":null"
        },
        ServedDialect(name: "anthropic") {
            $0.keyHeader = "x-api-key"
            $0.alwaysTellsTier = true
        },
        ServedDialect(name: "google") {
            $0.keyHeader = "x-goog-api-key"
            $0.alwaysTellsTier = true
        },
        ServedDialect(name: "groq") {
            $0.alwaysTellsTier = true
            $0.standardTierWord = "on_demand"
            $0.capField = "max_completion_tokens"
            $0.chat.reasoning = .field("reasoning")
            $0.chat.timing = .groq
        },
        ServedDialect(name: "openrouter") {
            $0.chat.comments = [": OPENROUTER PROCESSING", ": OPENROUTER PROCESSING"]
            $0.chat.reasoning = .fieldAndDetails
            $0.chat.extra = ",\"provider\":\"Somebody\""
            $0.chat.usageIsUnasked = true
        },
        ServedDialect(name: "deepinfra"),
        ServedDialect(name: "cerebras") {
            $0.capField = "max_completion_tokens"
            $0.chat.reasoning = .field("reasoning")
            $0.chat.usagePlace = .finishChunk
            $0.chat.timing = .cerebras
        },
        ServedDialect(name: "sambanova") {
            $0.chat.reasoning = .field("reasoning")
            $0.chat.usageChoices = "null"
            $0.chat.timing = .sambanova
        },
        ServedDialect(name: "mistral") {
            $0.refusesStreamOptions = true
            $0.chat.reasoning = .parts
            $0.chat.usagePlace = .finishChunk
            $0.chat.usageIsUnasked = true
        },
        ServedDialect(name: "deepseek") {
            $0.chat.comments = [": keep-alive", "", ": keep-alive"]
            $0.chat.usagePlace = .finishChunk
        },
        ServedDialect(name: "xai") {
            $0.chat.usagePlace = .beforeLast
            $0.chat.countsReasoningOutside = true
        },
        ServedDialect(name: "azure") {
            $0.keyHeader = "api-key"
            $0.capField = "max_completion_tokens"
            $0.chat.reasoning = .hidden
            let filter = "\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]"
            $0.chat.opening = ["{\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\(filter)}"]
        },
        ServedDialect(name: "novita"), ServedDialect(name: "nebius"), ServedDialect(name: "baseten"),
        ServedDialect(name: "moonshot") {
            $0.refusesTemperature = true
            $0.chat.usagePlace = .choice
        },
        ServedDialect(name: "hyperbolic"),
        ServedDialect(name: "vllm") {
            $0.keyHeader = nil
            $0.chat.reasoning = .field("reasoning")
            $0.chat.extra = ",\"system_fingerprint\":null"
        },
        ServedDialect(name: "sglang") {
            $0.keyHeader = nil
            $0.chat.extra = ",\"metadata\":null"
        },
        ServedDialect(name: "tensorrt-llm") {
            $0.keyHeader = nil
            $0.chat.padding = " "
            $0.chat.opening = [
                "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}"
            ]
            $0.chat.hasRole = false
        },
        ServedDialect(name: "llamacpp") {
            $0.keyHeader = nil
            $0.chat.comments = [":", ""]
            $0.chat.timing = .llama
        },
        ServedDialect(name: "ollama") { $0.keyHeader = nil }, ServedDialect(name: "lmstudio") { $0.keyHeader = nil },
        ServedDialect(name: "tgi") { $0.keyHeader = nil }, ServedDialect(name: "cohere"),
    ]
}
