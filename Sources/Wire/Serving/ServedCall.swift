/// Which API a request's path belongs to, and what the path itself says.
public struct ServedCall: Sendable, Hashable {
    public var api: API
    public var model: String?  // nil = the body says it
    public var streams: Bool?  // nil = the body says it

    /// - Parameter path: without its query. nil when no API is served there.
    public init?(path: String) {
        switch path {
        case "/v1/chat/completions": self.init(.openAIChat)
        case "/v1/completions": self.init(.openAICompletions)
        case "/v1/responses": self.init(.openAIResponses)
        case "/v1/messages": self.init(.anthropic)
        case "/api/chat": self.init(.ollama)
        case "/generate_stream": self.init(.textGenerationInference, streams: true)
        case "/generate": self.init(.textGenerationInference, streams: false)
        default:
            let prefix = "/v1beta/models/"
            guard path.hasPrefix(prefix), let colon = path.lastIndex(of: ":") else { return nil }
            let model = String(path[..<colon].dropFirst(prefix.count))
            switch path[colon...] {
            case ":streamGenerateContent": self.init(.gemini, model: model, streams: true)
            case ":generateContent": self.init(.gemini, model: model, streams: false)
            default: return nil
            }
        }
    }

    private init(_ api: API, model: String? = nil, streams: Bool? = nil) {
        self.api = api
        self.model = model
        self.streams = streams
    }
}
