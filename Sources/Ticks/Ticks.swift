/// Instants, seeded randomness and a digest: what makes a run repeatable, and says that it is the same. And words that
/// targets without a view of each other share: the kinds of phases and stages, the prices of tokens.
///
/// Everything in spate that depends on time or chance takes it as an argument of one of these types, so that an hour of
/// soak can be replayed in a unit test. Reading a clock is I/O and happens in `Transport`; nothing here does it.

/// A point in time: nanoseconds of CLOCK_MONOTONIC, or of a virtual clock that starts at 0.
///
/// Sixty-four bits of nanoseconds last 292 years, and arithmetic on them is one instruction, where `Duration` (128 bits
/// of attoseconds) is not. Durations that a person writes are `Duration`; durations in the hot path are `Int64`
/// nanoseconds with the unit in the name.
public struct Instant: Sendable, Hashable, Comparable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)
    public static let distantFuture = Instant(nanoseconds: .max)

    @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Nanoseconds from `earlier` to this instant; negative when it lies later.
    @inlinable public func nanoseconds(since earlier: Instant) -> Int64 { nanoseconds &- earlier.nanoseconds }

    @inlinable public func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: nanoseconds &+ duration.nanoseconds)
    }

    @inlinable public func advanced(byNanoseconds delta: Int64) -> Instant {
        Instant(nanoseconds: nanoseconds &+ delta)
    }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero; saturates beyond 292 years.
    @inlinable public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
