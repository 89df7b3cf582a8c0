import Measurement
import Testing
import Ticks

@Suite struct SteadyStateTests {
    @Test func `MSER-5 cuts where the reference does`() throws {
        let warm = try #require(SteadyState(try Oracles.data("warm300")))
        let oracle = { (key: String) in try Oracles.main.number("mser5", "warm300", key) }
        #expect(Double(warm.discardedBatches) == (try oracle("truncate_batches")))
        #expect(Double(warm.discarded) == (try oracle("truncate_obs")))
        #expect(near(warm.statistic, try oracle("stat"), relative: 1e-10))
        #expect(near(warm.mean, try oracle("mean_after"), relative: 1e-12))
        #expect(warm.isSteady)
    }

    @Test func `without batches it cuts where the reference does`() throws {
        let warm = try #require(SteadyState(try Oracles.data("warm300"), batch: 1))
        #expect(Double(warm.discarded) == (try Oracles.main.number("mser5", "mser1_warm300", "d")))
        #expect(near(warm.statistic, try Oracles.main.number("mser5", "mser1_warm300", "stat"), relative: 1e-10))
    }

    @Test func `a series that only grows reaches no steady state`() throws {
        let growing = try #require(SteadyState((0..<200).map { Double($0) }))
        #expect(!growing.isSteady && growing.discarded == 100)
        // By hand: batch means 2, 7, ... 197; the last 20 are 102 ... 197, variance about their mean 831.25, over 20.
        #expect(near(growing.statistic, 831.25 / 20))
        #expect(near(growing.mean, 149.5))
    }

    /// 0.3235 of 2,000 series by an independent implementation (numpy); so "discarded" is no proof of a warm-up.
    @Test func `noise alone is cut in a third of all series`() throws {
        var random = SplitMix64(seed: 300)
        var cut = 0
        for _ in 0..<200 {
            let noise = (0..<300).map { _ in 1 + 0.05 * NormalDistribution.quantile(max(1e-300, random.unit())) }
            let found = try #require(SteadyState(noise))
            if found.discarded > 0 { cut += 1 }
            #expect(near(found.mean, 1, absolute: 0.02))
        }
        #expect(abs(cut - 65) <= 20, "\(cut) of 200, seed 300")
    }

    @Test func `a level series is cut nowhere`() throws {
        let level = try #require(SteadyState([Double](repeating: 7, count: 60)))
        #expect(level.discarded == 0 && level.mean == 7 && level.statistic == 0)
        #expect(SteadyState([1, 2, 3]) == nil)
    }
}
