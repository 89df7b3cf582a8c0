import Measurement
import Testing

@Suite struct TrendTests {
    @Test(arguments: ["soak_flat", "soak_drift_0.2pct_per_step"])
    func `Mann-Kendall, Hamed-Rao and Theil-Sen match the reference`(series: String) throws {
        let trend = try #require(Trend(try Oracles.data(series)))
        let oracle = { (key: String) in try Oracles.main.number("trend", series, key) }
        #expect(trend.s == (try oracle("S")))
        #expect(near(trend.variance, try oracle("var_s"), relative: 1e-12))
        #expect(near(trend.z, try oracle("z"), relative: 1e-12))
        #expect(near(trend.p, try oracle("p"), relative: 1e-10))
        #expect(near(trend.tau, try oracle("tau"), relative: 1e-4))  // tau-b there, for the ties
        #expect(near(trend.slope, try oracle("theil_sen_slope"), relative: 1e-10))
        #expect(near(trend.intercept, try oracle("intercept"), relative: 1e-12))
        let interval = try Oracles.main.bounds("trend", series, "theilslopes_ci95")
        #expect(near(trend.slopeInterval.lower, interval.lower))
        #expect(near(trend.slopeInterval.upper, interval.upper))
        #expect(near(trend.correctedZ, try oracle("hamed_rao_z"), relative: 1e-10))
        // The reference's p is 1 − Φ(z), which has three digits left at 1e-13.
        #expect(near(trend.correctedP, try oracle("hamed_rao_p"), relative: 1e-3, absolute: 0))
        let tail = series == "soak_flat" ? 0.6419391127055507 : 1.5691208349760222e-13  // scipy's norm.sf
        #expect(near(trend.correctedP, tail, relative: 1e-10, absolute: 0))
    }

    @Test func `slopes are per unit of the times given`() throws {
        let trend = try #require(Trend([1, 2, 3, 4, 5, 6], at: [0, 10, 20, 30, 40, 50]))
        #expect(trend.slope == 0.1 && trend.intercept == 1 && trend.tau == 1)
        // S = 15, variance 6·5·17/18 = 28.33, z = 14/5.323.
        #expect(near(trend.z, 14 / (510.0 / 18).squareRoot()))
    }

    @Test func `what cannot have a trend has none`() {
        #expect(Trend([1, 2, 3]) == nil)
        #expect(Trend([4, 4, 4, 4, 4]) == nil)
        #expect(Trend([1, 2, 3, 4], at: [0, 1, 1, 2]) == nil)
        #expect(Trend([1, 2, .infinity, 4]) == nil)
    }
}
