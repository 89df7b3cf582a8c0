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

        let test = try #require(ArrivalTests.kolmogorovExponential(gaps, rate: 10))
        let known = { (key: String) in try Oracles.main.number("arrivals", series, "KS_vs_exp_rate_known(1/0.1)", key) }
        #expect(near(test.distance, try known("statistic"), relative: 1e-11))
        // The reference approximates here (Pelz and Good); Marsaglia's matrix with 40 digits gives the exact value.
        #expect(near(test.p, try known("p"), relative: 1e-6, absolute: 0))
        let exact = series == "exp200" ? 0.7483086875101134 : 1.2500324024075708e-20
        #expect(near(test.p, exact, relative: 1e-9, absolute: 0))

        var time = 0.0
        let times = gaps.map { gap in
            time += gap
            return time
        }
        #expect(near(ArrivalTests.dispersion(times, binWidth: 1), try oracle("index_of_dispersion_1s_bins")))
        #expect(Double(Int(time)) == (try oracle("bins")))
    }

    @Test func `a constant rate has no dispersion`() throws {
        let times = (0..<100).map { 0.05 + Double($0) / 10 }
        #expect(ArrivalTests.dispersion(times, binWidth: 1) == 0)
        #expect(ArrivalTests.dispersion([0.1, 0.2], binWidth: 1) == nil)
        #expect(ArrivalTests.dispersion([], binWidth: 1) == nil)
    }

    @Test func `gaps that cannot be exponential are refused`() {
        #expect(ArrivalTests.andersonDarlingExponential([1, 0, 2]) == nil)
        #expect(ArrivalTests.andersonDarlingExponential([1]) == nil)
        #expect(ArrivalTests.kolmogorovExponential([], rate: 1) == nil)
        // All at once: the distance is 1.
        #expect(ArrivalTests.kolmogorovExponential([0, 0, 0], rate: 1)?.p == 0)
    }
}
