internal import Ticks

/// Finds out when a loop did not run, from beats that are due on a grid 2 ms apart.
///
/// A beat that could not run when it was due is counted with its own lateness, so that the lags are those of a random
/// instant and a long stop weighs as much as it lasted. Of the lateness, what the thread did not spend computing is time
/// in which it was kept from running: stopped, preempted, or on a machine that stood still.
struct Heartbeat: Sendable, Hashable {
    static let interval: Int64 = 2_000_000
    /// A wake-up is some 100 µs late on a healthy machine; less than this is no stop.
    static let shortestStop: Int64 = 1_000_000

    /// What one beat found.
    struct Finding: Sendable, Hashable {
        /// The first beat that was due, and when it ran.
        var due: Instant
        var ran: Instant
        /// Beats that came due up to `ran`: the first `lateness` late, each next one `interval` less.
        var beats: Int
        /// Time of the lateness in which the thread was kept from running, nanoseconds; 0 when under `shortestStop`.
        var held: Int64
        /// The part of it in which the thread could have run, but others had its core.
        var queued: Int64

        var lateness: Int64 { ran.nanoseconds(since: due) }
    }

    /// When the next beat is due.
    private(set) var due: Instant
    private var cpu: Int64
    private var queued: Int64

    /// - Parameters:
    ///   - cpu: CPU time of the loop's thread so far, nanoseconds
    ///   - queued: time it has waited for a core so far, nanoseconds
    init(at now: Instant, cpu: Int64, queued: Int64) {
        due = now.advanced(byNanoseconds: Self.interval)
        self.cpu = cpu
        self.queued = queued
    }

    /// nil when it is not due yet.
    mutating func beat(at now: Instant, cpu spent: Int64, queued waited: Int64) -> Finding? {
        let lateness = now.nanoseconds(since: due)
        guard lateness >= 0 else { return nil }
        let beats = Int(lateness / Self.interval) + 1
        let lost = lateness - max(0, spent - cpu)
        let held = lost >= Self.shortestStop ? lost : 0
        let finding = Finding(
            due: due,
            ran: now,
            beats: beats,
            held: held,
            queued: min(held, max(0, waited - queued))
        )
        due = due.advanced(byNanoseconds: Int64(beats) * Self.interval)
        cpu = spent
        queued = waited
        return finding
    }
}
