/// What `spate check` found out about one target: its operational fit.
public struct CheckResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable {
        case ok
        case odd  // works, and should be known
        case failed
        case unknown  // could not be told
    }

    public enum Property: String, Sendable, Hashable, CaseIterable {
        case reachable, authorised, model, streams
        case vectors  // of embeddings, in place of all that is about text
        case firstToken = "first_token"
        case usage
        case tokensPerEvent = "tokens_per_event"
        case maxTokens = "max_tokens"
        case temperature, reasoning
        case stopReason = "stop_reason"
        case errors
        case rateLimits = "rate_limits"
        case connection, time
        case serverTimings = "server_timings"

        /// Without it a run would not be worth its price: a target that fails one is unusable.
        public var isRequired: Bool {
            switch self {
            case .reachable, .authorised, .model, .streams, .vectors, .maxTokens: true
            case .firstToken, .usage, .tokensPerEvent, .temperature, .reasoning, .stopReason, .errors, .rateLimits,
                .connection, .time, .serverTimings:
                false
            }
        }
    }

    public struct Finding: Sendable, Hashable {
        public var property: Property
        public var verdict: Verdict
        public var seen: String  // in words, with its numbers

        public init(_ property: Property, _ verdict: Verdict, _ seen: String) {
            self.property = property
            self.verdict = verdict
            self.seen = seen
        }
    }

    public var name = ""
    public var provider: String?
    public var model: String?
    public var api = ""
    public var url = ""
    public var findings: [Finding] = []
    /// Of the short answers: all that were asked for, and how many succeeded.
    public var answers = RequestStatistics()
    public var dialect = Dialect()
    /// How it differs from the preset, in sentences.
    public var learnt: [String] = []
    public var requests = 0  // POSTs that were sent
    public var inputTokens: Int64 = 0
    public var outputTokens: Int64 = 0
    public var dollars: Double?  // of all that was sent; nil = not known

    public init() {}

    public var failedRequirements: [Property] {
        findings.filter { $0.verdict == .failed && $0.property.isRequired }.map(\.property)
    }

    public var isUsable: Bool { failedRequirements.isEmpty }

    public subscript(property: Property) -> Finding? { findings.first { $0.property == property } }
}

/// Everything that is known of a target when its check is over.
public struct CheckEvidence: Sendable, Hashable {
    /// How the list of models was answered.
    public struct Reach: Sendable, Hashable {
        public var problem: String?  // why it could not be reached
        public var status = 0  // HTTP
        public var models: [String] = []
        public var resolveNanoseconds: Int64 = 0
        /// How long it was waited for while it loaded; nil = it was ready.
        public var waitedNanoseconds: Int64?
        public var words: String?

        public init() {}
    }

    public var target = TargetRecord()
    public var reach = Reach()
    public var questions: [QuestionRecord] = []
    public var preset = Dialect()
    public var dialect = Dialect()  // at last
    public var knowsReasoningSwitch = false
    public var alwaysReasons = false  // as the preset knows of this model
    public var wantsStream = true
    public var wantsVectors = false
    public var temperatureIsOmitted = false  // by the preset, for this model

    public init() {}
}
