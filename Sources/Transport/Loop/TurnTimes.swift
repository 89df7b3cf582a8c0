internal import Ticks

/// When a loop waited for events in its latest two turns, and when it did not: by how much its stamps may be late.
///
///     poll ──(waits)──► woke ──(handles events)──► poll ──► woke ──► ...
///
/// The time between `woke` and the next poll is never waiting. Of a poll, what a due beat was late by is time in which the
/// thread did not run, though nobody can say whether it had stopped a little before: then the whole poll counts, 2 ms more
/// at most.
struct TurnTimes: Sendable, Hashable {
    /// A wake-up is some 100 µs late on a healthy machine; less than this is no stop. The heartbeat's limit, too.
    static let shortestStop: Int64 = 1_000_000
    /// A loop that does not look for so long has stood still.
    static let shortestStandstill: Int64 = 100_000_000

    private(set) var pollBegan: Instant
    private(set) var previousPollBegan: Instant
    private(set) var woke: Instant
    private(set) var previousWoke: Instant
    /// When something is due that wakes the loop, whatever else happens: its heartbeat.
    var wakesBy = Instant.distantFuture
    /// The part of the latest poll in which the thread was stopped, or others had its core, nanoseconds; ends with `woke`.
    private(set) var held: Int64 = 0
    private(set) var previousHeld: Int64 = 0
    /// In callbacks so far, without the present turn; and held in polls. Nanoseconds.
    private(set) var busy: Int64 = 0
    private(set) var stopped: Int64 = 0

    /// Since when bytes may wait that have been read and are yet to be delivered, or are yet to be read, for the loop had
    /// not looked in time; nil = it has caught up.
    private(set) var behindSince: Instant?
    /// What the loop did not look at in time in this turn; nil = it stood no longer than `shortestStandstill`.
    var standstill: Range<Instant>? {
        let stood = max(held, pollBegan.nanoseconds(since: previousWoke))
        return stood >= Self.shortestStandstill && previousPollBegan < woke ? previousPollBegan..<woke : nil
    }

    init(at now: Instant) { (pollBegan, previousPollBegan, woke, previousWoke) = (now, now, now, now) }

    /// - Parameter waited: whether the poll did: then nothing was left that it could have told of.
    mutating func wakes(at now: Instant, waited: Bool = false) {
        previousWoke = woke
        woke = now
        previousHeld = held
        held = now.nanoseconds(since: wakesBy) >= Self.shortestStop ? now.nanoseconds(since: pollBegan) : 0
        stopped += held
        if waited, held == 0 {
            behindSince = nil
        } else if behindSince == nil, max(held, pollBegan.nanoseconds(since: previousWoke)) >= Self.shortestStop {
            behindSince = previousPollBegan
        }
    }

    mutating func polls(at now: Instant) {
        busy += now.nanoseconds(since: woke)
        previousPollBegan = pollBegan
        pollBegan = now
    }

    /// By how much bytes that a read of this turn brought may have arrived before its stamp: the time since the poll before
    /// began, up to the stamp, in which the loop would not have seen them.
    ///
    ///     poll ──(waits)──(kept)── woke ──(busy)── poll ──(waits)──(kept)── woke ──(busy)── stamp
    ///
    /// A thread can be kept from running with its events already in hand: what came meanwhile is of the next turn. So the
    /// poll before counts too.
    /// - Parameters:
    ///   - starved: how long the thread waited for a core in the latest poll, at most, nanoseconds
    ///   - before: the same of the poll before
    func lateness(of stamp: Instant, starved: Int64, before: Int64) -> Int64 {
        let keptBefore = min(max(previousHeld, before), previousWoke.nanoseconds(since: previousPollBegan))
        let kept = min(max(held, starved), woke.nanoseconds(since: pollBegan))
        let untilPoll = min(stamp, pollBegan).nanoseconds(since: previousWoke) + max(0, keptBefore)
        let present = min(stamp.nanoseconds(since: woke) + max(0, kept), stamp.nanoseconds(since: pollBegan))
        return max(0, untilPoll) + max(0, present)
    }
}

/// What a loop's thread has spent so far, nanoseconds: read twice, the difference tells how long it did not wait for
/// events in between.
struct LoopLedger: Sendable, Hashable {
    var busy: Int64  // in callbacks, whatever became of the thread meanwhile
    var stopped: Int64  // held in polls
    var starved: Int64  // waiting for a core
    var cpu: Int64

    /// Running and waiting for a core add up; in callbacks the thread does either, or was stopped.
    func notWaiting(since earlier: LoopLedger) -> Int64 {
        max(busy - earlier.busy, cpu - earlier.cpu + starved - earlier.starved) + stopped - earlier.stopped
    }
}
