import Glibc
import Schedule
import Testing
import Ticks

@Suite struct DurationDistributionTests {
    private func draws(_ distribution: DurationDistribution, _ count: Int = 20_000) -> [Double] {
        var generator = SplitMix64(seed: 11)
        return (0..<count).map { _ in Double(distribution.draw(using: &generator).nanoseconds) / 1e9 }.sorted()
    }

    @Test func `a log-normal has its median and its spread`() {
        let draws = draws(.logNormal(median: .seconds(12), sigma: 0.25))
        // Quantiles of exp(N(ln 12, 0.25²)) at 2.5, 50 and 97.5 %; the tolerance is four standard errors of 20,000.
        #expect(abs(draws[10_000] - 12) < 12 * 0.009)
        #expect(abs(draws[500] - 12 * exp(-1.96 * 0.25)) < 12 * 0.02)
        #expect(abs(draws[19_500] - 12 * exp(1.96 * 0.25)) < 12 * 0.05)
    }

    @Test func `a uniform one stays between its ends and has its mean in the middle`() {
        let draws = draws(.uniform(.seconds(10), .seconds(30)))
        #expect(draws[0] >= 10 && draws[19_999] <= 30)
        #expect(abs(draws.reduce(0, +) / 20_000 - 20) < 0.17)  // four standard errors
    }

    @Test func `every kind takes two numbers, so that a change of it shifts no later draw`() {
        let kinds: [DurationDistribution] = [
            .constant(.seconds(1)), .uniform(.seconds(1), .seconds(2)), .logNormal(median: .seconds(1), sigma: 1),
        ]
        let next = kinds.map { kind -> UInt64 in
            var generator = SplitMix64(seed: 5)
            _ = kind.draw(using: &generator)
            return generator.next()
        }
        #expect(Set(next).count == 1)
    }

    @Test func `scaling scales every draw`() {
        let whole = draws(.logNormal(median: .seconds(10), sigma: 0.5), 100)
        let tenth = draws(DurationDistribution.logNormal(median: .seconds(10), sigma: 0.5).scaled(by: 0.1), 100)
        #expect(zip(whole, tenth).allSatisfy { abs($0 / 10 - $1) < 1e-6 })
        #expect(DurationDistribution.uniform(.seconds(10), .seconds(30)).median == .seconds(20))
    }
}
