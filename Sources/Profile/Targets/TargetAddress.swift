public import Wire

/// Where a target is: `scheme://host:port` and the base path in front of the API's own.
public struct TargetAddress: Sendable, Hashable {
    /// Why a text is no address: what is wrong and what is allowed. Does not repeat the text, which may hold a secret.
    public struct Refusal: Error, Sendable, Hashable {
        public var message: String
    }

    public var isTLS: Bool
    public var host: String  // lower case; an IPv6 address without brackets
    public var port: Int
    public var path: String  // "/v1"; empty where the API has no base of its own
    /// What stands behind the `?` of each request, without it: `api-version=2024-10-21`; nil = nothing.
    public var query: String?

    /// Reads what a person calls a URL.
    ///
    /// Without a scheme it is http on loopback and private addresses and https elsewhere; without a path it gets the
    /// API's base (`/v1` mostly); the path of a call at the end is dropped, since people paste whole endpoints. A bare
    /// word is refused.
    public init(parsing text: String, api: API = .openAIChat) throws(Refusal) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !text.isEmpty else {
            throw Refusal(message: "empty, or with spaces or letters that no URL has; " + Self.form)
        }
        var rest = text[...]
        var scheme: String?
        if let separator = text.firstRange(of: "://") {
            let name = text[..<separator.lowerBound].lowercased()
            guard name == "http" || name == "https" else {
                throw Refusal(message: "the scheme \(name) is not supported; " + Self.form)
            }
            scheme = name
            rest = text[separator.upperBound...]
        }
        guard !rest.contains("#") else {
            throw Refusal(message: "a fragment is not part of a URL's address; " + Self.form)
        }
        if let mark = rest.firstIndex(of: "?") {
            query = try Self.query(String(rest[rest.index(after: mark)...]))
            rest = rest[..<mark]
        }
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard !authority.contains("@") else {
            throw Refusal(message: "a user or password does not belong in a URL; keys come from env, file or command")
        }
        let (host, port) = try Self.split(authority)
        guard scheme != nil || port != nil || host.contains(".") || host.contains(":") else {
            throw Refusal(message: "a word is no address; " + Self.form)
        }
        self.host = host
        self.path = Self.basePath(path, api)
        isTLS = scheme.map { $0 == "https" } ?? !Self.isPrivate(host)
        self.port = port ?? (isTLS ? 443 : 80)
    }

    public static let form = "allowed: a URL such as https://api.example.com/v1 or host:port"

    /// The same address as one text, always with its port.
    public var url: String { "\(isTLS ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)" }

    /// A query as it is sent; nil when it is empty. One that names a secret is refused.
    static func query(_ text: String) throws(Refusal) -> String? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }) else {
            throw Refusal(
                message: "a query with spaces or characters that must be encoded; allowed: name=value&name=value"
            )
        }
        let names = text.split(separator: "&").map { String($0.prefix { $0 != "=" }) }
        guard !names.contains(where: { HeaderRule.refusal(of: $0) == .secret }) else {
            throw Refusal(message: "a key does not belong in a query; keys come from env, file or command")
        }
        return text.isEmpty ? nil : text
    }

    /// The host, with its port where that is not the scheme's own.
    var shortHost: String { port == (isTLS ? 443 : 80) ? host : "\(host):\(port)" }

    /// This machine: no consent and no encryption needed.
    public var isLoopback: Bool { Self.isLoopback(host) }

    private static func split(_ authority: Substring) throws(Refusal) -> (host: String, port: Int?) {
        var host = authority[...]
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw Refusal(message: "a [ without its ]; " + form)
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw Refusal(message: "no port after the ]; " + form) }
            portText = tail.isEmpty ? nil : tail.dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || ":.%".contains($0) }) else {
                throw Refusal(message: "no IPv6 address in the brackets; " + form)
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                portText = authority[authority.index(after: colon)...]
            }
            guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || ".-_".contains($0) }) else {
                throw Refusal(message: "no host name in it; " + form)
            }
        }
        guard let portText else { return (host.lowercased(), nil) }
        guard let port = Int(portText), (1...65535).contains(port), portText.allSatisfy(\.isNumber) else {
            throw Refusal(message: "the port must be a number from 1 to 65535; " + form)
        }
        return (host.lowercased(), port)
    }

    private static func basePath(_ path: Substring, _ api: API) -> String {
        var path = withoutSlashes(path)
        let call = [API.openAIChat, api].map { $0.path(model: "") }.first { path.hasSuffix($0) }
        if let call { path = withoutSlashes(path.dropLast(call.count)) }
        return path.isEmpty ? api.basePath : String(path)
    }

    /// Without slashes at its end.
    private static func withoutSlashes(_ path: Substring) -> Substring {
        path.lastIndex { $0 != "/" }.map { path[...$0] } ?? ""
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || octets(host)?[0] == 127
    }

    /// RFC 1918, RFC 3927 and RFC 6598 addresses, IPv6 unique local and link local ones, and loopback.
    private static func isPrivate(_ host: String) -> Bool {
        if isLoopback(host) { return true }
        if host.contains(":") {
            return ["fc", "fd", "fe8", "fe9", "fea", "feb"].contains { host.hasPrefix($0) }
        }
        guard let octets = octets(host) else { return false }
        switch (octets[0], octets[1]) {
        case (10, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }

    /// The four numbers of an IPv4 address; nil for a name.
    private static func octets(_ host: String) -> [Int]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap(\.self)
        guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ (0...255).contains($0) }) else { return nil }
        return numbers
    }
}
