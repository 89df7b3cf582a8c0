/// What a simulated provider is: how many replicas it has, how they start, how fast they answer, how they fail.
///
///     request ─► queue (FIFO, limited) ─► slot of a ready replica ─► prefill ─► one token per step ─► end
///                  └─ more load than the ready and starting replicas bear ─► one more replica starts (cold start)
///
/// All times are as written; whoever runs the scenario multiplies them by `timeScale`, that is, runs `scaled()`.
public struct Scenario: Sendable, Hashable {
    /// When one more replica is started.
    ///
    /// At the first instant at least `delay` after the previous start at which the requests waiting and running exceed
    /// `loadPerReplica` × (ready + starting replicas), while fewer than `replicasMax` are ready or starting. From zero
    /// the first request starts one at once.
    public struct ScaleUpRule: Sendable, Hashable {
        public var loadPerReplica: Int  // 1 or more
        public var delay: Duration

        public init(loadPerReplica: Int, delay: Duration) {
            self.loadPerReplica = loadPerReplica
            self.delay = delay
        }
    }

    /// Time from a slot to the first step of a sequence: `base` + `perThousandTokens` × prompt tokens / 1,000.
    public struct Prefill: Sendable, Hashable {
        public var base: Duration
        public var perThousandTokens: Duration

        public init(base: Duration, perThousandTokens: Duration) {
            self.base = base
            self.perThousandTokens = perThousandTokens
        }

        public func duration(promptTokens: Int) -> Duration {
            base + perThousandTokens * (Double(promptTokens) / 1000)
        }
    }

    /// Length of one step of a replica, which gives every active sequence `tokensPerStep`: `base` + `perActive` × n.
    public struct Step: Sendable, Hashable {
        public var base: Duration
        public var perActive: Duration

        public init(base: Duration, perActive: Duration) {
            self.base = base
            self.perActive = perActive
        }

        public func duration(active: Int) -> Duration { base + perActive * active }
    }

    /// How it counts the tokens of a prompt: bytes of its texts / `bytesPerToken`, and what its chat template adds.
    public struct PromptTokens: Sendable, Hashable {
        public var bytesPerToken = 4.0
        public var template = 0

        public init(bytesPerToken: Double = 4, template: Int = 0) {
            self.bytesPerToken = bytesPerToken
            self.template = template
        }

        /// At least 1.
        public func count(bytes: Int) -> Int { max(1, Int(Double(bytes) / bytesPerToken) + template) }
    }

    /// Shares (0...1) of the requests that fail on purpose, each drawn on its own from the scenario's seed.
    public struct Failures: Sendable, Hashable {
        public var rateLimited = 0.0  // 429 at once
        public var serverError = 0.0  // 500 at once
        public var truncated = 0.0  // the connection ends in mid-stream
        public var empty = 0.0  // 200 and a stream without a token
        public var inbandError = 0.0  // 200 and an error object in the stream
        public var stalled = 0.0  // the stream stops and stays open

        public init() {}

        /// The sum: the share of requests that do not answer well, at most 1.
        public var total: Double { rateLimited + serverError + truncated + empty + inbandError + stalled }
    }

    /// The engines whose metrics it can play.
    public enum MetricNames: String, Sendable, Hashable, CaseIterable {
        case vLLM = "vllm"
        case sgLang = "sglang"
        case llamaCpp = "llamacpp"
        case tgi
    }

    /// A speed at a time: 0.5 makes every step and prefill take twice as long.
    public struct Hour: Sendable, Hashable {
        public var at: Duration
        public var speed: Double  // more than 0

        public init(at: Duration, speed: Double) {
            self.at = at
            self.speed = speed
        }
    }

    /// Its speed so long after its start.
    public func speed(at elapsed: Duration) -> Double {
        guard let first = hours.first, let last = hours.last else { return 1 }
        if elapsed <= first.at { return first.speed }
        for (a, b) in zip(hours, hours.dropFirst()) where elapsed < b.at {
            return a.speed + (b.speed - a.speed) * ((elapsed - a.at) / (b.at - a.at))
        }
        return last.speed
    }

    public var name: String
    public var replicasMin = 1  // 0 = scales to zero
    public var replicasMax = 1
    public var slotsPerReplica = 16
    /// From the decision to start a replica to its first slot.
    public var coldStart = DurationDistribution.constant(.zero)
    /// A replica with no request for so long is let go, down to `replicasMin`; drawn anew each time that it falls idle.
    /// nil = never.
    public var idleTimeout: DurationDistribution?
    public var scaleUp = ScaleUpRule(loadPerReplica: 16, delay: .zero)
    public var prefill = Prefill(base: .milliseconds(50), perThousandTokens: .milliseconds(100))
    public var step = Step(base: .milliseconds(20), perActive: .zero)
    public var promptTokens = PromptTokens()
    /// Waiting requests beyond which the next is refused with 429 and Retry-After.
    public var queueLimit = 10_000
    public var tokensPerStep = 1
    /// Half-width of a uniform factor on each step and prefill: 0.1 is ±10 %, 0 is a metronome.
    public var jitter = 0.0
    /// How fast it is at times since it was started, ascending; empty = always as written. Between two of them the speed
    /// changes evenly, before the first and after the last it stays. Two providers of one run share their hours by it.
    public var hours: [Hour] = []
    /// The model stops by itself after so many tokens, drawn uniformly, unless `ignore_eos`; nil = at max_tokens only.
    public var stopsAfter: ClosedRange<Int>?
    public var timeScale = 1.0  // all times are multiplied by it; 0.1 = ten times as fast
    public var seed: UInt64 = 1
    public var failures = Failures()
    public var habits = ServerHabits()
    /// The n-th request (from 0) suffers the n-th fault, over and over; empty = none does.
    public var faults: [Fault] = []
    /// The provider whose way of speaking it has, by the name of the preset; nil = the plain one.
    public var dialect: String?
    /// By whose names it tells of itself at /metrics; nil = it does not.
    public var metrics: MetricNames? = .vLLM
    /// The first tokens of each answer that are reasoning, where the API can show it.
    public var reasoningTokens = 0
    /// The share (0...1) of each prompt's tokens that was found in a cache.
    public var cachedShare = 0.0
    public var serving = ServingRules()

    public init(name: String) { self.name = name }

    /// The same provider with its times multiplied by `timeScale` (which becomes 1).
    public func scaled() -> Scenario {
        var scaled = self
        scaled.timeScale = 1
        scaled.coldStart = coldStart.scaled(by: timeScale)
        scaled.idleTimeout = idleTimeout?.scaled(by: timeScale)
        scaled.scaleUp.delay = scaleUp.delay * timeScale
        scaled.hours = hours.map { Hour(at: $0.at * timeScale, speed: $0.speed) }
        scaled.prefill.base = prefill.base * timeScale
        scaled.prefill.perThousandTokens = prefill.perThousandTokens * timeScale
        scaled.step.base = step.base * timeScale
        scaled.step.perActive = step.perActive * timeScale
        scaled.habits = habits.scaled(by: timeScale)
        return scaled
    }
}
