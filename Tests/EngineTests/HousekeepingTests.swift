import Measurement
import TestSupport
import Testing
import Ticks
import Transport

@testable import Engine

@Suite struct HousekeepingTests {
    /// A callback that takes 200 ms, on a loop that looks after itself every 50 ms.
    @Test func `a loop that did not run says from when and for how long`() throws {
        let loop = EventLoop()
        let sink = MemorySink()
        let t0 = MonotonicClock.now()
        let recorder = Recorder(loop: 3, t0: t0, sink: sink, feed: LiveFeed(loops: 4))
        recorder.enter(step: 1, binWidth: 1_000_000_000, now: t0)
        var housekeeping: Housekeeping?
        housekeeping = Housekeeping(loop: loop, t0: t0, loopIndex: 3, recorder: recorder) { now in
            housekeeping?.note(into: recorder, clients: [], inFlight: 0, now: now)
            guard now.nanoseconds(since: t0) > 450_000_000 else { return }
            recorder.finish(at: now)
            loop.stop()
        }
        let blocker = PreciseTimer(loop: loop) { _ in pause(milliseconds: 200) }
        blocker.arm(at: t0.advanced(byNanoseconds: 75_000_000))
        loop.run()

        let stalls = sink.run.incidents.filter { $0.kind == .clientStop }
        let stall = try #require(stalls.first { ($0.ended ?? 0) >= 275_000_000 })
        let until = try #require(stall.ended)
        #expect((50_000_000...275_000_000).contains(stall.at))
        #expect(until - stall.at > 100_000_000)
        #expect(stall.detail?.hasPrefix("client ") ?? false)
        #expect(stall.detail?.contains("(loop 3)") ?? false)
        #expect(sink.run.incidents.count == stalls.count)
        let age = recorder.standstills.age(since: t0, at: t0.advanced(byNanoseconds: 450_000_000))
        #expect(age <= 450_000_000 - 100_000_000)
    }

    /// What judges the limits of a check, of a look before a run and of a metrics source.
    @Test func `a ticker tells for how long its loop did not run`() {
        let loop = EventLoop()
        let began = MonotonicClock.now()
        var ran: Int64 = 0
        var passed: Int64 = 0
        let ticker = Ticker(loop: loop) { standstills in
            let now = MonotonicClock.now()
            (ran, passed) = (standstills.age(since: began, at: now), now.nanoseconds(since: began))
            if passed > 700_000_000 { loop.stop() }
        }
        ticker.start()
        let blocker = PreciseTimer(loop: loop) { _ in pause(milliseconds: 500) }
        blocker.arm(at: began.advanced(byNanoseconds: 50_000_000))
        withExtendedLifetime((ticker, blocker)) { loop.run() }
        #expect(passed - ran >= 400_000_000, "it was due 50 ms after the loop stood still, and ran 500 ms after that")
    }
}
