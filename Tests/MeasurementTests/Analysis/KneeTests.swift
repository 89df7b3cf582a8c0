import Measurement
import Testing
import Ticks

@Suite struct KneeTests {
    private func curve(_ key: String) throws -> (n: [Double], x: [Double]) {
        (try Oracles.main.numbers("usl", key, "N"), try Oracles.main.numbers("usl", key, "X"))
    }

    @Test(arguments: [("exact", 1e-6), ("specsdm91", 5e-6), ("usl_pkg_coef_test", 1e-6)])
    func `the scalability law is fitted as the reference does`(key: String, tolerance: Double) throws {
        let (n, x) = try curve(key)
        let fit = try #require(UniversalScalability(concurrency: n, throughput: x))
        let oracle = { (name: String) in try Oracles.main.number("usl", key, "fit", name) }
        #expect(near(fit.lambda, try oracle("lambda"), relative: tolerance))
        #expect(near(fit.sigma, try oracle("sigma"), relative: tolerance))
        #expect(near(fit.kappa, try oracle("kappa"), relative: tolerance))
        #expect(near(fit.peakConcurrency, try oracle("N_peak"), relative: tolerance))
        // The embedded data are rounded to nine decimals; the fit's rest is no larger than that.
        #expect(near(fit.residualSquares, try oracle("rss"), relative: 1e-9, absolute: 1e-15))
    }

    @Test func `the fits agree with what was published`() throws {
        let oracle = { (curve: String, table: String, key: String) in try Oracles.main.number("usl", curve, table, key)
        }
        let exact = try curve("exact")
        let truth = try #require(UniversalScalability(concurrency: exact.n, throughput: exact.x))
        #expect(near(truth.lambda, try oracle("exact", "true", "lambda"), relative: 1e-6))
        #expect(near(truth.sigma, try oracle("exact", "true", "sigma"), relative: 1e-6))
        #expect(near(truth.kappa, try oracle("exact", "true", "kappa"), relative: 1e-6))
        #expect(near(truth.peakConcurrency, try oracle("exact", "true", "N_peak"), relative: 1e-6))

        let spec = try curve("specsdm91")
        let fit = try #require(UniversalScalability(concurrency: spec.n, throughput: spec.x))
        let readme = { (key: String) in try oracle("specsdm91", "published(CRAN usl README)", key) }
        #expect(near(fit.sigma, try readme("alpha(sigma)"), absolute: 5e-8))
        #expect(near(fit.kappa, try readme("beta(kappa)"), absolute: 5e-8))
        #expect(near(fit.lambda, try readme("gamma(lambda)"), relative: 2e-6))
        #expect(near(fit.peakConcurrency, try readme("N_peak"), absolute: 0.005))
        #expect(near(1 / fit.sigma, try readme("N_opt=1/alpha"), absolute: 0.01))
        // The least squares to 40 digits (mpmath, Gauss-Newton); the fixture's own fit stops 1e-6 before it.
        #expect(near(fit.lambda, 89.9952331043322, relative: 1e-8))
        #expect(near(fit.sigma, 0.0277284756186344, relative: 1e-8))
        #expect(near(fit.kappa, 0.000104365483844091, relative: 1e-8))
        // Residual standard error with 7 − 3 degrees of freedom.
        #expect(near((fit.residualSquares / 4).squareRoot(), try readme("resid_se"), absolute: 0.1))

        let test = try curve("usl_pkg_coef_test")
        let small = try #require(UniversalScalability(concurrency: test.n, throughput: test.x))
        let expected = { (key: String) in
            try oracle("usl_pkg_coef_test", "expected(R usl tests/coef.Rout.save)", key)
        }
        #expect(near(small.sigma, try expected("alpha"), absolute: 1e-5))
        #expect(near(small.kappa, try expected("beta"), absolute: 1e-5))
        #expect(near(small.lambda, try expected("gamma"), absolute: 1e-5))
    }

    @Test func `a law without retrograde part has no peak`() throws {
        // λ = 10, σ = 0.05, κ = 0.
        let n = [1, 2, 4, 8, 16, 32, 64.0]
        let fit = try #require(
            UniversalScalability(concurrency: n, throughput: n.map { 10 * $0 / (1 + 0.05 * ($0 - 1)) })
        )
        #expect(near(fit.lambda, 10, relative: 1e-6) && near(fit.sigma, 0.05, relative: 1e-5))
        #expect(fit.kappa < 1e-9)
        #expect(fit.peakConcurrency.map { $0 > 10_000 } ?? true)
        // Better than linear, so that σ would have to be negative: held at 0.
        let steep = try #require(UniversalScalability(concurrency: n, throughput: n.map { $0 * (1 + $0 / 100) }))
        #expect(steep.sigma == 0 && steep.kappa == 0 && steep.peakConcurrency == nil)
        #expect(steep.sigmaInterval == nil && steep.peakInterval == nil)
    }

    @Test func `an interval of the fit encloses the truth about as often as it says`() throws {
        // Noise of 10 at every level (the law of the interval); 200 runs at 95 % give 190 ± 3.1.
        let (n, x) = try curve("exact")
        var random = SplitMix64(seed: 44)
        var sigma = 0
        var peak = 0
        for _ in 0..<200 {
            let noisy = x.map { $0 + 10 * NormalDistribution.quantile(max(1e-300, random.unit())) }
            let fit = try #require(UniversalScalability(concurrency: n, throughput: noisy))
            if fit.sigmaInterval?.contains(0.03) == true { sigma += 1 }
            if fit.peakInterval?.contains(44.045431) == true { peak += 1 }
        }
        #expect(sigma >= 181 && peak >= 181 && sigma < 200 && peak < 200, "\(sigma), \(peak) of 200, seed 44")
    }

    @Test(arguments: [("hard_saturation", "hard_saturation_B16_S0.5"), ("specsdm91", "specsdm91")])
    func `the hinge matches the reference`(key: String, data: String) throws {
        let (n, x) = try curve(data)
        let hinge = try #require(Hinge(concurrency: n, throughput: x))
        let oracle = { (name: String) in try Oracles.main.number("hinge", key, name) }
        #expect(near(hinge.lambda, try oracle("lambda")))
        #expect(near(hinge.ceiling, try oracle("C")))
        #expect(near(hinge.knee, try oracle("knee=C/lambda")))
        #expect(near(hinge.residualSquares, try oracle("rss")))
        let interval = try #require(hinge.interval)
        #expect(interval.contains(try oracle("knee=C/lambda")))
    }

    @Test func `hard saturation has its knee at exactly its slots`() throws {
        let (n, x) = try curve("hard_saturation_B16_S0.5")
        let hinge = try #require(Hinge(concurrency: n, throughput: x))
        #expect(near(hinge.knee, try Oracles.main.number("usl", "hard_saturation_B16_S0.5", "knee_true")))
        #expect(near(hinge.interval?.lower, 16, relative: 1e-6) && near(hinge.interval?.upper, 16, relative: 1e-6))
        // Little's law ties the curve's latencies to it: R = N / X.
        let r = try Oracles.main.numbers("usl", "hard_saturation_B16_S0.5", "R")
        for i in n.indices { #expect(near(r[i], n[i] / x[i])) }
    }

    @Test func `the hinge's interval encloses the knee about as often as it says`() throws {
        // λ = 50, C = 800, knee 16; 3 % of C as noise. 300 runs at 95 % give 285 ± 3.8.
        let n = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64.0]
        var random = SplitMix64(seed: 16)
        var enclosed = 0
        for _ in 0..<300 {
            let x = n.map { min(50 * $0, 800) + 24 * NormalDistribution.quantile(max(1e-300, random.unit())) }
            let hinge = try #require(Hinge(concurrency: n, throughput: x.map { max(0, $0) }))
            if hinge.interval?.contains(16) == true { enclosed += 1 }
        }
        #expect(enclosed >= 270 && enclosed < 300, "\(enclosed) of 300, seed 16")
    }

    @Test func `a straight line has no knee and no upper bound`() throws {
        let n = [1, 2, 4, 8, 16.0]
        let hinge = try #require(Hinge(concurrency: n, throughput: n.map { 3 * $0 }))
        #expect(hinge.knee == nil && near(hinge.lambda, 3) && hinge.interval?.upper == nil)
        #expect(Hinge(concurrency: [4], throughput: [2]) == nil)
        #expect(Hinge(concurrency: [1, 2], throughput: [0, 0]) == nil)
    }
}
