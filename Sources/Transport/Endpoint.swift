/// Where requests go: one origin, whose name has been resolved once for the whole run.
public struct Endpoint: Sendable, Hashable {
    public enum Scheme: String, Sendable, Hashable { case http, https }

    public var scheme: Scheme
    public var host: String  // a name or an address; IPv6 without brackets
    public var port: Int
    /// Addresses of `host`, numeric; empty when `host` is an address itself.
    public var addresses: [String] = []
    public var verifiesTLS = true
    /// PEM file of trusted roots instead of the system's.
    public var rootsFile: String?

    public init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// `scheme://host:port`, with brackets around IPv6.
    public var origin: String { "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// What CURLOPT_RESOLVE takes; nil when there is nothing to resolve.
    var resolveEntry: String? {
        guard !addresses.isEmpty else { return nil }
        return "\(host):\(port):" + addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
    }
}
