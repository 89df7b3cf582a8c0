/// Where a server tells of itself: `targets[].metrics`.
public enum MetricsAddress: Sendable, Hashable {
    /// A path, with its query, at the target's own origin.
    case own(path: String)
    /// A URL; its path is as it was written, `/metrics` where there is none.
    case at(TargetAddress)

    public static let form = "a URL such as http://host:8000/metrics, or a path at the target's own address: /metrics"

    public init(parsing text: String) throws(TargetAddress.Refusal) {
        if text.hasPrefix("/"), !text.hasPrefix("//") {
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !text.contains("#") else {
                throw TargetAddress.Refusal(message: "a path with letters that no URL has; allowed: \(Self.form)")
            }
            if let mark = text.firstIndex(of: "?") {
                _ = try TargetAddress.query(String(text[text.index(after: mark)...]))
            }
            self = .own(path: text)
            return
        }
        var address = try TargetAddress(parsing: text)
        // The target's reader knows the paths of APIs; here a path is what it is, a slash at its end included.
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let path = rest.prefix { $0 != "?" }.drop { $0 != "/" }
        address.path = path.isEmpty || path == "/" ? "/metrics" : String(path)
        self = .at(address)
    }

    /// As it is written into a profile.
    public var text: String {
        switch self {
        case .own(let path): path
        case .at(let address): address.url + (address.query.map { "?\($0)" } ?? "")
        }
    }
}
