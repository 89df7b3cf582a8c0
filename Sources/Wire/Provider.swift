import _StringProcessing

/// How one provider's endpoint differs from the next: where it is, how it wants the key, what it accepts.
public struct Provider: Sendable, Hashable {
    /// How the key travels.
    public enum Authentication: Sendable, Hashable {
        case none
        case bearer  // Authorization: Bearer KEY
        case header(name: String)  // NAME: KEY
    }

    /// How token usage gets into a stream.
    public enum UsageRequest: String, Sendable, Hashable, CaseIterable {
        case streamOptions = "stream_options"  // asked for with `stream_options.include_usage`
        case unasked  // it always comes; the option is not sent, since some refuse it
        case unavailable  // it never comes
    }

    /// Whether temperature 0 may be sent. Several models answer 400 to any temperature.
    public enum Sampling: String, Sendable, Hashable, CaseIterable { case greedy, omit }

    /// An exception for models whose name contains a match of `pattern` (a regular expression).
    public struct ModelRule: Sendable, Hashable {
        public var pattern: String
        public var sampling: Sampling

        public init(pattern: String, sampling: Sampling) {
            self.pattern = pattern
            self.sampling = sampling
        }

        /// False also for a pattern that is no regular expression; `isWellFormed` tells.
        public func applies(to model: String) -> Bool {
            guard let regex = try? Regex(pattern) else { return false }
            return model.firstMatch(of: regex) != nil
        }

        public var isWellFormed: Bool { (try? Regex(pattern)) != nil }
    }

    public var name: String
    public var baseURL: String?  // without the API's path, e.g. "https://api.together.ai/v1"; nil = the target gives it
    public var api: API
    public var authentication: Authentication
    public var keyVariables: [String]  // environment variables that may hold the key, in order
    public var keyIsOptional: Bool
    public var maxTokensField: String  // the name of the cap on output tokens
    public var usageRequest: UsageRequest
    public var sampling: Sampling  // unless a rule says otherwise
    public var modelRules: [ModelRule]  // the first that applies wins
    public var headers: [Header]  // sent besides the API's own
    public var extraMembers: [JSONMember]  // of every request body
    /// Where answers say which replica, worker or upstream gave them; nil = nowhere that is known.
    public var servedBy: ServedBySource?
    /// How its servers are told which requests belong together; nil = not known.
    public var session: SessionKey?

    public init(
        name: String,
        baseURL: String? = nil,
        api: API = .openAIChat,
        authentication: Authentication = .bearer,
        keyVariables: [String] = [],
        keyIsOptional: Bool = false,
        maxTokensField: String = "max_tokens",
        usageRequest: UsageRequest = .streamOptions,
        sampling: Sampling = .greedy,
        modelRules: [ModelRule] = [],
        headers: [Header] = [],
        extraMembers: [JSONMember] = []
    ) {
        self.name = name
        self.baseURL = baseURL
        self.api = api
        self.authentication = authentication
        self.keyVariables = keyVariables
        self.keyIsOptional = keyIsOptional
        self.maxTokensField = maxTokensField
        self.usageRequest = usageRequest
        self.sampling = sampling
        self.modelRules = modelRules
        self.headers = headers
        self.extraMembers = extraMembers
    }

    /// The sampling rule for a model's name.
    public func sampling(for model: String) -> Sampling {
        modelRules.first { $0.applies(to: model) }?.sampling ?? sampling
    }

    /// False when an extra member `"stream": false` asks for answers in one piece, and where the API knows no others.
    public var streams: Bool { !api.makesVectors && extraMembers.last { $0.name == "stream" }?.json != "false" }

    /// The header that carries `key`; nil when none does.
    public func authenticationHeader(key: String) -> Header? {
        switch authentication {
        case .none: nil
        case .bearer: Header(name: "Authorization", value: "Bearer " + key)
        case .header(let name): Header(name: name, value: key)
        }
    }
}
