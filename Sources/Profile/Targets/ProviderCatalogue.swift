public import Wire

/// Known providers: how each one's endpoint differs, by name.
///
///     built-in Providers.yaml ─► the user's file ─► the profile's `providers:`      a later layer replaces key by key
public struct ProviderCatalogue: Sendable, Hashable {
    /// What a model costs somewhere, dollars per million tokens, with where that was read.
    public struct ModelPrice: Sendable, Hashable {
        public var model: String  // as prices list it
        public var rates: ModelRates
        public var source: String?
        public var date: String?  // of the source; "unknown" where it shows none
        public var note: String?
    }

    public enum ReasoningSwitch: Sendable, Hashable {
        case members([JSONMember])  // of a request body that switch it off; none are needed where it is off anyway
        case impossible  // the model always reasons
        case unknown
    }

    /// An exception for models whose name contains a match of `pattern` (a regular expression).
    struct ReasoningRule: Sendable, Hashable {
        var pattern: String
        var off: ReasoningSwitch

        func applies(to model: String) -> Bool {
            Provider.ModelRule(pattern: pattern, sampling: .greedy).applies(to: model)
        }
    }

    public struct Entry: Sendable, Hashable {
        public var provider: Provider
        /// What a base URL looks like, where each customer has another.
        public var addressForm: String?
        /// What comes before a model's name as `prices` lists it.
        public var modelPrefix: String?
        var reasoningOff = ReasoningSwitch.unknown
        var reasoningRules: [ReasoningRule] = []  // the first that applies wins
        public var reasoningField: String?
        public var rateLimitHeaders: [String] = []  // with {a,b} for alternatives
        public var rateLimitReset: String?
        public var prices: [ModelPrice] = []
        public var tiers: [ServiceTier] = []  // of service, that it sells; empty = as its API has them
        public var notes: [String] = []
        public var unconfirmed: [String] = []  // keys that rest on a single hint
        public var sources: [String] = []

        init(provider: Provider) { self.provider = provider }

        /// How reasoning is switched off for a model.
        public func reasoningOff(for model: String?) -> ReasoningSwitch {
            let rule = reasoningRules.first { rule in model.map { rule.applies(to: $0) } ?? false }
            return rule?.off ?? reasoningOff
        }

        /// The same over an API, which may be another than the preset's own: its format then says how, if it does.
        public func reasoningOff(for model: String?, over api: API) -> ReasoningSwitch {
            let own = provider.api == api ? reasoningOff(for: model) : .unknown
            guard own == .unknown, let members = api.reasoningOff else { return own }
            return .members(members)
        }

        /// The listed price of a model; nil = unknown, which is not 0.
        public func price(of model: String) -> ModelPrice? {
            if let exact = prices.first(where: { $0.model == model }) { return exact }
            guard let modelPrefix, model.hasPrefix(modelPrefix) else { return nil }
            return prices.first { $0.model == model.dropFirst(modelPrefix.count) }
        }
    }

    public var entries: [Entry]
    /// The merged text behind the entries, for showing and for laying more over it.
    let tree: YAMLValue
    /// Names that a layer of the user's added or changed.
    public let changed: Set<String>

    public var names: [String] { entries.map(\.provider.name) }

    public subscript(name: String) -> Entry? { entries.first { $0.provider.name == name } }

    /// Name of the provider that the built-in simulator plays.
    public static let simulated = "simulated"
    /// Name of the entry for a bare URL.
    public static let compatible = "openai-compatible"

    /// The presets that come with the program.
    public static func builtIn() throws(ProfileError) -> ProviderCatalogue {
        let text = String(decoding: PackageResources.Providers_yaml, as: UTF8.self)
        return try ProviderCatalogue(text: text, source: "Providers.yaml")
    }

    /// The presets with the user's own file laid over them, if there is one.
    /// - Parameter userFile: its path; that it does not exist is no fault.
    public static func standard(userFile: String?) throws(ProfileError) -> ProviderCatalogue {
        let presets = try builtIn()
        guard let userFile, TextFile.exists(userFile) else { return presets }
        let text: String
        do throws(TextFile.Failure) { text = try TextFile.read(userFile) } catch {
            throw ProfileError([
                .init(place: .init(source: userFile), key: "", message: "the file \(error.message)")
            ])
        }
        return try presets.overlaid(text: text, source: userFile)
    }

    /// - Parameter source: the file's name, for errors.
    public init(text: String, source: String) throws(ProfileError) {
        let root = try YAMLValue(parsing: text, source: source, isFile: true)
        let log = ProblemLog()
        self.init(tree: root, changed: [], log: log)
        try log.throwIfAny()
    }

    /// These providers with a file's laid over them.
    public func overlaid(text: String, source: String) throws(ProfileError) -> ProviderCatalogue {
        let root = try YAMLValue(parsing: text, source: source, isFile: true)
        let log = ProblemLog()
        let result = overlaid(by: root, path: "", log: log)
        try log.throwIfAny()
        return result
    }

    /// - Parameter path: of `layer` in its document.
    func overlaid(by layer: YAMLValue, path: String, log: ProblemLog) -> ProviderCatalogue {
        let merged: YAMLValue
        switch layer.content {
        case .null: return self
        case .map(let entries): merged = ProviderLayer(path: path, log: log).merged(entries, onto: tree)
        case .scalar, .list:
            log.report(layer.place, path, "read \(layer.shown); allowed: a map of providers by name")
            return self
        }
        guard case .map(let entries) = layer.content else { return self }
        return ProviderCatalogue(tree: merged, changed: changed.union(entries.map(\.key)), log: log)
    }

    private init(tree: YAMLValue, changed: Set<String>, log: ProblemLog) {
        self.tree = tree
        self.changed = changed
        entries = []
        if case .map(let providers) = tree.content {
            for entry in providers {
                if let read = ProviderEntryReader(log: log).read(entry.key, entry.value) { entries.append(read) }
            }
        } else {
            log.report(tree.place, "", "read \(tree.shown); allowed: a map of providers by name")
        }
    }
}

/// Lays a map of providers over another: key by key, prices model by model; `extends` fills a new entry.
private struct ProviderLayer {
    let path: String
    let log: ProblemLog

    func merged(_ layer: [YAMLValue.Entry], onto base: YAMLValue) -> YAMLValue {
        var result = base
        for entry in layer {
            let key = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            if entry.key == ProviderCatalogue.simulated {
                log.report(entry.keyPlace, key, "the simulated provider is spate's own and cannot be changed")
                continue
            }
            guard case .map = entry.value.content else {
                log.report(entry.value.place, key, "read \(entry.value.shown); allowed: a map of a provider's keys")
                continue
            }
            var own = entry.value
            var ground = result[entry.key]
            if let parent = own["extends"] {
                own["extends"] = nil
                let names = names(of: result)
                if let name = parent.plain, let found = result[name], name != ProviderCatalogue.simulated {
                    ground = found
                } else {
                    let hint = parent.plain.map { Spelling.hint($0, among: names) } ?? ""
                    let allowed = "read \(parent.shown); allowed: the name of a provider\(hint)"
                    log.report(parent.place, "\(key).extends", allowed)
                }
            }
            let value = ground.map { merge(own, onto: $0) } ?? own
            if result[entry.key] == nil, case .map(var all) = result.content {
                all.append(.init(key: entry.key, keyPlace: entry.keyPlace, value: value))
                result.content = .map(all)
            } else {
                result[entry.key] = value
            }
        }
        return result
    }

    private func names(of tree: YAMLValue) -> [String] {
        guard case .map(let entries) = tree.content else { return [] }
        return entries.map(\.key)
    }

    private func merge(_ own: YAMLValue, onto base: YAMLValue) -> YAMLValue {
        guard case .map(let entries) = own.content else { return base }
        var result = base
        for entry in entries {
            if entry.key == "prices", case .map(let rows) = entry.value.content, var prices = result["prices"],
                case .map = prices.content
            {
                for row in rows { prices[row.key] = row.value }
                result["prices"] = prices
            } else {
                result[entry.key] = entry.value
            }
        }
        return result
    }
}
