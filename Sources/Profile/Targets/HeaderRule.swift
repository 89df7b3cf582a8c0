/// Which headers a user may set in a profile or on the command line.
public enum HeaderRule {
    public enum Refusal: Sendable, Hashable {
        case notAName  // no `token` of RFC 9110, section 5.6.2
        case secret  // profiles and command lines are public
        case ours  // what it says is for spate alone to say
    }

    /// nil when the header may be set. A secret is known by its name: `Authorization`, `X-Auth-Token`, `Api-Key`, ...
    public static func refusal(of name: String) -> Refusal? {
        guard !name.isEmpty, name.utf8.allSatisfy(tokenBytes.contains) else { return .notAName }
        let name = name.lowercased()
        if ours.contains(name) { return .ours }
        let words = name.split { "-_.".contains($0) }.map(String.init)
        if !secretWords.isDisjoint(with: words) { return .secret }
        return words.contains("key") && harmlessKeys.isDisjoint(with: words) ? .secret : nil
    }

    /// Framing, the connection's management, and the id that ties a request to its row.
    private static let ours: Set<String> = [
        "content-length", "transfer-encoding", "te", "trailer", "connection", "keep-alive", "proxy-connection",
        "upgrade",
        "http2-settings", "expect", "x-request-id",
    ]
    private static let secretWords: Set<String> = [
        "auth", "authorization", "authentication", "token", "accesstoken", "apikey", "apitoken", "secret", "password",
        "passwd", "credential", "credentials", "cookie", "bearer", "jwt", "signature",
    ]
    private static let harmlessKeys: Set<String> = ["idempotency", "cache", "routing", "partition"]

    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
    )
}
