/// How long a slot pauses after a request that failed at once, so that a refused port does not make the loop spin.
///
/// 10 ms, doubled for each full round of the slots that failed in a row, at most 100 ms; back to none with the first
/// request that takes its time. With 8 slots and 2 s that is at most 1,600 attempts, and in fact far fewer.
struct FastFailureBackoff: Sendable {
    private let slots: Int
    private var failures = 0  // in a row

    init(slots: Int) { self.slots = max(1, slots) }

    /// Nanoseconds before the slot of the request that just ended may be used again.
    mutating func pause(failedFast: Bool) -> Int64 {
        guard failedFast else {
            failures = 0
            return 0
        }
        let round = min(failures / slots, 4)
        failures += 1
        return min(10_000_000 << Int64(round), 100_000_000)
    }
}
