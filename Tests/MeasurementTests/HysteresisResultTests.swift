import Measurement
import Testing
import Ticks

@Suite struct HysteresisResultTests {
    /// Levels of 40 s, each request alone in flight; TTFTs go round `ttft` ± 20 ms.
    private func ramp(_ levels: [(concurrency: Int, ttft: Int64, requests: Int)]) -> PhaseResult {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: Int64(levels.count) * 40_000)
        for (place, level) in levels.enumerated() {
            let start = Int64(place) * 40_000
            let step = builder.step(
                .level,
                of: phase,
                level.concurrency,
                from: start,
                settled: start,
                windowEnded: start + 40_000,
                drained: start + 40_000
            )
            for number in 0..<Int64(level.requests) {
                builder.request(step, at: start + 1000 * number, ttft: level.ttft + 10 * (number * 7 % 5 - 2))
            }
        }
        return builder.result.targets[0].phases[0]
    }

    @Test func `a level that answers alike on the way down agrees`() {
        let found = ramp([(1, 200, 40), (2, 300, 40), (4, 500, 40), (2, 310, 40), (1, 200, 40)]).hysteresis
        #expect(found.map(\.concurrency) == [1, 2])
        #expect(found[0].ttftMilliseconds?.agree == true)
        #expect(found[0].ttftMilliseconds?.up == 200)
        // 40 values on five points 10 ms apart: the interval of the median is [290, 310] and [300, 320].
        #expect(found[1].ttftMilliseconds?.agree == true)
        #expect(found[1].requestTPS?.agree == true)
    }

    @Test func `a level that stays slow on the way down is found`() {
        let found = ramp([(1, 200, 40), (2, 300, 40), (1, 400, 40)]).hysteresis
        #expect(found.map(\.concurrency) == [1])
        #expect(found[0].ttftMilliseconds?.agree == false)
        #expect(found[0].ttftMilliseconds?.up == 200)
        #expect(found[0].ttftMilliseconds?.down == 400)
        #expect(found[0].requestTPS?.agree == false)
    }

    @Test func `a handful of requests cannot tell`() {
        let found = ramp([(1, 200, 4), (2, 300, 40), (1, 400, 4)]).hysteresis
        #expect(found.first?.ttftMilliseconds?.agree == nil)
    }

    @Test func `a ramp that only rises has nothing to compare`() {
        #expect(ramp([(1, 200, 40), (2, 300, 40)]).hysteresis.isEmpty)
    }

    @Test func `the way down changes neither the knee nor the base of what is kept`() {
        let up = ramp([(1, 200, 40), (2, 300, 40), (4, 500, 40)])
        let both = ramp([(1, 200, 40), (2, 300, 40), (4, 500, 40), (2, 900, 40), (1, 900, 40)])
        #expect(both.knee == up.knee)
        #expect(Array(both.steps.prefix(3)) == up.steps)
        #expect((both.steps[4].retention ?? 1) < 0.7)
    }
}
