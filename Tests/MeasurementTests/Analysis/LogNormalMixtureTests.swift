import Glibc
import Measurement
import Testing

@Suite struct LogNormalMixtureTests {
    private func sorted(_ series: String) throws -> SortedSamples { SortedSamples(try Oracles.data(series)) }

    @Test(arguments: ["ttft_warm75", "ttft_cold75"])
    func `expectation maximisation matches the reference`(series: String) throws {
        let fit = try #require(LogNormalMixture(try sorted(series), limit: 1000))
        let oracle = { (key: String) in try Oracles.main.number("bimodality", series, "em", key) }
        #expect(near(fit.slowWeight, try oracle("weight_slow"), relative: 1e-5))
        #expect(near(fit.warmMedian, try oracle("warm_median_s"), relative: 1e-6))
        #expect(near(fit.slowMedian, try oracle("slow_median_s"), relative: 1e-6))
        #expect(near(fit.warmSigma, try oracle("sigma_warm"), relative: 1e-5))
        #expect(near(fit.slowSigma, try oracle("sigma_slow"), relative: 1e-5))
        #expect(near(fit.logLikelihoodOfOne, try oracle("loglik1"), relative: 1e-11))
        #expect(near(fit.logLikelihood, try oracle("loglik2"), relative: 1e-9))
        #expect(near(fit.bicOfOne, try oracle("BIC1"), relative: 1e-11))
        #expect(near(fit.bic, try oracle("BIC2"), relative: 1e-9))
        #expect(near(fit.bicDifference, try oracle("BIC1-BIC2"), relative: 1e-8))
        #expect(near(fit.separation, try oracle("ashman_D"), relative: 1e-5))
        #expect(Double(fit.slowCount) == (try oracle("n_slow(resp>.5)")))
        // Ours may need other numbers of steps: the stopping rule differs.
        #expect(fit.iterations <= 1000)
    }

    @Test(arguments: ["ttft_warm75", "ttft_cold75"])
    func `Otsu's split matches the reference`(series: String) throws {
        let split = try #require(OtsuSplit(logarithmsOf: try sorted(series)))
        let oracle = { (key: String) in try Oracles.main.number("bimodality", series, key) }
        #expect(near(split.threshold, try oracle("otsu_threshold_s"), relative: 1e-12))
        #expect(near(split.threshold, try Oracles.main.number("bimodality", series, "em", "otsu_log_threshold_s")))
        #expect(near(split.eta, try oracle("otsu_eta(between/total)"), relative: 1e-11))
        #expect(Double(split.below) == (try oracle("n_below")))
    }

    @Test(arguments: ["DeepSeekV4Pro_A", "DeepSeekV4Pro_B", "KimiK2.6_B"])
    func `the published populations are fitted as the reference does`(row: String) throws {
        let samples = SortedSamples(try Oracles.main.numbers("published_cv", row, "samples"))
        let fit = try #require(LogNormalMixture(samples, limit: 5000, tolerance: 1e-9))
        let oracle = { (key: String) in try Oracles.main.number("published_cv", row, "em2_on_log", key) }
        // The reference fitted the samples before they were rounded to five decimals.
        #expect(near(fit.slowWeight, try oracle("weight_slow"), relative: 1e-3))
        #expect(near(fit.warmMedian, try oracle("warm_median_s"), relative: 1e-3))
        #expect(near(fit.slowMedian, try oracle("slow_median_s"), relative: 1e-3))
        #expect(near(fit.bicDifference, try oracle("BIC1-BIC2"), relative: 1e-3))
        #expect(near(fit.separation, try oracle("ashman_D"), relative: 1e-3))
        #expect(Double(fit.slowCount) == (try oracle("n_slow(resp>.5)")))
        let split = try #require(OtsuSplit(logarithmsOf: samples))
        #expect(near(split.threshold, try oracle("otsu_log_threshold_s"), relative: 1e-4))
        #expect(near(split.eta, try Oracles.main.number("published_cv", row, "otsu_eta"), relative: 1e-4))
    }

    @Test func `the boundary lies where both modes are as likely`() throws {
        let fit = try #require(LogNormalMixture(try sorted("ttft_cold75")))
        let boundary = fit.boundary
        let values = try sorted("ttft_cold75").values
        #expect(values.count { $0 >= boundary } == 6)
        #expect(boundary > fit.warmMedian && boundary < fit.slowMedian)
    }

    @Test func `samples that cannot be fitted are not`() {
        #expect(LogNormalMixture(SortedSamples([1, 2, 3])) == nil)
        #expect(LogNormalMixture(SortedSamples([0, 1, 2, 3])) == nil)
        #expect(LogNormalMixture(SortedSamples([2, 2, 2, 2])) == nil)
        #expect(LogNormalMixture(SortedSamples([1, 2, 3, .infinity])) == nil)
        // Two values only: both modes collapse to the floor and stay finite.
        let two = LogNormalMixture(SortedSamples([1, 1, 1, 9, 9, 9]))
        #expect(two.map { $0.warmSigma == 1e-3 && $0.logLikelihood.isFinite && $0.separation.isFinite } == true)
    }
}
