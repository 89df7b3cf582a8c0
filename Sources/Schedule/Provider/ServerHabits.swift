/// What a simulated provider does otherwise than it is asked, or than others do: what `spate check` must find out.
public struct ServerHabits: Sendable, Hashable {
    /// How an answer that was to be streamed goes out.
    public enum Delivery: String, Sendable, Hashable, CaseIterable {
        case streamed
        case buffered  // as a stream, all of it at its end: a proxy that holds back
        case whole  // as one JSON document
    }

    /// So many requests in each stretch of time; the next are refused with 429. Told in `x-ratelimit-...-requests`.
    public struct RateLimit: Sendable, Hashable {
        public var requests: Int
        public var period: Duration

        public init(requests: Int, period: Duration) {
            self.requests = requests
            self.period = period
        }
    }

    public var delivery = Delivery.streamed
    public var refuses: [String] = []  // members of a request's body, answered with 400
    public var ignoresCap: Int?  // every answer has so many tokens, whatever cap is asked for
    public var tellsUsage = true  // in streams of chat and completions
    public var saysStop = false  // also of answers that the cap cut
    public var thinks = 0  // tokens of reasoning before each answer in chat, part of its cap
    public var thinksAlways = false  // also when asked not to: `reasoning_effort: none`
    public var retryAfter: Duration?  // told with each 429; nil = one second
    public var rateLimit: RateLimit?
    public var quotaAfter: Int?  // requests taken in before the account is used up
    public var errorsAreHTML = false
    public var losesVectors = 0  // of each answer with embeddings

    public init() {}

    /// With its times multiplied.
    func scaled(by factor: Double) -> ServerHabits {
        var scaled = self
        scaled.retryAfter = retryAfter.map { $0 * factor }
        if let limit = rateLimit { scaled.rateLimit?.period = limit.period * factor }
        return scaled
    }
}
