/// One request of `spate check`, and what it showed of its target.
public struct QuestionRecord: Sendable, Hashable {
    public enum Purpose: String, Sendable, Hashable, Codable, CaseIterable {
        case answer  // a short streamed answer, as the run will ask for it
        case reasoningOff = "reasoning_off"  // the same, asked not to reason
        case wrongModel = "wrong_model"  // a model that is not there: what does a refusal look like?
        case brokenBody = "broken_body"  // no JSON at all, where a wrong model was served
    }
    /// When the token counts came.
    public enum UsagePlace: String, Sendable, Hashable {
        case never
        case early  // with the first tokens or before them
        case end  // behind the last token
    }

    public var purpose = Purpose.answer
    public var request = RequestRecord()
    public var dialect = Dialect()  // it was sent in
    public var cap = 0  // on output tokens
    public var isCut = false  // the server says that the cap cut it
    public var isWhole = false  // one document, though a stream was asked for
    public var usagePlace = UsagePlace.never
    public var reasoningBytes: Int64 = 0
    public var dimensions: Int?  // of the first embedding
    public var httpVersion: String?
    public var server: String?  // the header of that name
    public var rateLimits: RateLimitRecord?
    /// Times that the server or a gateway told, in milliseconds: queue, prefill, generation, first_token, processing,
    /// gateway_response, gateway_overhead, gateway_upstream.
    public var serverTimings: [String: Double] = [:]
    public var errorClass: String?  // what the refusal means, by `ErrorClass`
    /// A refusal came in a form that is understood: JSON with a message.
    public var hasStructuredError = false

    public init() {}

    public var succeeded: Bool {
        switch request.outcome {
        case .ok, .okLength, .reasoningOnly, .empty, .refusal, .filtered: true
        default: false
        }
    }

    public var isThrottled: Bool { request.outcomeClass == .throttled }
}

/// How a target wants to be asked, as far as that can be found out by asking.
public struct Dialect: Sendable, Hashable, Codable {
    public var maxTokensField = "max_tokens"
    public var sendsTemperature = true
    public var asksForUsage = true

    public init() {}

    /// What differs from `preset`, in sentences.
    public func differences(from preset: Dialect) -> [String] {
        var words: [String] = []
        if maxTokensField != preset.maxTokensField {
            words.append("it refused \(preset.maxTokensField); \(maxTokensField) is sent instead")
        }
        if !sendsTemperature, preset.sendsTemperature { words.append("it refused temperature 0; none is sent") }
        if !asksForUsage, preset.asksForUsage { words.append("it refused stream_options; usage is not asked for") }
        return words
    }

    /// The same request in other words, after a refusal that names what it does not like; nil where it names nothing that
    /// can be changed. Each part changes once, so that no server can lead us in circles.
    public func adapted(to refusal: String, from preset: Dialect) -> Dialect? {
        let words = refusal.lowercased()
        var changed = self
        if sendsTemperature, words.contains("temperature") {
            changed.sendsTemperature = false
            return changed
        }
        if asksForUsage, words.contains("stream_options") || words.contains("include_usage") {
            changed.asksForUsage = false
            return changed
        }
        let other = ["max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"][maxTokensField]
        if let other, maxTokensField == preset.maxTokensField, words.contains(maxTokensField) {
            changed.maxTokensField = other
            return changed
        }
        return nil
    }
}
