import Measurement
import Testing
import Ticks

@Suite struct AutocorrelationTests {
    @Test(arguments: ["exp200", "warm300"])
    func `autocorrelation and Ljung-Box match the reference`(series: String) throws {
        let values = try Oracles.data(series)
        let expected = try Oracles.main.numbers("arrivals", "ljung_box10", series, "acf")
        for (actual, expected) in zip(Autocorrelation.coefficients(values, lags: 10), expected) {
            #expect(near(actual, expected, relative: 1e-10))
        }
        let test = try #require(Autocorrelation.ljungBox(values))
        #expect(near(test.statistic, try Oracles.main.number("arrivals", "ljung_box10", series, "Q"), relative: 1e-10))
        let p = try Oracles.main.number("arrivals", "ljung_box10", series, "p")
        #expect(near(test.p, p, relative: 1e-8, absolute: 0))
    }

    @Test(arguments: ["exp200", "gamma200_cv2"])
    func `the rank correlation of neighbours matches the reference`(series: String) throws {
        let test = try #require(Autocorrelation.lagOneSpearman(try Oracles.data(series)))
        let oracle = { (key: String) in try Oracles.main.number("arrivals", series, "lag1_spearman", key) }
        #expect(near(test.rho, try oracle("statistic"), relative: 1e-11))
        #expect(near(test.p, try oracle("p"), relative: 1e-9))
    }

    @Test func `independent samples count in full and dependent ones for less`() throws {
        #expect(Autocorrelation.effectiveCount(try Oracles.data("exp200")) == 200)
        // AR(1) with φ = 0.8: n(1 − 0.8)/(1 + 0.8) = 222 of 2,000, the rank correlation lying near 0.79.
        var random = SplitMix64(seed: 5)
        var value = 0.0
        let series = (0..<2000).map { _ in
            value = 0.8 * value + NormalDistribution.quantile(max(1e-300, random.unit()))
            return value
        }
        let effective = Autocorrelation.effectiveCount(series)
        #expect(effective > 180 && effective < 290, "\(effective)")
    }

    @Test func `a constant or short series has no autocorrelation`() {
        #expect(Autocorrelation.ljungBox([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) == nil)
        #expect(Autocorrelation.lagOneSpearman([2, 2, 2, 2, 2]) == nil)
        #expect(Autocorrelation.lagOneSpearman([1, 2, 3]) == nil)
        #expect(Autocorrelation.ljungBox([1, 2, 3]) == nil)
        #expect(Autocorrelation.effectiveCount([]) == 0)
        let rising = (1...50).map { Double($0) }
        #expect(Autocorrelation.effectiveCount(rising) == 1)
    }
}
