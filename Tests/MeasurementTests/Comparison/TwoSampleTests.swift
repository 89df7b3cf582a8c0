import Glibc
import Measurement
import Testing

@Suite struct TwoSampleTests {
    private func pair(_ key: String) throws -> (x: [Double], y: [Double]) {
        switch key {
        case "A40_B40": (try Oracles.data("A40"), try Oracles.data("B40"))
        case "A8_B8": (try Oracles.data("A8"), try Oracles.data("B8"))
        default: (try Oracles.main.numbers("two_sample", key, "x"), try Oracles.main.numbers("two_sample", key, "y"))
        }
    }

    private func oracle(_ path: String...) throws -> Double {
        try #require(try Oracles.main.value(["two_sample"] + path).number)
    }

    @Test(arguments: [
        ("A40_B40", "mwu_asymptotic_cc", false), ("A8_B8", "mwu_exact", true), ("ties", "mwu_asymptotic_cc", false),
    ])
    func `Mann-Whitney matches the reference`(key: String, method: String, exact: Bool) throws {
        let (x, y) = try pair(key)
        let test = try #require(MannWhitney(x, y))
        #expect(test.isExact == exact)
        #expect(test.u == (try oracle(key, method, "statistic")))
        #expect(near(test.p, try oracle(key, method, "p"), relative: 1e-11))
    }

    @Test func `the effect sizes match the reference`() throws {
        let (x, y) = try pair("A40_B40")
        let test = try #require(MannWhitney(x, y))
        #expect(near(test.a12, try oracle("A40_B40", "A12=P(A<B)+.5ties")))
        #expect(near(test.cliffsDelta, try oracle("A40_B40", "cliffs_delta(B over A)")))
    }

    @Test func `U of two separate samples has the chance of one arrangement`() throws {
        // C(40, 20) = 137846528820 arrangements, two of which are as extreme.
        let test = try #require(MannWhitney((0..<20).map { Double($0) }, (20..<40).map { Double($0) }))
        #expect(test.u == 0 && test.isExact && test.a12 == 1 && test.cliffsDelta == 1)
        #expect(near(test.p, 2.0 / 137_846_528_820, relative: 1e-10, absolute: 0))
        #expect(MannWhitney([], [1]) == nil)
        #expect(MannWhitney([3, 3], [3, 3]) == nil)
        #expect(MannWhitney([1], [2])?.p == 1)
    }

    @Test(arguments: ["A40_B40", "A8_B8"])
    func `Kolmogorov-Smirnov matches the reference`(key: String) throws {
        let (x, y) = try pair(key)
        let test = try #require(KolmogorovSmirnov(x, y))
        #expect(near(test.distance, try oracle(key, "ks_exact", "statistic"), relative: 1e-14))
        #expect(near(test.exactP, try oracle(key, "ks_exact", "p"), relative: 1e-11))
        if key == "A40_B40" {
            #expect(near(test.distance, try oracle(key, "ks_asymp", "statistic"), relative: 1e-14))
            #expect(near(test.asymptoticP, try oracle(key, "ks_asymp", "p"), relative: 1e-11))
        }
    }

    @Test func `equal samples have no distance and separate ones the whole`() throws {
        let same = try #require(KolmogorovSmirnov([1, 2, 2, 3], [1, 2, 2, 3]))
        #expect(same.distance == 0 && same.exactP == 1 && same.asymptoticP == 1)
        // C(4, 2) = 6 orders, 2 of them separate.
        let apart = try #require(KolmogorovSmirnov([1, 2], [3, 4]))
        #expect(apart.distance == 1 && near(apart.exactP, 2.0 / 6))
        #expect(KolmogorovSmirnov([], [1]) == nil)
    }

    @Test func `Brunner-Munzel matches the reference`() throws {
        let (x, y) = try pair("A40_B40")
        let test = try #require(BrunnerMunzel(x, y))
        #expect(near(test.statistic, try oracle("A40_B40", "brunnermunzel", "statistic"), relative: 1e-11))
        #expect(near(test.p, try oracle("A40_B40", "brunnermunzel", "p"), relative: 1e-10))
        #expect(BrunnerMunzel([1, 2], [3, 4]) == nil)
        #expect(BrunnerMunzel([1], [3, 4]) == nil)
    }

    @Test func `Welch's test on logarithms matches the reference`() throws {
        let (x, y) = try pair("A40_B40")
        let test = try #require(WelchTest(x.map { log($0) }, y.map { log($0) }))
        #expect(near(test.t, try oracle("A40_B40", "welch_t_on_log", "statistic"), relative: 1e-11))
        #expect(near(test.p, try oracle("A40_B40", "welch_t_on_log", "p"), relative: 1e-10))
        #expect(WelchTest([1], [1, 2]) == nil)
        #expect(WelchTest([1, 1], [2, 2]) == nil)
    }

    @Test func `the k-sample Anderson-Darling statistic matches the reference`() throws {
        let (x, y) = try pair("A40_B40")
        let test = try #require(AndersonDarlingSamples([x, y]))
        #expect(near(test.statistic, try oracle("A40_B40", "anderson_ksamp_statistic"), relative: 1e-11))
        #expect(AndersonDarlingSamples([x]) == nil)
        #expect(AndersonDarlingSamples([[1, 1, 1], [1, 1]]) == nil)
    }

    @Test func `ties count at their midrank in the Anderson-Darling statistic`() throws {
        // scipy.stats.anderson_ksamp(midrank) of the tied pair.
        let (x, y) = try pair("ties")
        #expect(near(AndersonDarlingSamples([x, y])?.statistic, 2.934068922072688))
    }

    @Test func `every relabelling of the small pair gives the reference's p`() throws {
        let (x, y) = try pair("A8_B8")
        let test = try #require(PermutationTest(.mean, x, y))
        #expect(test.isExact)
        #expect(near(test.difference, try oracle("A8_B8", "perm_exact_mean_diff", "statistic")))
        #expect(Double(test.relabellings) == (try oracle("A8_B8", "perm_exact_mean_diff", "n_perm")))
        #expect(near(test.p, try oracle("A8_B8", "perm_exact_mean_diff", "p"), relative: 1e-12))
    }

    @Test(arguments: [("perm_diff_median_20000", Quantile.p50), ("perm_diff_p95_linear_20000", .p95)])
    func `random relabellings come near the reference's p`(key: String, quantile: Quantile) throws {
        let (x, y) = try pair("A40_B40")
        let draws = 4000
        let test = try #require(PermutationTest(.quantile(quantile), x, y, limit: draws, seed: 1))
        #expect(!test.isExact && test.relabellings == draws)
        #expect(near(test.difference, try oracle("A40_B40", key, "statistic")))
        let p = try oracle("A40_B40", key, "p_mc")
        #expect(20_000 == (try oracle("A40_B40", key, "n")))
        // Four standard errors of both, and what a doubled one-sided p may differ from ours.
        let error = 4 * (p * (1 - p) * (1 / Double(draws) + 1.0 / 20_000)).squareRoot()
        #expect(near(test.p, p, absolute: error), "\(test.p)")
    }

    @Test func `Holm's correction steps down and never falls`() {
        // 0.01·4, 0.02·3, then 0.03·2 = 0.06 and 0.04·1 = 0.04, which may not fall below.
        let adjusted = Holm.adjusted([0.03, 0.01, 0.04, 0.02])
        for (actual, expected) in zip(adjusted, [0.06, 0.04, 0.06, 0.06]) { #expect(near(actual, expected)) }
        #expect(Holm.adjusted([0.6, 0.7]) == [1, 1])
        #expect(Holm.adjusted([]).isEmpty)
    }
}
