/// The API families spate can speak; the raw value is the word in profiles and results.
public enum API: String, Sendable, Hashable, CaseIterable {
    case openAIChat = "openai-chat"

    /// What follows the base URL.
    public var path: String {
        switch self {
        case .openAIChat: "/chat/completions"
        }
    }

    /// Headers of every request, the key's apart. Compression would turn a stream into blocks, hence `identity`.
    public var headers: [Header] {
        switch self {
        case .openAIChat:
            [
                Header(name: "Content-Type", value: "application/json"),
                Header(name: "Accept", value: "text/event-stream"),
                Header(name: "Accept-Encoding", value: "identity"),
            ]
        }
    }
}
