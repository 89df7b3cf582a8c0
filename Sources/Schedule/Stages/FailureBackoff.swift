/// How long one waits before asking again where nobody took the connection: 250 ms, doubled to 2 s.
public enum RefusalBackoff {
    /// Nanoseconds. Round 0 is the first.
    public static func pause(round: Int) -> Int64 { 250_000_000 << Int64(min(max(0, round), 3)) }
}

/// How long a slot pauses after a request that failed at once, so that a broken server does not make the loop spin.
///
/// 10 ms, doubled for each full round of the slots that failed in a row, at most 100 ms; where nobody took the connection
/// `RefusalBackoff` by rounds, so that a restart is waited for and not hammered. Back to none with the first request that
/// takes its time.
struct FailureBackoff: Sendable {
    private let slots: Int
    private var failures = 0  // in a row
    private var refusals = 0

    init(slots: Int) { self.slots = max(1, slots) }

    /// Nanoseconds before the slot of the request that just ended may be used again.
    mutating func pause(failedFast: Bool, refused: Bool) -> Int64 {
        if refused {
            defer { refusals += 1 }
            return RefusalBackoff.pause(round: refusals / slots)
        }
        refusals = 0
        guard failedFast else {
            failures = 0
            return 0
        }
        let round = min(failures / slots, 4)
        failures += 1
        return min(10_000_000 << Int64(round), 100_000_000)
    }
}
