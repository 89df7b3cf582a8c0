/// How long synthetic prompts came out, by the server's own count, against what was asked for.
public struct InputLengthResult: Sendable, Hashable {
    /// Beyond this share, and `slackTokens`, the report says that lengths are not those asked for.
    public static let limit = 0.05
    static let slackTokens = 4.0

    public var requests = 0  // successes whose prompt was ours and whose count the server told
    public var asked = 0.0  // tokens, mean
    public var counted = 0.0
    /// Share of them whose own count is off by more than the limit.
    public var offShare = 0.0

    /// 0.1 = a tenth more than asked for.
    public var error: Double { asked > 0 ? counted / asked - 1 : 0 }
    public var isOff: Bool { Self.isOff(asked, counted) }

    private static func isOff(_ asked: Double, _ counted: Double) -> Bool {
        abs(counted - asked) > max(limit * asked, slackTokens)
    }

    /// nil where no prompt was ours, or none was counted.
    init?(of requests: RequestSet) {
        let pairs = requests.successes.compactMap { request -> (asked: Double, counted: Double)? in
            guard let asked = request.askedInputTokens, let counted = request.inputTokens, asked > 0, counted > 0 else {
                return nil
            }
            return (Double(asked), Double(counted))
        }
        guard !pairs.isEmpty else { return nil }
        let count = Double(pairs.count)
        self.requests = pairs.count
        asked = pairs.reduce(0) { $0 + $1.asked } / count
        counted = pairs.reduce(0) { $0 + $1.counted } / count
        offShare = Double(pairs.count { Self.isOff($0.asked, $0.counted) }) / count
    }
}
