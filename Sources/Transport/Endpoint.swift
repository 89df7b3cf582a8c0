/// Where requests go: one origin, whose name has been resolved.
public struct Endpoint: Sendable, Hashable {
    public enum Scheme: String, Sendable, Hashable { case http, https }

    /// `two` and `auto` ask by ALPN, so over TLS only: libcurl 7.88 breaks HTTP/2 without TLS when a connection is reused
    /// (curl#10634). Where the server declines, both speak 1.1; who demands 2 looks at `Transfer.Timing.http`.
    public enum HTTPVersion: Sendable, Hashable { case one, two, auto }

    public var scheme: Scheme
    public var host: String  // a name or an address; IPv6 without brackets
    public var port: Int
    /// Addresses of `connectedHost`, numeric; empty when that is an address itself.
    public var addresses: [String] = []
    public var http = HTTPVersion.one
    /// Local addresses that new connections leave from in turn; empty = the system's choice. Each has ports of its own.
    public var sources: [String] = []
    /// A connection that is older takes no more requests; in whole seconds, of which a begun one does not count. nil = it
    /// takes them as long as it lives.
    public var longestConnection: Int?
    public var verifiesTLS = true
    /// An HTTP proxy before it: asked to connect to an https target, and for an http one. nil = none.
    public var proxy: Proxy?
    /// PEM file of trusted roots instead of the system's.
    public var rootsFile: String?

    public init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// `scheme://host:port`, with brackets around IPv6.
    public var origin: String { "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Requests may share a connection.
    public var multiplexes: Bool { http != .one && scheme == .https }

    public struct Proxy: Sendable, Hashable {
        public var host: String
        public var port: Int
        /// `user:password`, percent-encoded.
        public var credentials: String?

        public init(host: String, port: Int, credentials: String?) {
            self.host = host
            self.port = port
            self.credentials = credentials
        }

        var url: String {
            let user = credentials.map { "\($0)@" } ?? ""
            return "http://\(user)\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// Whose address connections go to.
    public var connectedHost: String { proxy?.host ?? host }

    /// What CURLOPT_RESOLVE takes; nil when there is nothing to resolve.
    /// - Parameter turn: which of the addresses comes first, so that many connections spread over them.
    func resolveEntry(turn: Int) -> String? {
        guard !addresses.isEmpty else { return nil }
        let first = turn % addresses.count
        return "\(connectedHost):\(proxy?.port ?? port):"
            + (addresses[first...] + addresses[..<first]).map { $0.contains(":") ? "[\($0)]" : $0 }.joined(
                separator: ","
            )
    }
}
