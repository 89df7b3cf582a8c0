internal import CCurl
internal import Glibc
public import Ticks

/// The clocks of this machine. The only place where time is read.
public enum MonotonicClock {
    /// CLOCK_MONOTONIC now.
    public static func now() -> Instant { Instant(nanoseconds: spate_monotonic()) }

    /// CLOCK_REALTIME − CLOCK_MONOTONIC, nanoseconds: a step of the wall clock shows as a jump.
    ///
    /// Of three samples the one taken in the shortest time, so that a pre-emption between the two reads does not count.
    public static func realtimeOffset() -> Int64 { offset(of: CLOCK_REALTIME) }

    /// CLOCK_BOOTTIME − CLOCK_MONOTONIC, nanoseconds: grows while the machine is suspended.
    public static func boottimeOffset() -> Int64 { offset(of: CLOCK_BOOTTIME) }

    private static func offset(of clock: clockid_t) -> Int64 {
        var best: (width: Int64, offset: Int64) = (.max, 0)
        for _ in 0..<3 {
            let before = spate_monotonic()
            let other = spate_clock(clock)
            let after = spate_monotonic()
            if after - before < best.width { best = (after - before, other - (before + (after - before) / 2)) }
        }
        return best.offset
    }
}
