internal import Ticks

/// The last stretch in which a loop did not run: it was stopped, got no core, or was busy with one thing.
///
/// It could neither write nor read then. A limit on how long somebody else may take does not count it: what lay in the
/// socket meanwhile was not late, and a handshake that waited for us is not the server's.
struct Standstill: Sendable, Hashable {
    /// Less is no standstill, nanoseconds.
    static let shortest: Int64 = 100_000_000

    private(set) var last: Range<Instant>?

    /// What was due at `due` runs at `now`.
    /// - Returns: the standstill that this ended, if one was.
    @discardableResult
    mutating func note(due: Instant, ran now: Instant) -> Range<Instant>? {
        guard now.nanoseconds(since: due) > Self.shortest else { return nil }
        last = due..<now
        return last
    }

    /// Nanoseconds since `beginning` in which the loop ran; of several standstills only the last is left out.
    func age(since beginning: Instant, at now: Instant) -> Int64 {
        let age = now.nanoseconds(since: beginning)
        guard let last else { return age }
        return age - max(0, last.upperBound.nanoseconds(since: max(beginning, last.lowerBound)))
    }
}
