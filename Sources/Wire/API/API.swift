/// The API families spate can speak; the raw value is the word in profiles and results.
public enum API: String, Sendable, Hashable, CaseIterable {
    case openAIChat = "openai-chat"
    case openAICompletions = "openai-completions"
    case openAIResponses = "openai-responses"
    case anthropic
    case gemini
    case ollama
    case textGenerationInference = "tgi"

    /// What follows the base URL.
    public func path(model: String, streams: Bool = true) -> String { grammar.path(model, streams) }

    /// Path of a base URL that was given without one; empty for some.
    public var basePath: String { grammar.basePath }

    /// Where the models are listed, behind the base URL.
    public var modelsPath: String { grammar.modelsPath }

    /// Headers of every request, the key's apart.
    public var headers: [Header] { grammar.headers }

    /// Members of a request that switch reasoning off; nil = the format itself has no such switch.
    public var reasoningOff: [JSONMember]? { grammar.reasoningOff }

    /// Members of a request that ask for an effort of reasoning ("low", "medium" or "high"); nil = the format has none.
    public func reasoning(effort: String) -> [JSONMember]? { grammar.reasoningEffort(effort) }

    var grammar: Grammar {
        switch self {
        case .openAIChat: .openAIChat
        case .openAICompletions: .openAICompletions
        case .openAIResponses: .openAIResponses
        case .anthropic: .anthropic
        case .gemini: .gemini
        case .ollama: .ollama
        case .textGenerationInference: .textGenerationInference
        }
    }
}
