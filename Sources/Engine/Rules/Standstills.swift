internal import Ticks

/// The stretches in which a loop did not run: it was stopped, got no core, or was busy with one thing.
///
/// It could neither write nor read then. A limit on how long somebody else may take does not count them: what lay in the
/// socket meanwhile was not late, and a handshake that waited for us is not the server's.
struct Standstills: Sendable, Hashable {
    /// Less is no standstill, nanoseconds.
    static let shortest: Int64 = 100_000_000
    /// So many are kept, the newest.
    private static let most = 64

    private var rows: [Range<Instant>] = []

    /// What was due at `due` runs at `now`.
    /// - Returns: the standstill that this ended, if one was.
    @discardableResult
    mutating func note(due: Instant, ran now: Instant) -> Range<Instant>? {
        guard now.nanoseconds(since: due) > Self.shortest else { return nil }
        if rows.count == Self.most { rows.removeFirst() }
        let row = max(due, rows.last?.upperBound ?? due)..<now
        rows.append(row)
        return row
    }

    /// Nanoseconds since `beginning` in which the loop ran.
    func age(since beginning: Instant, at now: Instant) -> Int64 {
        var age = now.nanoseconds(since: beginning)
        for row in rows.reversed() where row.upperBound > beginning {
            age -= row.upperBound.nanoseconds(since: max(beginning, row.lowerBound))
        }
        return age
    }
}
