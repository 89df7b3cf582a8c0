import Testing
import Ticks

@testable import Measurement

@Suite struct FrontierTests {
    private func point(_ level: Int, _ perUser: Double, _ aggregate: Double, _ ttft: Double) -> FrontierResult.Point {
        FrontierResult.Point(
            concurrency: level,
            perUser: perUser,
            aggregate: aggregate,
            ttftP95Milliseconds: ttft,
            dollarsPerMillion: 1
        )
    }

    private var curve: [FrontierResult.Point] {
        [point(1, 100, 100, 50), point(2, 90, 180, 60), point(4, 60, 240, 120)]
    }

    @Test(arguments: [(100.0, 100.0), (95, 140), (90, 180), (75, 210), (60, 240)])
    func `between levels it is read along a straight line`(at: Double, expected: Double) throws {
        let found = try #require(FrontierResult.read(curve, .perUser, at))
        #expect(abs(found.aggregate - expected) < 1e-9)
        #expect(found.dollars == 1)
    }

    @Test func `beyond the levels that were tested nothing is read`() {
        #expect(FrontierResult.read(curve, .perUser, 101) == nil)
        #expect(FrontierResult.read(curve, .perUser, 59) == nil)
        #expect(FrontierResult.read(curve, .ttftP95, 121) == nil)
        #expect(FrontierResult.read(curve, .ttftP95, 90)?.aggregate == 210)
    }

    @Test func `a curve that comes back gives the most that it has at a place`() {
        let retrograde = curve + [point(8, 70, 100, 300)]
        #expect(FrontierResult.read(retrograde, .perUser, 65)?.aggregate == 230)
    }

    /// A ramp of levels 1 and 2 against two targets, of which the second has half the tokens each.
    @Test func `targets are read at the same speed per user, with intervals that hold the curves`() throws {
        var builder = RunResultBuilder()
        builder.recorded.targets[0].name = "a"
        let second = builder.target("b")
        for (target, gap) in [(1, Int64(50)), (second, 60)] {
            let start: Int64 = target == 1 ? 0 : 100_000
            let ramp = builder.phase(.ramp, from: start, to: start + 80_000, target: target)
            for (place, level) in [1, 2, 4].enumerated() {
                let from = start + Int64(place) * 20_000
                let step = builder.step(
                    .level,
                    of: ramp,
                    level,
                    from: from,
                    settled: from,
                    windowEnded: from + 20_000,
                    drained: from + 20_000
                )
                for stream in 0..<Int64(level) {
                    var at = from + 7 * stream
                    while at < from + 20_000 {
                        let wait = 100 * Int64(level) + (at / 7) % 11
                        builder.request(step, at: at, ttft: wait, tokens: 10, gap: gap)
                        at += wait + 9 * gap
                    }
                }
            }
        }
        let frontier = try #require(builder.result.comparison?.frontiers.first)
        #expect(frontier.curves.map(\.target) == ["a", "b"])
        #expect(frontier.curves.allSatisfy { $0.points.map(\.concurrency) == [1, 2, 4] })
        #expect(!frontier.countsBytes)
        let reading = try #require(frontier.readings.first { $0.axis == .perUser })
        for (value, curve) in zip(reading.values, frontier.curves) {
            let aggregate = try #require(value.aggregate)
            let speeds = curve.points.map(\.perUser)
            #expect(try #require(speeds.min()) <= reading.at && reading.at <= (try #require(speeds.max())))
            let interval = try #require(value.interval)
            #expect(interval.contains(aggregate))
        }
        // At one speed per user the faster one serves more streams.
        #expect((reading.values[0].aggregate ?? 0) > (reading.values[1].aggregate ?? 0))
        #expect(frontier.readings.contains { $0.axis == .ttftP95 })
    }
}
