public import Wire

/// Known providers: how each one's endpoint differs, by name.
public struct ProviderCatalogue: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public var provider: Provider
        /// Members that switch reasoning off; nil = no way is known.
        public var reasoningOff: [JSONMember]?
    }

    public var entries: [Entry]

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

    /// - Parameter source: the file's name, for errors.
    public init(text: String, source: String) throws(ProfileError) {
        let root = try YAMLValue(parsing: text, source: source, isFile: true)
        let log = ProblemLog()
        entries = []
        if case .map(let providers) = root.content {
            for entry in providers {
                if let read = Self.entry(entry.key, entry.value, log) { entries.append(read) }
            }
        } else {
            log.report(root.place, "", "read \(root.shown); allowed: a map of providers by name")
        }
        try log.throwIfAny()
    }

    private static func entry(_ name: String, _ value: YAMLValue, _ log: ProblemLog) -> Entry? {
        var keys = MapReader(value, path: name, log: log)
        var provider = Provider(name: name)
        if let url = keys.text("base_url") {
            do {
                _ = try TargetAddress(parsing: url)
                provider.baseURL = url
            } catch {
                log.report(value["base_url"]?.place ?? value.place, "\(name).base_url", error.message)
            }
        }
        provider.api = keys.word("api", API.self) ?? .openAIChat
        provider.authentication = authentication(&keys, log) ?? .bearer
        provider.keyVariables = keys.take("key_env").map { $0.texts("\(name).key_env", log) } ?? []
        provider.keyIsOptional = keys.flag("key_optional") ?? false
        provider.maxTokensField = keys.text("max_tokens_field") ?? "max_tokens"
        provider.usageRequest = keys.word("usage", Provider.UsageRequest.self) ?? .streamOptions
        provider.sampling = keys.word("sampling", Provider.Sampling.self) ?? .greedy
        provider.modelRules = rules(&keys, log)
        provider.headers = keys.take("headers").map { $0.headers("\(name).headers", log) } ?? []
        provider.extraMembers = keys.take("extra_body").map { $0.jsonMembers("\(name).extra_body", log) } ?? []
        let off = keys.take("reasoning_off").map { $0.jsonMembers("\(name).reasoning_off", log) }
        keys.finish()
        return Entry(provider: provider, reasoningOff: off)
    }

    private static func authentication(_ keys: inout MapReader, _ log: ProblemLog) -> Provider.Authentication? {
        guard let value = keys.take("auth") else { return nil }
        switch value.content {
        case .scalar("none", _): return Provider.Authentication.none
        case .scalar("bearer", _): return .bearer
        case .map:
            var inner = MapReader(value, path: keys.path(of: "auth"), log: log)
            let header = inner.text("header")
            inner.finish()
            return header.map { .header(name: $0) }
        case .null, .scalar, .list:
            keys.report("auth", value, allowed: "bearer, none or {header: NAME}")
            return nil
        }
    }

    private static func rules(_ keys: inout MapReader, _ log: ProblemLog) -> [Provider.ModelRule] {
        guard let value = keys.take("model_rules") else { return [] }
        let path = keys.path(of: "model_rules")
        return value.items(path, log).enumerated().compactMap { index, item in
            var inner = MapReader(item, path: "\(path).\(index)", log: log)
            let pattern = inner.text("match")
            let sampling = inner.word("sampling", Provider.Sampling.self)
            inner.finish()
            guard let pattern, let sampling else { return nil }
            let rule = Provider.ModelRule(pattern: pattern, sampling: sampling)
            if !rule.isWellFormed { inner.report("match", item, allowed: "a regular expression") }
            return rule
        }
    }
}

extension YAMLValue {
    /// A list's values; anything else is reported.
    func items(_ path: String, _ log: ProblemLog) -> [YAMLValue] {
        guard case .list(let values) = content else {
            log.report(place, path, "read \(shown); allowed: a list")
            return []
        }
        return values
    }

    /// A text, or a list of them.
    func texts(_ path: String, _ log: ProblemLog) -> [String] {
        if let plain, !plain.isEmpty { return [plain] }
        return items(path, log).enumerated().compactMap { index, item in
            if let text = item.plain, !text.isEmpty { return text }
            log.report(item.place, "\(path).\(index)", "read \(item.shown); allowed: a text")
            return nil
        }
    }

    func jsonMembers(_ path: String, _ log: ProblemLog) -> [JSONMember] {
        guard case .map(let entries) = content else {
            log.report(place, path, "read \(shown); allowed: a map")
            return []
        }
        return entries.compactMap { entry in
            guard let json = entry.value.json else {
                log.report(
                    entry.value.place,
                    "\(path).\(entry.key)",
                    "read \(entry.value.shown); allowed: what JSON holds"
                )
                return nil
            }
            return JSONMember(name: entry.key, json: json)
        }
    }

    /// A map of header names to values, without what carries secrets.
    func headers(_ path: String, _ log: ProblemLog) -> [Header] {
        guard case .map(let entries) = content else {
            log.report(place, path, "read \(shown); allowed: a map of names to values")
            return []
        }
        return entries.compactMap { entry in
            let path = "\(path).\(entry.key)"
            guard !Self.secretHeaders.contains(entry.key.lowercased()) else {
                log.report(
                    entry.keyPlace,
                    path,
                    "a header that carries a secret; use key: {env: NAME}, {file: F} or {command: C}"
                )
                return nil
            }
            let nameIsGood = !entry.key.isEmpty && entry.key.utf8.allSatisfy { Self.tokenBytes.contains($0) }
            guard nameIsGood, let text = entry.value.plain, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
                log.report(
                    entry.value.place,
                    path,
                    "read \(entry.value.shown); allowed: a header name and a line of ASCII"
                )
                return nil
            }
            return Header(name: entry.key, value: text)
        }
    }

    private static let secretHeaders: Set<String> = [
        "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-auth-token",
    ]

    /// `token` of RFC 9110, section 5.6.2.
    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
    )
}
