/// What a server says about its own times, where it says something; nil = it did not. Nothing above `longest` is believed.
public struct ServerTimings: Sendable, Hashable {
    public var queueMilliseconds: Double?
    public var prefillMilliseconds: Double?
    public var generationMilliseconds: Double?
    public var firstTokenMilliseconds: Double?  // from its receipt of the request

    public init() {}

    static let longest = 30 * 86_400_000.0  // milliseconds

    /// nil unless 0 to `longest`.
    static func believed(_ milliseconds: Double?) -> Double? {
        milliseconds.flatMap { (0...longest).contains($0) ? $0 : nil }
    }
}

extension JSONValue {
    /// A time in milliseconds, given how many of them its unit has; a number, or (Fireworks) a string of one.
    func milliseconds(unit: Double) -> Double? {
        ServerTimings.believed((double ?? text.flatMap { Double($0) }).map { $0 * unit })
    }
}

extension ServerTimings {
    init?(openAIChat root: JSONValue) {
        self.init()
        let llama = root["timings"]
        prefillMilliseconds = llama["prompt_ms"].milliseconds(unit: 1)
        generationMilliseconds = llama["predicted_ms"].milliseconds(unit: 1)
        let vllm = root["metrics"]
        firstTokenMilliseconds = vllm["time_to_first_token_ms"].milliseconds(unit: 1)
        queueMilliseconds = vllm["queue_time_ms"].milliseconds(unit: 1)
        generationMilliseconds = generationMilliseconds ?? vllm["generation_time_ms"].milliseconds(unit: 1)
        for told in [root["usage"], root["x_groq"]["usage"], root["time_info"]] {  // Groq, SambaNova; Cerebras
            queueMilliseconds = queueMilliseconds ?? told["queue_time"].milliseconds(unit: 1000)
            prefillMilliseconds = prefillMilliseconds ?? told["prompt_time"].milliseconds(unit: 1000)
            generationMilliseconds = generationMilliseconds ?? told["completion_time"].milliseconds(unit: 1000)
            firstTokenMilliseconds = firstTokenMilliseconds ?? told["time_to_first_token"].milliseconds(unit: 1000)
        }
        let fireworks = root["perf_metrics"]
        func fireworksTime(_ name: StaticString) -> Double? { fireworks[name].milliseconds(unit: 1000) }
        firstTokenMilliseconds = firstTokenMilliseconds ?? fireworksTime("server-time-to-first-token")
        queueMilliseconds = queueMilliseconds ?? fireworksTime("prefill-queue-duration")
        prefillMilliseconds = prefillMilliseconds ?? fireworksTime("prefill-duration")
        generationMilliseconds = generationMilliseconds ?? fireworksTime("generation-duration")
        if self == ServerTimings() { return nil }
    }

    /// From Ollama's durations in nanoseconds.
    init?(ollama root: JSONValue) {
        self.init()
        prefillMilliseconds = root["prompt_eval_duration"].milliseconds(unit: 1e-6)
        generationMilliseconds = root["eval_duration"].milliseconds(unit: 1e-6)
        if self == ServerTimings() { return nil }
    }
}

extension ServerTimings {
    /// Headers in which servers and gateways tell times, what they are called here, and milliseconds in their unit.
    private static let headers: [(header: String, name: String, unit: Double)] = [
        ("x-litellm-response-duration-ms", "gateway_response", 1),
        ("x-litellm-overhead-duration-ms", "gateway_overhead", 1),
        ("x-kong-upstream-latency", "gateway_upstream", 1), ("x-kong-proxy-latency", "gateway_overhead", 1),
        ("x-envoy-upstream-service-time", "gateway_upstream", 1), ("openai-processing-ms", "processing", 1),
        ("x-queue-time", "queue", 1), ("x-inference-time", "generation", 1), ("x-total-time", "processing", 1),  // TGI
        ("fireworks-server-time-to-first-token", "first_token", 1000),
        ("fireworks-prefill-queue-duration", "queue", 1000), ("fireworks-prefill-duration", "prefill", 1000),
        ("fireworks-generation-duration", "generation", 1000),
        ("fireworks-server-processing-time", "processing", 1000),
    ]

    /// Milliseconds by what they are called here, from a response's head: one `name: value` a line.
    public static func told(by head: Span<UInt8>) -> [String: Double] {
        var found: [String: Double] = [:]
        for line in head.withUnsafeBytes({ String(decoding: $0, as: UTF8.self) }).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let header = parts[0].lowercased()
            guard let known = headers.first(where: { $0.header == header }) else { continue }
            let value = parts[1].drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\r" }
            if let time = believed(WaitingTime.number(String(value.prefix(64))).map({ $0 * known.unit })) {
                found[known.name] = time
            }
        }
        return found
    }
}
