import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct VariationTests {
    static let series = ["ttft_warm25", "ttft_warm75", "ttft_cold75"]

    private func variation(_ series: String) throws -> Variation {
        try #require(Variation(SortedSamples(try Oracles.data(series))))
    }

    @Test(arguments: series)
    func `the coefficient of variation matches the reference`(series: String) throws {
        let variation = try variation(series)
        let oracle = { (key: String) in try Oracles.main.number("cv", series, key) }
        #expect(near(variation.cv, try oracle("cv"), relative: 1e-12))
    }

    /// The reference drew other resamples; its ends and ours differ by Monte Carlo error alone. With 25 samples the
    /// reference itself moves by 5 % from seed to seed.
    @Test(arguments: series)
    func `the bootstrap intervals match the reference`(series: String) throws {
        let variation = try variation(series)
        let cv = try #require(variation.cv)
        let tolerance = (series == "ttft_warm25" ? 0.06 : 0.03) * cv
        let bca = try #require(variation.bootstrapInterval(resamples: 4000, seed: 7))
        let expected = try Oracles.main.bounds("cv", series, "boot_BCa95")
        #expect(near(bca.lower, try #require(expected.lower), absolute: tolerance))
        #expect(near(bca.upper, try #require(expected.upper), absolute: tolerance))
    }

    @Test func `a bootstrap interval is the same for the same seed and another for another`() throws {
        let variation = try variation("ttft_warm75")
        let one = variation.bootstrapInterval(resamples: 300, seed: 1)
        #expect(one != nil)
        #expect(one == variation.bootstrapInterval(resamples: 300, seed: 1))
        #expect(one != variation.bootstrapInterval(resamples: 300, seed: 2))
    }

    @Test func `no sample has a CV above the ceiling of the reference`() throws {
        let rows = try Oracles.main.members("cv", "max_possible_cv_pct(ddof=1)")
        #expect(rows.count == 9)
        for (key, value) in rows {
            let n = try #require(Int(key))
            let ceiling = Variation.ceiling(count: n)
            #expect(near(100 * ceiling, try #require(value.number)), "\(key)")
            // One value apart from zeros reaches it.
            let extreme = Variation(SortedSamples([1] + Array(repeating: 0, count: n - 1)))
            #expect(near(extreme?.cv, ceiling), "\(key)")
        }
    }

    @Test func `a published CV needs at least the samples of the reference`() throws {
        let rows = try Oracles.main.members("cv", "min_n_for_published_cv")
        #expect(rows.count == 6)
        for (key, value) in rows {
            let percent = try #require(Double(key.dropLast()))
            #expect(Double(Variation.fewestSamples(forCV: percent / 100)) == value.number, "\(key)")
        }
    }

    @Test func `a band begins where the reference says`() throws {
        let rows = try #require(try Oracles.main.value(["cv", "bands"]).array)
        #expect(rows.count == 7)
        for row in rows {
            let percent = try #require(row["cv_pct"].number)
            #expect(VariationBand(cvPercent: percent) == VariationBand.published(row["band"].string), "\(percent)")
        }
    }

    @Test func `an interval touches every band between its ends`() throws {
        let variation = try variation("ttft_warm75")
        let bands = { (low: Double?, high: Double?) in
            variation.bands(over: ConfidenceInterval(lower: low, upper: high))
        }
        #expect(bands(0.1, 0.2) == [.steady])
        #expect(bands(0.39, 1.01) == [.steady, .someVariability, .wide])
        #expect(bands(1.01, 3.5) == [.wide, .erratic])
        // √75 = 866 %.
        #expect(bands(3.1, nil) == [.erratic])
        #expect(bands(nil, 0.3) == [.steady])
    }

    @Test func `the driver of a CV is seen by leaving it out`() throws {
        // 98 ones, 2 of 51: mean 2, squares 98 + 2·49² = 4900, variance 4900/99.
        let variation = try #require(Variation(SortedSamples(Array(repeating: 1, count: 98) + [51, 51])))
        #expect(near(variation.cv, (4900.0 / 99).squareRoot() / 2))
        #expect(near(variation.varianceShare(ofTop: 2), 4802.0 / 4900))
        #expect(variation.cvWithoutTop(2) == 0)
        #expect(variation.cvWithoutTop(99) == nil)
    }

    @Test func `samples without spread or without a positive mean have no interval`() throws {
        #expect(Variation(SortedSamples([5])) == nil)
        let constant = try #require(Variation(SortedSamples([5, 5, 5])))
        #expect(constant.cv == 0 && constant.bootstrapInterval() == nil && constant.varianceShare(ofTop: 2) == nil)
        let zeros = try #require(Variation(SortedSamples([0, 0, 0])))
        #expect(zeros.cv == nil && zeros.band == nil)
    }

    /// Above 4,096 samples only the tail is drawn one by one; that must not change how they scatter.
    @Test func `resamples of many samples scatter as those of drawing each`() throws {
        var random = SplitMix64(seed: 11)
        var values = (0..<5000).map { _ in exp(0.4 * NormalDistribution.quantile(max(1e-300, random.unit()))) }
        values += [60, 80, 120]
        let variation = try #require(Variation(SortedSamples(values)))
        var resampler = MomentResampler(variation.samples, centre: variation.mean, seed: 3)
        let n = Double(values.count)
        let fast = SortedSamples(
            (0..<1500).map { _ in
                let (sum, squares) = resampler.next()
                return ((squares - sum * sum / n) / (n - 1)).squareRoot() / (variation.mean + sum / n)
            }
        )
        // Every draw, here.
        var replicates: [Double] = []
        for _ in 0..<300 {
            let drawn = (0..<values.count).map { _ in values[Int(random.unit() * Double(values.count))] }
            replicates.append(try #require(Variation(SortedSamples(drawn))?.cv))
        }
        let slow = SortedSamples(replicates)
        let middle = try #require(variation.cv)
        #expect(near(fast.linear(0.025), try #require(slow.linear(0.025)), absolute: 0.12 * middle))
        #expect(near(fast.linear(0.975), try #require(slow.linear(0.975)), absolute: 0.12 * middle))
    }
}
