/// How a simulated provider chooses what serves a request, and what it bills: tiers of service, a router's models, writes to a
/// prompt cache.
public struct ServingRules: Sendable, Hashable {
    /// A tier that requests may ask for.
    public struct Tier: Sendable, Hashable {
        public var name: String
        public var speed: Double  // of prefill and tokens; 1 = as the scenario is written
        /// The share (0...1) of the requests asking for it that are served in the standard one instead, without a word.
        public var downgraded: Double

        public init(name: String, speed: Double = 1, downgraded: Double = 0) {
            self.name = name
            self.speed = speed
            self.downgraded = downgraded
        }
    }

    /// A model among which a router chooses at random, by weight.
    public struct Model: Sendable, Hashable {
        public var name: String
        public var weight: Double
        public var speed: Double

        public init(name: String, weight: Double = 1, speed: Double = 1) {
            self.name = name
            self.weight = weight
            self.speed = speed
        }
    }

    /// Sends sessions to replicas that remember the beginnings of prompts.
    public struct Router: Sendable, Hashable {
        /// What tells a session.
        public enum Key: Sendable, Hashable {
            case header(String)
            case body(String)
            case echo(String)  // a token of its own, which it sends in that header and wants back there
        }

        public var key: Key?  // nil = nothing does: each request goes to any replica

        public init(key: Key? = nil) { self.key = key }
    }

    public var tiers: [Tier] = []  // one that is not listed is served as asked for, at the usual speed
    public var models: [Model] = []  // empty = the model that is asked for answers
    /// The share (0...1) of each prompt's tokens not found in the cache that are written to it, and billed as that.
    public var cacheWriteShare = 0.0
    public var cacheWritesForHour = false
    /// nil = each request goes to the least loaded replica, and nothing is remembered of prompts.
    public var router: Router?

    public init() {}
}
