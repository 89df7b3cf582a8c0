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
    }
}
