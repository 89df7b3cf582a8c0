public import Schedule
public import Wire

/// One endpoint and model to be tested, as the profile and the flags say.
public struct Target: Sendable, Hashable {
    public enum Location: Sendable, Hashable {
        case simulated(Scenario)  // the built-in provider, a process of its own
        case remote(TargetAddress)
    }

    /// Dollars per million tokens, or per hour for one's own machines; nil = unknown, which is not 0.
    public struct Price: Sendable, Hashable {
        /// Of one model that may answer.
        public struct Model: Sendable, Hashable {
            public var name: String
            public var rates: ModelRates
        }

        public var tokens: ModelRates?  // of whichever model answers
        public var models: [Model] = []  // of those that answer under these names
        public var perHour: Double?
        public var source: String?  // where it was read; nil = the profile says no more
        /// Whether it is the catalogue's, and so of the model that is asked for alone.
        public var isListed = false

        public init() {}
    }

    public var name: String  // unique in the profile
    public var location: Location
    public var model: String?  // nil = the only one that the target lists
    /// The preset, with the profile's headers, extra members and reasoning switch worked in.
    public var provider: Provider
    public var headers: [Header] = []  // the profile's own, part of `provider.headers`
    public var key: KeySource?  // nil = the provider's variables
    public var price = Price()
    public var tier: ServiceTier?  // asked for; nil = none is
    public var isInsecure = false  // TLS is not verified
    public var connection = TargetConnection()
    /// Where its servers tell of themselves; empty = that is not read.
    public var metrics: [MetricsAddress] = []
    /// The name of the target before which it stands, as a gateway; nil = it is none.
    public var gatewayTo: String?
    /// How long it may bring nothing but failures before it is given up; nil = as long as it likes.
    public var breakerAfter: Duration? = Target.standardBreaker
    /// The catalogue's row it was made of.
    public var preset: ProviderCatalogue.Entry?

    static let standardBreaker = Duration.seconds(30)

    public init(name: String, location: Location, provider: Provider) {
        self.name = name
        self.location = location
        self.provider = provider
    }

    /// `provider/model`, the host standing in for a provider that has no name.
    static func standardName(provider: String?, url: String?, model: String?) -> String {
        if provider == ProviderCatalogue.simulated { return ProviderCatalogue.simulated }
        let first = provider ?? url.map { url in (try? TargetAddress(parsing: url))?.shortHost ?? url } ?? "target"
        return model.map { "\(first)/\($0)" } ?? first
    }

    public var isSimulated: Bool {
        if case .simulated = location { true } else { false }
    }
}

/// Where a target's key comes from; never from the command line or the profile itself.
public enum KeySource: Sendable, Hashable {
    case environment(String)
    case file(String)
    case command([String])  // words, run without a shell
}

/// What flags say about the profile's target: `--target --url --provider --api --model --key-... --insecure
/// --metrics-url`.
///
/// `url` and `provider` put another target in its place, which keeps nothing that was meant for the old one: not its
/// key, headers, price or model. The others change the target that is there.
public struct TargetChoice: Sendable, Hashable {
    public var name: String?
    public var url: String?
    public var provider: String?
    public var api: String?
    public var model: String?
    public var key: KeySource?
    public var isInsecure = false
    public var metrics: [String] = []  // URLs, or paths at the target's own address

    public init() {}

    var changesTarget: Bool {
        url != nil || provider != nil || api != nil || model != nil || key != nil || isInsecure
            || !metrics.isEmpty
    }
}
