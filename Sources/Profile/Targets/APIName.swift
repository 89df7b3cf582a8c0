public import Wire

/// What people call the API families, here and in other tools (`--endpoint-type`, `--backend`): vLLM's and SGLang's
/// benchmarks, AIPerf, GuideLLM, llmperf, inference-perf; and paths. The words are each API's own.
public enum APIName: Sendable, Hashable {
    case known(API)
    case notBuilt  // of the contract, not of this version
    case unknown

    /// Case does not matter, nor `_` for `-`, nor a leading `/v1/`.
    public init(_ word: String) {
        var name = word.lowercased().replacing("_", with: "-")
        for prefix in ["/v1/", "v1/", "/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        if let api = API(rawValue: name) ?? API.allCases.first(where: { $0.aliases.contains(name) }) {
            self = .known(api)
        } else {
            self = Self.later.contains(name) ? .notBuilt : .unknown
        }
    }

    private static let later: Set<String> = ["triton", "trt", "tensorrt-llm-triton"]

    /// All words that mean something.
    static let words =
        API.allCases.map(\.rawValue) + API.allCases.flatMap(\.aliases).sorted() + later.sorted()
}
