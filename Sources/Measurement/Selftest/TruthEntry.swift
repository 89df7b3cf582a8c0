/// What a server with a known truth says of one request that it answered in full.
public struct TruthEntry: Sendable, Hashable {
    public var firstToken: Int64  // when it had sent its first token, nanoseconds since the run's t0
    public var lastToken: Int64
    public var tokens: Int

    public init(firstToken: Int64, lastToken: Int64, tokens: Int) {
        self.firstToken = firstToken
        self.lastToken = lastToken
        self.tokens = tokens
    }
}
