import Testing
import Ticks

@testable import Engine

@Suite struct HeartbeatTests {
    private func at(_ milliseconds: Double) -> Instant { Instant(nanoseconds: Int64(milliseconds * 1e6)) }

    @Test func `a beat that comes in time finds nothing`() {
        var heartbeat = Heartbeat(at: at(0), cpu: 0, queued: 0)
        #expect(heartbeat.beat(at: at(1.9), cpu: 0, queued: 0) == nil)
        let finding = heartbeat.beat(at: at(2.1), cpu: 0, queued: 0)
        #expect(finding?.lateness == 100_000)
        #expect(finding?.beats == 1)
        #expect(finding?.held == 0)
        #expect(heartbeat.due == at(4))
    }

    @Test func `a stop of two seconds counts as its thousand beats and is timed to the grid`() {
        var heartbeat = Heartbeat(at: at(0), cpu: 5, queued: 0)
        let finding = heartbeat.beat(at: at(2002.5), cpu: 5, queued: 0)
        // Due at 2, 4 ... 2002 ms: 1,001 beats, the last of them half a millisecond late.
        #expect(finding?.beats == 1001)
        #expect(finding?.held == 2_000_500_000)
        #expect(heartbeat.due == at(2004))
    }

    @Test func `time spent computing is not time stopped`() {
        var heartbeat = Heartbeat(at: at(0), cpu: 1_000_000, queued: 0)
        // 8 ms late, 6 ms of CPU since the last beat: 2 ms are missing.
        let busy = heartbeat.beat(at: at(10), cpu: 7_000_000, queued: 0)
        #expect(busy?.lateness == 8_000_000)
        #expect(busy?.held == 2_000_000)
        // Due at 12 ms; all of the lateness was work.
        #expect(heartbeat.beat(at: at(20), cpu: 15_500_000, queued: 0)?.held == 0)
    }

    @Test func `time in which others had the core is told apart, and is never more than was lost`() {
        var heartbeat = Heartbeat(at: at(0), cpu: 0, queued: 3_000_000)
        let finding = heartbeat.beat(at: at(12), cpu: 0, queued: 7_000_000)
        #expect(finding?.held == 10_000_000)
        #expect(finding?.queued == 4_000_000)
        #expect(heartbeat.beat(at: at(16), cpu: 0, queued: 90_000_000)?.queued == 2_000_000)
        #expect(heartbeat.beat(at: at(18.5), cpu: 0, queued: 90_500_000)?.queued == 0)
    }

    /// A loop that sleeps from beat to beat, stopped for `length` ms of every `period` ms; the stops do not fall on the
    /// beats' grid.
    private func stoppedTime(length: Double, period: Double, for total: Double) -> Double {
        var heartbeat = Heartbeat(at: at(0), cpu: 0, queued: 0)
        var stopped: Int64 = 0
        while true {
            let due = Double(heartbeat.due.nanoseconds) / 1e6
            if due >= total { return Double(stopped) / 1e6 }
            let phase = (due - 0.7).truncatingRemainder(dividingBy: period)
            let runs = phase >= 0 && phase < length ? due - phase + length : due
            if let finding = heartbeat.beat(at: at(runs), cpu: 0, queued: 0) { stopped += finding.held }
        }
    }

    // A stop is seen from the first beat in it: up to 2 ms of it are not.
    @Test(arguments: [(50.0, 100.0), (5, 100), (5, 101), (2000, 10_000)])
    func `stops are found to within a beat`(length: Double, period: Double) {
        let stops = (60_000 / period).rounded(.up)
        let seen = stoppedTime(length: length, period: period, for: 60_000)
        #expect(seen <= length * stops)
        #expect(seen >= (length - 2) * (stops - 1), "\(seen) of \(length * stops) ms")
    }
}
