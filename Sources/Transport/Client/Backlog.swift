internal import CCurl
internal import Ticks

/// What a read left in its socket after a stretch in which the loop had not looked: it is read in later turns, though it
/// came before them.
struct Backlog: Sendable, Hashable {
    /// A loop that has not looked for less leaves nothing behind that matters, nanoseconds.
    static let shortest: Int64 = 1_000_000

    /// Its bytes that are yet to be read.
    private var left: Int
    /// It had not come when this instant was.
    let earliest: Instant
    private let seen: Instant  // by the read that left it
    private let late: Int64  // at most, of what had come by then

    /// - Parameters:
    ///   - bytes: that were left
    ///   - late: by how much they may have come before `seen` with the loop not waiting, nanoseconds
    init(bytes: Int, earliest: Instant, seen: Instant, late: Int64) {
        left = bytes
        (self.earliest, self.seen, self.late) = (earliest, seen, late)
    }

    /// What is left behind a read at `now` that took `count` bytes and left `unread`; nil = nothing. What has come since
    /// this was seen is a backlog of its own.
    func after(reading count: Int, leaving unread: Int, at now: Instant) -> Backlog? {
        guard unread > 0 else { return nil }
        var rest = self
        rest.left -= count
        if rest.left > 0 { return rest }
        return Backlog(bytes: unread, earliest: seen, seen: now, late: now.nanoseconds(since: seen))
    }

    /// By how much bytes of it may have arrived before their stamp, nanoseconds.
    func lateness(of stamp: Instant) -> Int64 {
        stamp >= seen
            ? late + stamp.nanoseconds(since: seen) : max(0, min(late, stamp.nanoseconds(since: earliest)))
    }
}

/// The sockets of one thread that have a backlog: none, as a rule.
struct Backlogs {
    private var rows: [Int32: Backlog] = [:]

    /// What the latest read was of; nil = of nothing that had waited for longer than a turn.
    private(set) var present: Backlog?

    /// A read of this socket.
    mutating func reads(_ read: spate_receive_state, on loop: EventLoop) {
        if rows.isEmpty {
            present = nil
            if read.emptied { return }
        } else {
            present = rows[read.socket]
        }
        if read.emptied {
            rows[read.socket] = nil
        } else {
            leaves(read, on: loop)
        }
    }

    private mutating func leaves(_ read: spate_receive_state, on loop: EventLoop) {
        let now = Instant(nanoseconds: read.read_monotonic)
        if let present {
            let unread = Int(spate_unread(read.socket))
            rows[read.socket] = present.after(reading: Int(read.count), leaving: unread, at: now)
            return
        }
        // Asked of reads that may have left something: under TLS all of them.
        guard loop.turn.lateness(of: now, starved: 0, before: 0) > Backlog.shortest else { return }
        let unread = Int(spate_unread(read.socket))
        guard unread > 0 else { return }
        let earliest = loop.turn.previousPollBegan
        rows[read.socket] = Backlog(bytes: unread, earliest: earliest, seen: now, late: loop.lateness(of: now))
    }

    /// Whoever has read this socket until `now` reads it no more; what is left had not come before `earliest`.
    mutating func leaves(_ socket: Int32, unreadSince earliest: Instant, at now: Instant) {
        let unread = Int(spate_unread(socket))
        guard unread > 0 else { return }
        let late = now.nanoseconds(since: earliest)
        rows[socket] = Backlog(bytes: unread, earliest: earliest, seen: now, late: late)
    }

    /// The read was somebody else's, or bytes of an earlier one are delivered.
    mutating func readsNone() { present = nil }

    /// A new socket has this number.
    mutating func forget(_ socket: Int32) { rows[socket] = nil }
}
