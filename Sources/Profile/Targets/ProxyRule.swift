/// Which proxy of the environment stands before a target, as curl, Go (k6) and Python (vLLM's bench) have it.
public struct Proxy: Sendable, Hashable {
    public var host: String  // a name or an address; IPv6 without brackets
    public var port: Int
    /// `user:password`, percent-encoded as it was written; nil = none.
    public var credentials: String?
    /// The variable that names it.
    public var variable: String

    /// Without credentials.
    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// nil where the target is asked directly: no variable names a proxy, `NO_PROXY` excludes the host, or it is this
    /// machine.
    ///
    /// `HTTPS_PROXY` or `HTTP_PROXY` by the target's scheme, else `ALL_PROXY`; small letters go before capitals.
    public init?(for target: TargetAddress, environment: (String) -> String?) throws(TargetAddress.Refusal) {
        func value(_ name: String) -> (name: String, text: String)? {
            for name in [name.lowercased(), name] {
                if let text = environment(name), !text.isEmpty { return (name, text) }
            }
            return nil
        }
        guard !target.isLoopback, let named = value(target.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY") ?? value("ALL_PROXY")
        else { return nil }
        if let exceptions = value("NO_PROXY"), Self.excludes(exceptions.text, target) { return nil }
        try self.init(parsing: named.text, from: named.name)
    }

    private init(parsing text: String, from variable: String) throws(TargetAddress.Refusal) {
        var rest = text[...]
        if let separator = text.firstRange(of: "://") {
            guard text[..<separator.lowerBound].lowercased() == "http" else {
                throw TargetAddress.Refusal(
                    message:
                        "the proxy of \(variable) is no HTTP proxy; allowed: http://HOST:PORT, or NO_PROXY to go directly"
                )
            }
            rest = text[separator.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") {
            credentials = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        do {
            let address = try TargetAddress(parsing: "http://\(rest)")
            (host, port) = (address.host, rest.hasSuffix(":\(address.port)") ? address.port : 1080)
        } catch {
            throw TargetAddress.Refusal(message: "the proxy of \(variable) is no address; allowed: http://HOST:PORT")
        }
        self.variable = variable
    }

    /// Names go for themselves and what is below them; `*` for all; an address, or a block of them (`10.0.0.0/8`), for itself.
    private static func excludes(_ list: String, _ target: TargetAddress) -> Bool {
        list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { entry in
            var entry = entry.lowercased()[...]
            if entry == "*" { return true }
            if let slash = entry.firstIndex(of: "/"), let length = Int(entry[entry.index(after: slash)...]) {
                return isWithin(target.host, entry[..<slash], length)
            }
            if let colon = entry.lastIndex(of: ":"), entry.firstIndex(of: ":") == colon {
                guard entry[entry.index(after: colon)...] == "\(target.port)" else { return false }
                entry = entry[..<colon]
            }
            if entry.hasPrefix("*.") { entry.removeFirst() }
            if entry.hasPrefix(".") { entry.removeFirst() }
            return !entry.isEmpty && (target.host == entry || target.host.hasSuffix("." + entry))
        }
    }

    private static func isWithin(_ host: String, _ network: Substring, _ length: Int) -> Bool {
        func number(_ text: some StringProtocol) -> UInt32? {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
            return parts.count == 4 ? parts.reduce(0) { $0 << 8 | UInt32($1) } : nil
        }
        guard let address = number(host), let network = number(network), (0...32).contains(length) else { return false }
        return length == 0 || (address ^ network) >> UInt32(32 - length) == 0
    }
}
