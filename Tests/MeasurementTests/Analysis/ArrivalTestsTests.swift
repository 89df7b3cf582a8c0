import Measurement
import Testing

@Suite struct ArrivalTestsTests {
    @Test(arguments: ["exp200", "gamma200_cv2"])
    func `the tests of a Poisson schedule match the reference`(series: String) throws {
        let gaps = try Oracles.data(series)
        let oracle = { (key: String) in try Oracles.main.number("arrivals", series, key) }
        #expect(Double(gaps.count) == (try oracle("n")))
        #expect(near(Variation(SortedSamples(gaps))?.cv, try oracle("cv_ddof1"), relative: 1e-12))
        #expect(near(ArrivalTests.andersonDarlingExponential(gaps), try oracle("AD_expon_A2"), relative: 1e-10))
        let critical = ArrivalTests.andersonDarlingCritical(count: gaps.count)
        let expected = try Oracles.main.numbers("arrivals", series, "AD_A2_scipy_style_crit(1+.6/n) 5%,1%")
        #expect(near(critical.at5Percent, expected[0]) && near(critical.at1Percent, expected[1]))

        var time = 0.0
        let times = gaps.map { gap in
            time += gap
            return time
        }
        #expect(
            near(ArrivalTests.dispersion(times, over: time, binWidth: 1), try oracle("index_of_dispersion_1s_bins"))
        )
        #expect(Double(Int(time)) == (try oracle("bins")))
    }

    @Test func `a constant rate has no dispersion`() throws {
        let times = (0..<100).map { 0.05 + Double($0) / 10 }
        #expect(ArrivalTests.dispersion(times, over: 10, binWidth: 1) == 0)
        #expect(ArrivalTests.dispersion([0.1, 0.2], over: 1.9, binWidth: 1) == nil)
        #expect(ArrivalTests.dispersion([], over: 10, binWidth: 1) == nil)
    }

    @Test func `gaps that cannot be exponential are refused`() {
        #expect(ArrivalTests.andersonDarlingExponential([1, 0, 2]) == nil)
        #expect(ArrivalTests.andersonDarlingExponential([1]) == nil)
    }
}
