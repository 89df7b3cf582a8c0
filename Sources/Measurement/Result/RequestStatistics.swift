/// The contract's STATS: everything said about one set of requests.
public struct RequestStatistics: Sendable, Hashable {
    public var requests = Requests()
    /// Only outcomes that occurred.
    public var outcomes: [Outcome: Int] = [:]
    /// Answers that max_tokens ended while the model was still reasoning: they have times and no answer.
    public var cutWhileReasoning = 0
    public var availability: Proportion?  // nil when nothing counts
    public var errorRate: Double?
    public var throttleRate: Double?

    public var inputTokens: Int64 = 0
    public var cachedInputTokens: Int64 = 0
    public var cacheWrittenTokens: Int64 = 0
    public var outputTokens: Int64 = 0
    public var reasoningTokens: Int64 = 0
    public var embeddings: Int64?  // vectors that came; nil where text was asked for
    public var tokensPerChunk: Double?
    /// What tallies of the catalogue found, by the figure's key.
    public var tallied: [String: TallyResult] = [:]
    /// Of a closed level's places: the share of their time in which the load generator left them empty.
    public var clientIdleShare: Double?
    /// Of an open loop's arrivals: the share that the load generator sent late.
    public var lateArrivalsShare: Double?
    public var inputTokensPerRequest: DistributionSummary?
    public var outputTokensPerRequest: DistributionSummary?

    // Over the window; nil when the set has none.
    public var outputTokensPerSecond: Double?
    public var totalTokensPerSecond: Double?
    public var inputTokensPerSecond: Double?
    public var embeddingsPerSecond: Double?
    public var outputBytesPerSecond: Double?
    public var requestsPerSecond: Double?
    public var goodputRPS: Double?  // nil without an SLO, as the next
    public var sloAttainment: Double?

    // Over the successes; nil without any.
    public var ttftMilliseconds: DistributionSummary?
    public var ttftScheduledMilliseconds: DistributionSummary?
    public var waitMilliseconds: DistributionSummary?
    public var ttfvMilliseconds: DistributionSummary?
    public var e2eMilliseconds: DistributionSummary?
    public var e2eScheduledMilliseconds: DistributionSummary?
    public var tpotMilliseconds: DistributionSummary?
    public var itlMilliseconds: DistributionSummary?
    public var decodeTPS: DistributionSummary?
    public var requestTPS: DistributionSummary?
    public var connectMilliseconds: DistributionSummary?
    public var tlsMilliseconds: DistributionSummary?

    public var served: ServedResult?  // nil = no answer told who gave it
    public var answers: AnswerVariety?  // nil unless the same prompt was answered twice at temperature 0
    public var cost: Cost?  // nil = not known, for the next's reason
    public var costGap: CostGap?
    public var retries: Retries?  // nil = nothing was sent again

    public init() {}

    /// `scheduled` = success + failed + throttled + excluded, always; `useful` is part of success.
    public struct Requests: Sendable, Hashable {
        public var scheduled = 0
        public var success = 0
        public var useful = 0
        public var failed = 0
        public var throttled = 0
        public var excluded = 0

        public init() {}
    }

    /// A share of 1 with its 95 % interval.
    public struct Proportion: Sendable, Hashable {
        public var value: Double
        public var interval: ConfidenceInterval

        public init(value: Double, interval: ConfidenceInterval) {
            self.value = value
            self.interval = interval
        }
    }

    public struct Cost: Sendable, Hashable {
        /// What the price is charged by.
        public enum Basis: String, Sendable, Hashable { case tokens, hours }

        public var dollars: Double
        public var basis = Basis.tokens
        /// Of it, spent on attempts that gave nothing useful; nil by the hour.
        public var dollarsNotUseful: Double?
        /// Answers that began and never told their tokens: priced by their events, without their input.
        public var requestsWithoutUsage = 0
        public var dollarsPerMillionOutputTokens: Double?
        public var dollarsPerRequest: Double?  // over all that were sent
        public var dollarsPerUsefulResult: Double?
        public var dollarsPerUsefulInterval: ConfidenceInterval?

        public init(dollars: Double) { self.dollars = dollars }
    }
}
