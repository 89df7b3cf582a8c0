/// The API families spate can speak; the raw value is the word in profiles and results.
public enum API: String, Sendable, Hashable, CaseIterable {
    case openAIChat = "openai-chat"

    /// What follows the base URL.
    public var path: String { grammar.path }

    /// Headers of every request, the key's apart.
    public var headers: [Header] { grammar.headers }

    var grammar: Grammar {
        switch self {
        case .openAIChat: .openAIChat
        }
    }
}
