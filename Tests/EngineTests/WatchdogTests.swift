import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

@Suite struct WatchdogTests {
    /// connect 1 s, first token 5 s, idle 2 s, total 20 s; a request dispatched at 100 s.
    private let watchdog = Watchdog(
        Timeouts(connect: .seconds(1), firstToken: .seconds(5), idle: .seconds(2), total: .seconds(20))
    )

    /// Seconds after the dispatch.
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: 100_000_000_000 + Int64(seconds * 1e9)) }

    private func verdict(
        written: Double? = nil,
        firstToken: Double? = nil,
        lastRead: Double? = nil,
        standstill: Range<Double>...,
        now: Double,
        by other: Watchdog? = nil
    ) -> Outcome? {
        var still = Standstills()
        for one in standstill { still.note(due: at(one.lowerBound), ran: at(one.upperBound)) }
        return (other ?? watchdog).verdict(
            dispatched: at(0),
            written: written.map(at),
            firstToken: firstToken.map(at),
            lastRead: lastRead.map(at),
            standstills: still,
            now: at(now)
        )
    }

    @Test func `a request that has not been written runs into the connect timeout, at the instant`() {
        #expect(verdict(now: 0.999_999_999) == nil)
        #expect(verdict(now: 1) == .timeoutConnect)
    }

    @Test func `a request that was written waits for its first token`() {
        #expect(verdict(written: 0.1, now: 4.999_999_999) == nil)
        #expect(verdict(written: 0.1, now: 5) == .timeoutFirstToken)
    }

    @Test func `keep-alives put off neither the first token's timeout nor, before it, the idle one`() {
        #expect(verdict(written: 0.1, lastRead: 4.9, now: 5) == .timeoutFirstToken)
        #expect(verdict(written: 0.1, lastRead: 0.2, now: 4.9) == nil)
    }

    @Test func `a reader knows that the request was written, whatever else it knows`() {
        #expect(verdict(lastRead: 0.5, now: 3) == nil)
    }

    @Test func `a stream that pauses runs into the idle timeout, counted from the last read`() {
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 6, now: 7.999_999_999) == nil)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 6, now: 8) == .timeoutIdle)
    }

    @Test func `no timeout comes before the instant that was called safe, whatever the request went through`() {
        var random = SplitMix64(seed: 7)
        var verdicts = 0
        for _ in 0..<2_000 {
            func seconds(_ most: Double) -> Duration { .seconds(0.1 + random.unit() * most) }
            let other = Watchdog(
                Timeouts(connect: seconds(3), firstToken: seconds(9), idle: seconds(4), total: seconds(20))
            )
            var (written, token, lastRead) = (Instant?.none, Instant?.none, Instant?.none)
            var safe = at(0)
            var still = Standstills()
            for step in 0..<500 {
                let now = at(Double(step) * 0.1)
                if random.unit() < 0.02 { still.note(due: at(Double(step) * 0.1 - random.unit() * 3), ran: now) }
                // What can happen to a request, in any order that makes sense.
                switch Int(random.unit() * 40) {
                case 0: written = written ?? now
                case 1 where written != nil: lastRead = now
                case 2 where written != nil: (token, lastRead) = (token ?? now, now)
                default: break
                }
                let verdict = other.verdict(
                    dispatched: at(0),
                    written: written,
                    firstToken: token,
                    lastRead: lastRead,
                    standstills: still,
                    now: now
                )
                if now >= safe {
                    safe = other.safe(
                        dispatched: at(0),
                        written: written,
                        firstToken: token,
                        lastRead: lastRead,
                        now: now
                    )
                } else {
                    #expect(verdict == nil)
                }
                if verdict != nil {
                    verdicts += 1
                    #expect(safe <= now, "an overdue request is looked at again")
                    break
                }
            }
        }
        #expect(verdicts == 2_000)
    }

    @Test func `a stream that never pauses runs into the total timeout`() {
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 19.9, now: 19.999_999_999) == nil)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 19.9, now: 20) == .timeoutTotal)
    }

    @Test func `no limit counts the time in which the loop stood still`() {
        #expect(verdict(standstill: 0.5..<3, now: 3.49) == nil)
        #expect(verdict(standstill: 0.5..<3, now: 3.5) == .timeoutConnect)
        #expect(verdict(written: 0.1, standstill: 1..<9, now: 12.99) == nil)
        #expect(verdict(written: 0.1, standstill: 1..<9, now: 13) == .timeoutFirstToken)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 1, standstill: 0.5..<4, now: 5.99) == nil)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 1, standstill: 0.5..<4, now: 6) == .timeoutIdle)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 31, standstill: 2..<14, now: 31.9) == nil)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 31, standstill: 2..<14, now: 32) == .timeoutTotal)
    }

    @Test func `a standstill before a limit began is none of its time`() {
        #expect(verdict(standstill: -5..<0, now: 1) == .timeoutConnect)
        #expect(verdict(written: 0.1, firstToken: 0.3, lastRead: 4, standstill: 1..<4, now: 6) == .timeoutIdle)
    }

    @Test func `of several standstills none is counted`() {
        #expect(verdict(written: 0.1, standstill: 1..<3, 3.5..<4.5, 5..<5.25, now: 8.24) == nil)
        #expect(verdict(written: 0.1, standstill: 1..<3, 3.5..<4.5, 5..<5.25, now: 8.25) == .timeoutFirstToken)
        // A long stop is not forgotten for the short one behind it; what overlaps counts once.
        #expect(verdict(written: 0.1, standstill: 1..<71, 70.5..<71.5, now: 75.49) == nil)
        #expect(verdict(written: 0.1, standstill: 1..<71, 70.5..<71.5, now: 75.5) == .timeoutFirstToken)
    }

    @Test func `a tenth of a second is no standstill`() {
        var still = Standstills()
        #expect(still.note(due: at(0), ran: at(0.1)) == nil)
        #expect(still.age(since: at(0), at: at(1)) == 1_000_000_000)
        #expect(still.note(due: at(0), ran: at(0.100_000_001)) == at(0)..<at(0.100_000_001))
        #expect(still.age(since: at(0), at: at(1)) == 899_999_999)
    }

    @Test func `where several have run out, the contract's order decides`() {
        let equal = Watchdog(
            Timeouts(connect: .seconds(1), firstToken: .seconds(1), idle: .seconds(1), total: .seconds(1))
        )
        #expect(verdict(now: 1, by: equal) == .timeoutConnect)
        #expect(verdict(written: 0.1, now: 1, by: equal) == .timeoutFirstToken)
        #expect(verdict(written: 0.1, firstToken: 0.2, lastRead: 0.2, now: 1.2, by: equal) == .timeoutIdle)
        #expect(verdict(written: 0.1, firstToken: 0.2, lastRead: 0.9, now: 1.2, by: equal) == .timeoutTotal)
    }
}
