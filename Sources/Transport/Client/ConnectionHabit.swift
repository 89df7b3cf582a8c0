/// What a server does with a connection after it has answered on it, learnt by watching.
///
/// Some servers promise keep-alive and close after each stream. A request sent on such a connection crosses the server's
/// FIN and dies, through nobody's slowness. So until a connection has once survived its answer, a freed connection is
/// left alone for `quarantine`; a server seen to close gets a fresh connection for each request.
struct ConnectionHabit: Sendable, Hashable {
    enum Verdict: Sendable, Hashable { case unknown, keepsAlive, closes }

    /// Long enough for a FIN that was sent with the last bytes to have come too.
    static let quarantineNanoseconds: Int64 = 100_000_000

    private(set) var promptCloses = 0
    private(set) var survivals = 0
    private(set) var staleFailures = 0

    /// The server closed a connection `idle` nanoseconds after its answer had ended.
    mutating func closed(afterIdle idle: Int64) { if idle < Self.quarantineNanoseconds { promptCloses += 1 } }
    /// A connection was still open `idle` nanoseconds after its answer.
    mutating func survived(idle: Int64) { if idle >= Self.quarantineNanoseconds { survivals += 1 } }
    /// A request died on a reused connection before any byte of the answer.
    mutating func wentStale() { staleFailures += 1 }

    var verdict: Verdict {
        let closes = promptCloses + staleFailures
        if closes >= 2, closes > survivals { return .closes }
        if closes == 1, survivals == 0 { return .closes }
        return survivals > 0 ? .keepsAlive : .unknown
    }
}
