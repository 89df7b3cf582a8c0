internal import Measurement
internal import Schedule
internal import Ticks

/// The four timeouts of the contract, as a question that can be asked at any time.
struct Watchdog: Sendable {
    private let connect: Int64
    private let firstToken: Int64
    private let idle: Int64
    private let total: Int64

    init(_ timeouts: Timeouts) {
        connect = timeouts.connect.nanoseconds
        firstToken = timeouts.firstToken.nanoseconds
        idle = timeouts.idle.nanoseconds
        total = timeouts.total.nanoseconds
    }

    /// An instant before which a request runs into no timeout, whatever comes of it from `now` on. Arguments as below.
    func safe(dispatched: Instant, written: Instant?, firstToken token: Instant?, lastRead: Instant?, now: Instant)
        -> Instant
    {
        var age = total
        if written == nil, lastRead == nil { age = min(age, connect) }
        if token == nil { age = min(age, firstToken) }
        let silentSince = token == nil ? now : lastRead ?? now  // the first token may come at any time
        return min(dispatched.advanced(byNanoseconds: age), silentSince.advanced(byNanoseconds: idle))
    }

    /// The timeout that a request has run into at `now`, or nil; of several the first in the contract's order.
    /// - Parameters:
    ///   - written: when its last byte was written; nil while it connects
    ///   - firstToken: nil before it
    ///   - lastRead: when anything last came
    ///   - standstills: in which nothing could be read
    func verdict(
        dispatched: Instant,
        written: Instant?,
        firstToken token: Instant?,
        lastRead: Instant?,
        standstills: Standstills,
        now: Instant
    ) -> Outcome? {
        let age = standstills.age(since: dispatched, at: now)
        if written == nil, lastRead == nil, age >= connect { return .timeoutConnect }
        if token == nil, age >= firstToken { return .timeoutFirstToken }
        if token != nil, let lastRead, standstills.age(since: lastRead, at: now) >= idle { return .timeoutIdle }
        return age >= total ? .timeoutTotal : nil
    }
}
