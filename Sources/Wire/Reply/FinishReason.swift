/// Why a model stopped, in one vocabulary for all servers.
public enum FinishReason: String, Sendable, Hashable, CaseIterable {
    case stop, length, tool
    case contentFilter = "content_filter"
    case refusal, error, other

    /// From a server's own word; unknown words are `other`.
    public init(serverWord word: String) {
        switch word.lowercased() {
        case "stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed": self = .stop
        case "length", "max_tokens", "max_output_tokens", "model_length", "max_length",
            "model_context_window_exceeded":
            self = .length
        case "tool_calls", "tool_call", "function_call", "tool_use": self = .tool
        case "content_filter", "safety", "prohibited_content", "blocklist", "spii", "recitation":
            self = .contentFilter
        case "refusal": self = .refusal
        case "error", "abort", "malformed_function_call", "malformed_response", "failed", "cancelled",
            "insufficient_system_resource", "timeout":
            self = .error
        default: self = .other
        }
    }
}
