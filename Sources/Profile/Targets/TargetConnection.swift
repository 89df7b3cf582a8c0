/// How a target is reached: the HTTP version and where connections leave from.
public struct TargetConnection: Sendable, Hashable {
    public enum HTTP: String, Sendable, Hashable, CaseIterable {
        case one = "1.1"
        case two = "2"
        /// 2 where the server speaks it.
        case auto
    }

    public var http = HTTP.one
    /// Numeric addresses of this machine that connections leave from in turn, each with ports of its own.
    public var sourceAddresses: [String] = []

    /// A connection that is older (by up to a second) takes no more requests; nil = it takes them as long as it lives.
    public var maxAge: Duration?

    /// PEM file of trusted roots instead of the system's.
    public var rootsFile: String?

    public init() {}

    /// Reads `http`, `ca_file`, `max_connection_age` and `source_addresses`.
    init(_ keys: inout MapReader, _ log: ProblemLog, pathOfFile: (String, ProfileError.Place) -> String) {
        if let value = keys.take("http") {
            let words = HTTP.allCases.map(\.rawValue).joined(separator: ", ")
            if let known = HTTP(rawValue: value.plain ?? "") {
                http = known
            } else {
                keys.report("http", value, allowed: words)
            }
        }
        if let value = keys.take("ca_file") {
            if let name = value.plain, !name.isEmpty {
                rootsFile = pathOfFile(name, value.place)
            } else {
                keys.report("ca_file", value, allowed: "the path of a PEM file")
            }
        }
        if let value = keys.take("max_connection_age") {
            let age = value.duration(keys.path(of: "max_connection_age"), log, zeroIsAllowed: false)
            if let age, age < .seconds(1) {
                keys.report("max_connection_age", value, allowed: "1s or more")
            } else {
                maxAge = age
            }
        }
        if let value = keys.take("source_addresses") {
            sourceAddresses = value.texts(keys.path(of: "source_addresses"), log)
        }
    }

    var lines: [String] {
        var lines: [String] = []
        if http != .one { lines.append("http: \(http == .two ? "\"2\"" : http.rawValue)") }
        if let rootsFile { lines.append("ca_file: \(quoted(rootsFile))") }
        if let maxAge { lines.append("max_connection_age: \(Units.text(maxAge))") }
        if !sourceAddresses.isEmpty { lines.append("source_addresses: [\(sourceAddresses.joined(separator: ", "))]") }
        return lines
    }

    /// libcurl 7.88 breaks HTTP/2 without TLS as soon as a connection is reused.
    func problem(isTLS: Bool) -> String? {
        guard http != .one, !isTLS else { return nil }
        return "http: \(http.rawValue) needs https: libcurl breaks HTTP/2 without TLS when it reuses a connection "
            + "(curl issue 10634)"
    }
}
