public import Wire

/// What people call the API families, here and in other tools (`--endpoint-type`, `--backend`).
public enum APIName: Sendable, Hashable {
    case known(API)
    case notBuilt  // of the contract, not of this version
    case unknown

    public init(_ word: String) {
        switch word {
        case "openai-chat", "chat", "openai", "vllm", "sglang", "llamacpp", "openai-compatible":
            self = .known(.openAIChat)
        case let word where Self.later.contains(word): self = .notBuilt
        default: self = .unknown
        }
    }

    private static let later: Set<String> = [
        "openai-completions", "completions", "openai-responses", "responses", "anthropic", "messages", "gemini",
        "ollama", "openai-embeddings", "embeddings", "tgi", "cohere-v2", "triton",
    ]

    /// All words that mean something.
    static let words = ["openai-chat", "chat", "vllm"] + later.sorted()
}
