public import Wire

/// What people call the API families, here and in other tools (`--endpoint-type`, `--backend`).
public enum APIName: Sendable, Hashable {
    case known(API)
    case notBuilt  // of the contract, not of this version
    case unknown

    /// Case does not matter, nor `_` for `-`, nor a leading `/v1/`.
    public init(_ word: String) {
        var name = word.lowercased().replacing("_", with: "-")
        for prefix in ["/v1/", "v1/", "/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        if let api = API(rawValue: name) ?? Self.names.first(where: { $0.value.contains(name) })?.key {
            self = .known(api)
        } else {
            self = Self.later.contains(name) ? .notBuilt : .unknown
        }
    }

    /// What other tools say: vLLM and SGLang's bench_serving, AIPerf, GuideLLM, llmperf, inference-perf; and paths.
    private static let names: [API: [String]] = [
        .openAIChat: [
            "chat", "openai", "chat-completions", "chat/completions", "openai-chat-completions", "openai-compatible",
            "openai-http", "oai-chat", "vllm", "vllm-chat", "sglang", "sglang-oai-chat", "lmdeploy", "lmdeploy-chat",
            "llamacpp", "llama.cpp", "tensorrt-llm", "trtllm-serve", "lmstudio", "azure-openai",
        ],
        .openAICompletions: [
            "completions", "completion", "text-completions", "text-completion", "openai-completion", "oai",
            "sglang-oai", "vllm-completions",
        ],
        .openAIResponses: ["responses", "openai-response"],
        .anthropic: ["messages", "anthropic-messages", "claude"],
        .gemini: ["google", "generatecontent", "streamgeneratecontent", "google-gemini"],
        .ollama: ["ollama-chat", "api/chat"],
        .textGenerationInference: [
            "text-generation-inference", "huggingface", "hf", "huggingface-generate", "generate-stream",
        ],
    ]

    private static let later: Set<String> = [
        "openai-embeddings", "embeddings", "embedding", "cohere-v2", "cohere", "triton", "trt", "tensorrt-llm-triton",
    ]

    /// All words that mean something.
    static let words = API.allCases.map(\.rawValue) + names.values.flatMap(\.self).sorted() + later.sorted()
}
