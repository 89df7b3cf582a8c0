import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct RatioEstimateTests {
    private func near(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-5) -> Bool {
        a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
    }

    /// Mean 0.1, s² 2e-4, standard error 0.00632456, t(4) = 2.776445. With t = 15.811388 and four degrees of freedom
    /// p = 1 - √(62.5/63.5) (1 + 1/127).
    @Test func `paired looks have Student's interval on logarithms`() throws {
        let found = try #require(RatioEstimate(pairs: [0.1, 0.12, 0.08, 0.1, 0.1], method: .pairedRounds))
        #expect(near(found.ratio, exp(0.1)))
        #expect(near(found.interval.lower, exp(0.1 - 0.0175598)))
        #expect(near(found.interval.upper, exp(0.1 + 0.0175598)))
        #expect(near(found.p, 1 - (62.5 / 63.5).squareRoot() * (1 + 1.0 / 127), 1e-9))
        #expect(found.count == 5)
        #expect(RatioEstimate(pairs: [0.1, 0.12, 0.08, 0.1], method: .pairedRounds) == nil)
    }

    /// The target first: 0.3, 0.4 (mean 0.35); the base first: -0.1, 0, 0.1 (mean 0). Their mean 0.175, the squares about
    /// their means 0.005 + 0.02 over 3 degrees, times (1/2 + 1/3)/4: standard error 0.0416667, t(3) = 3.182446.
    @Test func `what comes of who came first is taken out`() throws {
        let found = try #require(
            RatioEstimate(
                pairs: [0.3, -0.1, 0.4, 0, 0.1],
                targetFirst: [true, false, true, false, false],
                method: .pairedRounds
            )
        )
        #expect(near(found.ratio, exp(0.175)))
        #expect(near(found.interval.lower, exp(0.175 - 0.1326019)))
        #expect(near(found.interval.upper, exp(0.175 + 0.1326019)))
        let pairs = [0.1, 0.12, 0.08, 0.1, 0.1]
        let once = RatioEstimate(pairs: pairs, targetFirst: [true, false, false, false, false], method: .pairedRounds)
        #expect(once != nil && once == RatioEstimate(pairs: pairs, method: .pairedRounds))
    }

    @Test func `looks without any scatter are certain`() throws {
        let same = try #require(RatioEstimate(pairs: [0, 0, 0, 0, 0], method: .pairedRounds))
        #expect(same.ratio == 1 && same.p == 1)
        let other = try #require(RatioEstimate(pairs: [0.2, 0.2, 0.2, 0.2, 0.2], method: .pairedRounds))
        #expect((other.p ?? 1) < 1e-9)
    }

    /// s² = 2e-4 on both sides: standard error 0.00894427, t(8) = 2.306004.
    @Test func `unpaired windows have Welch's interval or the bootstrap's, whichever is wider`() throws {
        let found = try #require(
            RatioEstimate(windows: [0, 0.02, 0.04, 0.02, 0.02], [0.1, 0.14, 0.12, 0.12, 0.12], seed: 1)
        )
        #expect(near(found.ratio, exp(0.1)))
        #expect((found.interval.lower ?? 9) <= exp(0.1 - 0.0206255) + 1e-6)
        #expect((found.interval.upper ?? 0) >= exp(0.1 + 0.0206255) - 1e-6)
        #expect(found.method == .windows)
        #expect(RatioEstimate(windows: [0, 1, 0, 1], [0, 1, 2, 1, 0], seed: 1) == nil)
    }

    /// ln(0.99/0.95) +- 1.959964 sqrt(1/95.5 - 1/100.5 + 1/99.5 - 1/100.5).
    @Test func `shares have the interval of a risk ratio`() throws {
        let found = try #require(RatioEstimate(shares: [(95, 100)], [(99, 100)]))
        #expect(near(found.ratio, 99.0 / 95))
        let half = 1.959964 * (1 / 95.5 - 1 / 100.5 + 1 / 99.5 - 1 / 100.5).squareRoot()
        #expect(near(found.interval.lower, 99.0 / 95 * exp(-half)))
        #expect(near(found.interval.upper, 99.0 / 95 * exp(half)))
        #expect(RatioEstimate(shares: [(0, 100)], [(1, 100)]) == nil)
    }

    @Test func `failures that come in clumps say less than as many spread out`() throws {
        let spread = try #require(
            RatioEstimate(shares: [(90, 100), (90, 100), (90, 100)], [(99, 100), (99, 100), (99, 100)])
        )
        let clumped = try #require(
            RatioEstimate(shares: [(100, 100), (70, 100), (100, 100)], [(99, 100), (99, 100), (99, 100)])
        )
        #expect(spread.ratio == clumped.ratio)
        #expect((clumped.p ?? 0) > (spread.p ?? 1))
    }

    @Test func `an interval of ratios of rates holds the truth in 95 of 100`() throws {
        var random = SplitMix64(seed: 11)
        var held = 0
        for _ in 0..<400 {
            let draw = { (mean: Double, random: inout SplitMix64) in
                (0..<10).map { _ in mean * (0.7 + 0.6 * random.unit()) }
            }
            let found = try #require(RatioEstimate(rates: draw(100, &random), draw(120, &random)))
            if found.interval.contains(1.2) { held += 1 }
        }
        // The degrees of freedom are those of one side: on the safe side of 380.
        #expect(held >= 376)
    }

    @Test(arguments: [
        (0.88, 0.82, 0.93, "slower", "slower by 12 % [7, 18]"), (1.12, 1.07, 1.18, "faster", "faster by 12 % [7, 18]"),
        (1.052, 1.041, 1.0634, "dearer", "dearer by 5.2 % [4.1, 6.3]"),
        (2.5, 2, 3, "slower", "slower by 150 % [100, 200]"),
    ])
    func `verdicts are in percent of the base`(ratio: Double, low: Double, high: Double, word: String, expected: String)
    {
        #expect(ComparisonResult.Row.words(ratio, .init(lower: low, upper: high), word) == expected)
    }
}
