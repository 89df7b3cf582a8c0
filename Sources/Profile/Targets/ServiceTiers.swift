public import Wire

/// A tier of service, as one provider sells it: what asks for it, and how answers say that it was given.
public struct ServiceTier: Sendable, Hashable {
    public var name: String
    public var members: [JSONMember]  // of a request's body
    public var headers: [Header]
    public var served: [String]  // words of answers, lower case; empty = its name

    public init(name: String, members: [JSONMember] = [], headers: [Header] = [], served: [String] = []) {
        self.name = name
        self.members = members
        self.headers = headers
        self.served = served
    }

    public var words: [String] { served.isEmpty ? [name] : served }

    /// Whether it is what is served without asking.
    var isStandard: Bool { ["standard", "default", "on_demand"].contains(name) }

    /// Lower-case letters, digits, dashes and underscores.
    static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
            }
    }
}

extension ProviderCatalogue.Entry {
    /// The tier of that name over an API: as the preset sells it, else as the API's format asks for one. nil = there is none.
    func tier(_ name: String, over api: API) -> ServiceTier? {
        if !tiers.isEmpty, api == provider.api || tiers.contains(where: { $0.name == name }) {
            return tiers.first { $0.name == name }
        }
        return api.tier(name).map { ServiceTier(name: name, members: $0) }
    }

    /// The words by which answers say that a tier was given.
    public func words(ofTier name: String) -> [String] { tiers.first { $0.name == name }?.words ?? [name] }
}

/// Reads where answers say who gave them: `{header: NAME}` or `{json: /pointer}`.
struct ServedByReader {
    let log: ProblemLog

    func read(_ value: YAMLValue, path: String) -> ServedBySource? {
        let allowed = "{header: NAME} or {json: /pointer}"
        var keys = MapReader(value, path: path, log: log, allowed: allowed)
        let (header, pointer) = (keys.text("header"), keys.text("json"))
        keys.finish()
        switch (header, pointer) {
        case (let header?, nil):
            guard HeaderRule.refusal(of: header) != .notAName else {
                log.report(value.place, "\(path).header", "read \"\(header)\"; allowed: the name of a header")
                return nil
            }
            return .header(header.lowercased())
        case (nil, let text?):
            guard let pointer = JSONPointer(text) else {
                log.report(
                    value.place,
                    "\(path).json",
                    "read \"\(text)\"; allowed: a pointer such as /provider (RFC 6901)"
                )
                return nil
            }
            return .json(pointer)
        case (nil, nil), (.some, .some):
            if case .map = value.content { log.report(value.place, path, "allowed: \(allowed), one of them") }
            return nil
        }
    }
}

/// Reads how servers are told which requests belong together.
struct SessionReader {
    static let allowed = "{header: NAME}, {body: NAME} or {echo: HEADER}"
    /// What a request of some API asks: a session's value in its place would break it.
    private static let ownMembers: Set<String> = [
        "model", "messages", "prompt", "input", "inputs", "contents", "system", "stream", "stream_options",
        "max_tokens", "max_completion_tokens", "max_output_tokens", "temperature", "parameters", "options",
        "generationConfig",
    ]
    let log: ProblemLog

    func read(_ value: YAMLValue, path: String) -> SessionKey? {
        var keys = MapReader(value, path: path, log: log, allowed: Self.allowed)
        let given = [("header", keys.text("header")), ("body", keys.text("body")), ("echo", keys.text("echo"))]
            .compactMap { kind, name in name.map { (kind, $0) } }
        keys.finish()
        guard given.count == 1, let (kind, name) = given.first else {
            if case .map = value.content { log.report(value.place, path, "allowed: one of \(Self.allowed)") }
            return nil
        }
        guard name.utf8.count <= 64 else {
            log.report(value.place, "\(path).\(kind)", "read a name of \(name.utf8.count) bytes; allowed: at most 64")
            return nil
        }
        if kind == "body" {
            guard !Self.ownMembers.contains(name) else {
                log.report(
                    value.place,
                    "\(path).body",
                    "read \"\(name)\"; allowed: the name of a member that says nothing else to the server"
                )
                return nil
            }
            return .body(name)
        }
        if let refusal = HeaderRule.refusal(of: name), refusal != .secret {  // a session's token is none of ours
            log.report(
                value.place,
                "\(path).\(kind)",
                "read \"\(name)\"; allowed: the name of a header that is not spate's own"
            )
            return nil
        }
        return kind == "header" ? .header(name) : .echo(name)
    }
}

extension ServedBySource {
    var yaml: String {
        switch self {
        case .header(let name): "{header: \(quoted(name))}"
        case .json(let pointer): "{json: \(quoted(pointer.text))}"
        }
    }
}
