import Measurement
import Testing
import Ticks

@Suite struct RunResultConsistencyTests {
    private func probe(_ ttft: [Int64]) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(ttft.count) * 60_000
        let phase = builder.phase(.probe, from: 0, to: end)
        let step = builder.step(.probe, of: phase, 1, from: 0, drained: end)
        for (place, ttft) in ttft.enumerated() { builder.request(step, at: Int64(place) * 60_000, ttft: ttft) }
        return builder
    }

    /// 75 answers around 500 ms, without order.
    private let warm = (0..<75).map { 450 + Int64($0 * 37 % 101) }

    @Test func `no cold start seen is an upper bound on how often they come`() throws {
        let found = try #require(probe(warm).result.targets[0].phases[0].consistency)
        #expect(found.warm == 75)
        #expect(found.cold == 0)
        #expect(found.stuck == 0)
        #expect(found.coldRate == 0)
        // 1 - 0.05^(1/75)
        #expect(abs(try #require(found.coldRateUpper95) - 0.0391559) < 1e-6)
        #expect(found.driver == nil)
    }

    @Test func `cold and stuck requests are told apart by their shape`() throws {
        var times = warm
        for place in [5, 20, 33, 47, 61, 70] { times[place] = 12_000 + Int64(place) * 10 }
        times[40] = 150_000
        let found = try #require(probe(times).result.targets[0].phases[0].consistency)
        #expect(found.warm == 68)
        #expect(found.cold == 6)
        #expect(found.stuck == 1)
        #expect(abs(try #require(found.coldRate) - 6.0 / 75) < 1e-12)
        #expect(!found.isReported)
        let driver = try #require(found.driver)
        #expect(
            driver.hasPrefix(
                "two groups: 68 near 499 ms, 6 near 12.4 s; 1 request far behind the rest (2 min 30 s or more)"
            )
        )
        #expect(driver.contains("the two slowest requests make 9"))
    }

    @Test func `what the server calls cold is cold whatever it took`() throws {
        var builder = probe(warm)
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].reportedCold = place < 2 }
        let found = try #require(builder.result.targets[0].phases[0].consistency)
        #expect(found.cold == 2)
        #expect(found.warm == 73)
    }

    @Test func `a probe without an answer has no classes`() {
        var builder = probe([])
        builder.failure(1, at: 0, .http5xx)
        #expect(builder.result.targets[0].phases[0].consistency == nil)
    }

    @Test func `times that follow each other are worth fewer and widen the interval`() throws {
        let rising = try #require(probe((1...100).map { 100 + Int64($0) }).result.targets[0].totals.ttftMilliseconds)
        #expect(rising.effectiveCount == 1)
        #expect(rising.p95Interval == ConfidenceInterval(lower: nil, upper: nil))
        // The same hundred without order: the p95 lies between the 90th and the last (the oracle's ranks).
        let mixed = try #require(
            probe((1...100).map { 100 + Int64($0 * 37 % 101) }).result.targets[0].totals.ttftMilliseconds
        )
        #expect(mixed.effectiveCount == nil)
        #expect(mixed.p95 == 195)
        #expect(mixed.p95Interval == ConfidenceInterval(lower: 190, upper: 200))
    }

    @Test func `the band of the CV is a set with its interval`() throws {
        var times = warm
        for place in [5, 20, 33, 47, 61, 70] { times[place] = 12_000 + Int64(place) * 10 }
        let ttft = try #require(probe(times).result.targets[0].totals.ttftMilliseconds)
        // Six of 75 at some 12.4 s among some 500 ms: mean 1.45 s, deviation 3.26 s.
        #expect(abs(try #require(ttft.cvPercent) - 225) < 5)
        #expect(try #require(ttft.cvInterval?.lower) < 225)
        #expect(try #require(ttft.cvInterval?.upper) > 225)
        #expect(ttft.cvBands.contains(.wide))
        let calm = try #require(probe(warm).result.targets[0].totals.ttftMilliseconds)
        #expect(calm.cvBands == [.steady])
    }
}
