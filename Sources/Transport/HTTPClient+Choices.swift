extension HTTPClient {
    /// Where the connection of a transfer may come from.
    public enum Connection: Sendable, Hashable {
        /// An idle one, if the server is known to keep them alive; else a new one.
        case any
        /// A new one, opened by the transfer itself.
        case cold
        /// One of those that `preopen` made; a new one when none is left.
        case preopened
        /// An idle one whatever the server's habits, for connections that were warmed on purpose; else a new one.
        case warm
    }

    /// What the answers are like, so that streams, of which there are many, cost little memory, and documents few reads.
    public enum Answers: Sendable, Hashable {
        case streams, documents

        /// Bytes that libcurl reads at once, and holds for each transfer.
        var readSize: Int { self == .streams ? 1_024 : 16_384 }
    }
}
