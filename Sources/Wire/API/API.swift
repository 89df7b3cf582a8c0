/// The API families spate can speak; the raw value is the word in profiles and results.
///
/// Another one is a file here (what is sent, what is read), a file in `Serving` (the simulated provider's side), and its
/// two lines below.
public enum API: String, Sendable, Hashable, CaseIterable {
    case openAIChat = "openai-chat"
    case openAICompletions = "openai-completions"
    case openAIResponses = "openai-responses"
    case anthropic
    case gemini
    case geminiInteractions = "gemini-interactions"
    case ollama
    case textGenerationInference = "tgi"
    case cohere = "cohere-v2"
    case openAIEmbeddings = "openai-embeddings"

    /// What other tools call it, in lower case and with dashes.
    public var aliases: [String] { grammar.aliases }

    /// What follows the base URL.
    public func path(model: String, streams: Bool = true) -> String { grammar.path(model, streams) }

    /// Path of a base URL that was given without one; empty for some.
    public var basePath: String { grammar.basePath }

    /// Where the models are listed, given the base URL's path.
    public func modelsPath(base: String) -> String { grammar.modelsPath(base) }

    /// Headers of every request, the key's apart.
    public var headers: [Header] { grammar.headers }

    /// Whether its answers are vectors: in one piece, without tokens, and so without a first one.
    public var makesVectors: Bool { grammar.makesVectors }

    /// Members of a request that switch reasoning off; nil = the format itself has no such switch.
    public var reasoningOff: [JSONMember]? { grammar.reasoningOff }

    /// Members of a request that ask for an effort of reasoning ("low", "medium" or "high"); nil = the format has none.
    public func reasoning(effort: String) -> [JSONMember]? { grammar.reasoningEffort(effort) }

    /// Members of a request that ask for a tier of service; nil = the format knows no tiers, or none of that name.
    public func tier(_ name: String) -> [JSONMember]? { grammar.tier(name) }

    /// The header in which an answer names its tier; nil where its body does.
    public func servedTierHeader(_ tier: String?) -> (String, String)? {
        guard let tier, let name = grammar.tierHeader else { return nil }
        return (name, tier)
    }

    var grammar: Grammar {
        switch self {
        case .openAIChat: .openAIChat
        case .openAICompletions: .openAICompletions
        case .openAIResponses: .openAIResponses
        case .anthropic: .anthropic
        case .gemini: .gemini
        case .geminiInteractions: .geminiInteractions
        case .ollama: .ollama
        case .textGenerationInference: .textGenerationInference
        case .cohere: .cohere
        case .openAIEmbeddings: .openAIEmbeddings
        }
    }
}
