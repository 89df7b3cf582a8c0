internal import Ticks

/// Sockets that were full when their loop looked again after it had stood still: their senders had been kept from sending.
///
/// What a sender held back comes when there is room again, and its stamp says when that was. Nobody tells how long it had
/// waited: for an answer that was under way, whatever such a socket brings may be as old as the loop's last look, for as
/// long again as the loop stood. A sender that makes bytes half as fast as they can travel has sent all by then.
struct FullSockets {
    private struct Row {
        let stood: Range<Instant>
        let until: Instant

        func earliest(_ dispatched: Instant, _ stamp: Instant) -> Instant? {
            stamp < until && dispatched < stood.upperBound ? stood.lowerBound : nil
        }
    }

    private var rows: [Int32: Row] = [:]
    private var latest = Instant.zero  // when the last of them has passed

    /// The socket was full when a loop that had not looked since `stood` began looked again at its end.
    mutating func add(_ socket: Int32, stood: Range<Instant>) {
        let until = stood.upperBound.advanced(byNanoseconds: stood.upperBound.nanoseconds(since: stood.lowerBound))
        var row = Row(stood: stood, until: until)
        if let former = rows[socket], former.until > stood.lowerBound {
            row = Row(stood: former.stood.lowerBound..<stood.upperBound, until: until)
        }
        rows[socket] = row
        latest = max(latest, until)
    }

    /// Before which bytes of this stamp had not been made, though they may have been at any time since; nil = the stamp is
    /// as good as any.
    /// - Parameters:
    ///   - socket: that brought them; nil = any of them may have
    ///   - dispatched: when what they answer was sent
    @inline(__always)
    func earliest(of socket: Int32?, answering dispatched: Instant, at stamp: Instant) -> Instant? {
        if stamp >= latest { return nil }
        guard let socket else { return rows.values.compactMap { $0.earliest(dispatched, stamp) }.min() }
        return rows[socket]?.earliest(dispatched, stamp)
    }

    /// Another socket has its number.
    mutating func forget(_ socket: Int32) {
        if !rows.isEmpty { rows[socket] = nil }
    }
}
