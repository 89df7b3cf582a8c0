/// The speed of one stream after its first token: (streamed − n1) tokens between the first and the last, n1 being those
/// that came with the first read.
///
/// Events are not tokens: one may carry several, so counting them gives neither a rate nor a time per token.
public struct TokenPace: Sendable, Hashable {
    public let tokens: Double
    public let nanoseconds: Int64

    /// nil unless some tokens came after the first read and some time passed.
    public init?(streamedTokens: Double, firstReadTokens: Double, firstToken: Int64, lastToken: Int64) {
        tokens = streamedTokens - firstReadTokens
        nanoseconds = lastToken - firstToken
        guard tokens > 0, nanoseconds > 0 else { return nil }
    }

    public var tokensPerSecond: Double { tokens * 1e9 / Double(nanoseconds) }
    public var millisecondsPerToken: Double { Double(nanoseconds) / 1e6 / tokens }
}
