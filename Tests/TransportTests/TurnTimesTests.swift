import Testing
import Ticks

@testable import Transport

@Suite struct TurnTimesTests {
    private func at(_ milliseconds: Double) -> Instant { Instant(nanoseconds: Int64(milliseconds * 1e6)) }
    private func ns(_ milliseconds: Double) -> Int64 { Int64(milliseconds * 1e6) }

    /// Waits from 0, is woken at each first number and goes to wait again at each second.
    private func turns(_ turns: [(woke: Double, polls: Double)], then woke: Double, dueAt: Double = .infinity)
        -> TurnTimes
    {
        var times = TurnTimes(at: at(0))
        for turn in turns {
            times.wakes(at: at(turn.woke))
            times.polls(at: at(turn.polls))
        }
        if dueAt.isFinite { times.wakesBy = at(dueAt) }
        times.wakes(at: at(woke))
        return times
    }

    @Test func `a loop that waited and ran would have seen bytes when they came`() {
        // Woken at 10 for 0.2 ms; bytes stamped 15 wake it at 15.05.
        let times = turns([(10, 10.2)], then: 15.05)
        #expect(times.lateness(of: at(15), starved: 0, before: 0) == ns(0.2))  // they may have come while it was busy
        // Without a kernel stamp the instant of the read stands for it, and with it the time since the wake-up.
        #expect(times.lateness(of: at(15.25), starved: 0, before: 0) == ns(0.4))
    }

    @Test func `what came while the loop was busy is late by no more than that`() {
        let times = turns([(10, 40)], then: 40.01)
        #expect(times.lateness(of: at(25), starved: 0, before: 0) == ns(15))
        #expect(times.lateness(of: at(39), starved: 0, before: 0) == ns(29))
        #expect(times.lateness(of: at(9), starved: 0, before: 0) == 0)
    }

    @Test func `a due beat that came late tells of a stop, and the whole poll counts`() {
        // Waits from 10.2, is due at 12, and runs at 162: a stop of up to 151.8 ms.
        let times = turns([(10, 10.2)], then: 162, dueAt: 12)
        #expect(times.held == ns(151.8))
        #expect(times.lateness(of: at(110.2), starved: 0, before: 0) == ns(100.2))
        #expect(times.stopped == ns(151.8))
        // 0.9 ms late is a wake-up.
        #expect(turns([(10, 10.2)], then: 12.9, dueAt: 12).held == 0)
    }

    @Test func `a thread that waited for a core is late by that, but not for bytes that came later`() {
        let times = turns([(10, 10)], then: 18)
        #expect(times.lateness(of: at(17), starved: ns(3), before: 0) == ns(2))  // ready to run from 15 on
        #expect(times.lateness(of: at(15), starved: ns(3), before: 0) == 0)
        #expect(times.lateness(of: at(18), starved: ns(100), before: 0) == ns(8))  // no more than the poll was long
    }

    @Test func `what came while the thread was kept with older events in hand is late, though the next turn reads it`()
    {
        // The beat of 12 was fetched in time, but the thread could run only at 62; bytes came at 30, are stamped 55 by
        // those behind them, and are read at once in the next turn.
        var times = turns([(10, 10.2)], then: 62, dueAt: 12)
        times.polls(at: at(62.1))
        times.wakesBy = at(64)
        times.wakes(at: at(62.2))
        #expect(times.lateness(of: at(55), starved: 0, before: 0) == ns(44.8))
        // The same by the wait for a core alone: ready to run from 22 on.
        var waited = turns([(10, 10.2)], then: 62)
        waited.polls(at: at(62.1))
        waited.wakes(at: at(62.2))
        #expect(waited.lateness(of: at(55), starved: 0, before: ns(40)) == ns(33))
        #expect(waited.lateness(of: at(55), starved: 0, before: 0) == 0)
        #expect(waited.lateness(of: at(62.15), starved: 0, before: 0) == ns(0.1))
    }

    @Test func `over many turns what is busy and what is stopped adds up`() {
        var times = turns([(1, 2), (5, 8)], then: 20, dueAt: 10)
        times.polls(at: at(21))
        #expect(times.busy == ns(5))
        #expect(times.stopped == ns(12))
    }

    @Test(arguments: [
        // busy, stopped, starved, cpu -> not waiting
        (5.0, 0.0, 0.0, 5.0, 5.0),  // it ran
        (5, 0, 3, 2, 5),  // it was preempted while busy: once, not twice
        (2, 0, 3, 2, 5),  // it waited for a core before it could be busy
        (2, 150, 0, 2, 152),  // it was stopped
        (0, 0, 0, 0, 0),
    ])
    func `a ledger counts each moment that was no waiting once`(
        busy: Double,
        stopped: Double,
        starved: Double,
        cpu: Double,
        expected: Double
    ) {
        let before = LoopLedger(busy: 7, stopped: 8, starved: 9, cpu: 10)
        let after = LoopLedger(
            busy: 7 + ns(busy),
            stopped: 8 + ns(stopped),
            starved: 9 + ns(starved),
            cpu: 10 + ns(cpu)
        )
        #expect(after.notWaiting(since: before) == ns(expected))
    }

    @Test func `a loop that did not look in time is behind until it waits again`() {
        var times = turns([(10, 10.2)], then: 15)
        #expect(times.behindSince == nil)
        times.polls(at: at(16.5))  // 1.5 ms in callbacks
        times.wakes(at: at(16.51))
        #expect(times.behindSince == at(10.2))
        times.polls(at: at(16.6))
        times.wakes(at: at(16.61))
        #expect(times.behindSince == at(10.2))
        times.polls(at: at(16.7))
        times.wakes(at: at(17), waited: true)
        #expect(times.behindSince == nil)
        // A stop looks like waiting.
        times.polls(at: at(17.1))
        times.wakesBy = at(19)
        times.wakes(at: at(4_017), waited: true)
        #expect(times.behindSince == at(16.7))
    }

    @Test func `a loop that did not look for a tenth of a second stood still`() {
        #expect(turns([(10, 109)], then: 109.1).standstill == nil)
        #expect(turns([(10, 110)], then: 110.1).standstill == at(0)..<at(110.1))
        #expect(turns([(10, 10.2)], then: 162, dueAt: 12).standstill == at(0)..<at(162))
        #expect(turns([(10, 10.2)], then: 162).standstill == nil, "nothing was due: it waited")
    }
}
