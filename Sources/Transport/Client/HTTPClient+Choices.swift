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
    }

    /// Each name once, at its first place, with its last value.
    static func unique(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        for header in headers {
            let name = header.name.lowercased()
            if let place = result.firstIndex(where: { $0.name.lowercased() == name }) {
                result[place] = header
            } else {
                result.append(header)
            }
        }
        return result
    }
}
