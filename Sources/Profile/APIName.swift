public import Wire

/// What people call the API families, here and in other tools (`--endpoint-type`, `--backend`).
public enum APIName: Sendable, Hashable {
    case known(API)
    case notBuilt  // of the contract, not of this version
    case unknown

    public init(_ word: String) {
        if let api = Self.names.first(where: { $0.value.contains(word) })?.key ?? API(rawValue: word) {
            self = .known(api)
            return
        }
        switch word {
        case let word where Self.later.contains(word): self = .notBuilt
        default: self = .unknown
        }
    }

    /// What people say instead of our own words.
    private static let names: [API: [String]] = [
        .openAIChat: ["chat", "openai", "vllm", "sglang", "llamacpp", "openai-compatible"],
        .openAICompletions: ["completions"],
        .openAIResponses: ["responses"],
        .anthropic: ["messages", "anthropic-messages"],
        .gemini: ["google"],
    ]

    private static let later: Set<String> = ["openai-embeddings", "embeddings", "cohere-v2", "triton"]

    /// All words that mean something.
    static let words = API.allCases.map(\.rawValue) + names.values.flatMap(\.self).sorted() + later.sorted()
}
