/// Finds out that the wall clock was set, or that the machine slept, from how far the other clocks are from the monotonic
/// one. All times of a run are on the latter, so neither moves a figure; both are told.
struct ClockWatch: Sendable, Hashable {
    /// A wall clock that jumped by more was stepped; slewing moves it by at most half a millisecond a second.
    static let step: Int64 = 5_000_000
    static let sleep: Int64 = 50_000_000

    /// CLOCK_REALTIME and CLOCK_BOOTTIME less CLOCK_MONOTONIC, nanoseconds.
    private(set) var realtime: Int64
    private(set) var boottime: Int64

    init(realtime: Int64, boottime: Int64) { (self.realtime, self.boottime) = (realtime, boottime) }

    struct Finding: Sendable, Hashable {
        var slept: Int64?  // nanoseconds; nil = it did not
        var stepped: Int64?  // nanoseconds, below 0 = back; nil = it was not
    }

    /// What happened since the last look. Sleep moves the wall clock as well, and is no step.
    mutating func look(realtime: Int64, boottime: Int64) -> Finding {
        let slept = boottime - self.boottime
        let stepped = realtime - self.realtime - slept
        (self.realtime, self.boottime) = (realtime, boottime)
        return Finding(slept: slept > Self.sleep ? slept : nil, stepped: abs(stepped) > Self.step ? stepped : nil)
    }
}
