import Measurement
import Testing

@Suite struct FunctionsTests {
    @Test func `the incomplete beta function matches the reference`() throws {
        // Keys read "I(x;a,b)".
        let rows = try Oracles.main.members("special", "betainc")
        #expect(rows.count == 6)
        for (key, value) in rows {
            let parts = key.dropFirst(2).dropLast().split { $0 == ";" || $0 == "," }.compactMap { Double($0) }
            try #require(parts.count == 3, "\(key)")
            let expected = try #require(value.number)
            #expect(near(IncompleteBeta.regularised(parts[0], parts[1], parts[2]), expected, relative: 1e-12), "\(key)")
        }
    }

    /// By mpmath 1.3 with 60 digits.
    @Test(arguments: [
        (0.5, 1e5, 1e5, 0.5),
        (0.502, 1e5, 1e5, 0.963181261172024),
        (0.01, 1000.0, 1e5, 0.6282178544864355),
        (0.3, 0.5, 0.5, 0.36901011956554536),
        (1e-5, 0.5, 3.0, 0.005929231084463545),
        (0.999, 50.0, 0.1, 0.22509281639047807),
    ])
    func `the incomplete beta function holds twelve digits at its ends`(x: Double, a: Double, b: Double, p: Double) {
        #expect(near(IncompleteBeta.regularised(x, a, b), p, relative: 1e-12))
        #expect(near(IncompleteBeta.complement(x, a, b), 1 - p, relative: 1e-11))
        #expect(near(IncompleteBeta.quantile(p, a, b), x, relative: 1e-9))
    }

    @Test func `the normal quantile matches the reference`() throws {
        for (key, value) in try Oracles.main.members("special", "norm_ppf") {
            let p = try #require(Double(key))
            let z = try #require(value.number)
            #expect(near(NormalDistribution.quantile(p), z, relative: 1e-14))
            #expect(near(NormalDistribution.quantile(1 - p), -z, relative: 1e-10))
            #expect(near(NormalDistribution.cumulative(z), p, relative: 1e-14))
            #expect(near(NormalDistribution.survival(-z), p, relative: 1e-14))
        }
        #expect(NormalDistribution.quantile(0) == -.infinity)
        #expect(NormalDistribution.quantile(1) == .infinity)
        // scipy.stats.norm.ppf(1e-300)
        #expect(near(NormalDistribution.quantile(1e-300), -37.0470962993612, relative: 1e-14))
    }

    @Test func `Student's quantile matches the reference and inverts its tail`() throws {
        for (key, value) in try Oracles.main.members("special", "t_ppf_975") {
            let degrees = try #require(Double(key))
            let t = try #require(value.number)
            #expect(near(StudentDistribution.quantile(0.975, degrees), t, relative: 1e-11), "\(key)")
            #expect(near(StudentDistribution.quantile(0.025, degrees), -t, relative: 1e-11), "\(key)")
            #expect(near(StudentDistribution.twoSided(t, degrees), 0.05, relative: 1e-11), "\(key)")
        }
    }

    @Test func `the chi-squared tail matches the reference and its quantile inverts it`() throws {
        for (key, value) in try Oracles.main.members("special", "chi2_sf") {
            let parts = key.split(separator: ",").compactMap { Double($0) }
            try #require(parts.count == 2)
            let p = try #require(value.number)
            #expect(near(ChiSquaredDistribution.survival(parts[0], parts[1]), p, relative: 1e-12), "\(key)")
            #expect(near(ChiSquaredDistribution.quantile(1 - p, parts[1]), parts[0], relative: 1e-9), "\(key)")
        }
        #expect(near(ChiSquaredDistribution.cumulative(3.84, 1), 1 - 0.05004352124870519, relative: 1e-12))
    }

    @Test func `the binomial distribution matches the reference`() throws {
        for (key, value) in try Oracles.main.members("special", "binom_cdf") {
            let parts = key.split(separator: ",").compactMap { Double($0) }
            try #require(parts.count == 3)
            let expected = try #require(value.number)
            let (k, n) = (Int(parts[0]), Int(parts[1]))
            #expect(near(BinomialDistribution.cumulative(k, n, parts[2]), expected, relative: 1e-12), "\(key)")
            #expect(near(BinomialDistribution.survival(k, n, parts[2]), 1 - expected, relative: 1e-12), "\(key)")
        }
        #expect(BinomialDistribution.cumulative(-1, 5, 0.3) == 0)
        #expect(BinomialDistribution.cumulative(5, 5, 0.3) == 1)
    }
}
