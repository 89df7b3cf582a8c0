import Glibc
import Measurement
import Testing
import Ticks

@Suite struct ColdStartClassifierTests {
    /// The reference's rows and where their samples are.
    static let rows = [
        "DeepSeekV4Pro_A", "DeepSeekV4Pro_B", "KimiK2.6_B", "ttft_warm75", "ttft_cold75", "A40", "B40",
    ]

    static func samples(_ row: String) throws -> SortedSamples {
        let published = try? Oracles.main.numbers("published_cv", row, "samples")
        return SortedSamples(try published ?? Oracles.data(row))
    }

    static func series(_ count: Int, median: Double, sigma: Double, _ random: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in median * exp(sigma * NormalDistribution.quantile(max(1e-300, random.unit()))) }
    }

    @Test(arguments: rows)
    func `a row gets the reference's verdict`(row: String) throws {
        let samples = try Self.samples(row)
        let found = ColdStartClassifier(samples)
        let oracle = { (key: String) in try Oracles.classifier.value([row, key]) }
        #expect(Double(found.count) == (try oracle("n").number))
        #expect(Double(found.stuck.count) == (try oracle("stuck_count").number))
        #expect(found.isBimodal == (try oracle("bimodal").bool))
        #expect(found.cause.rawValue == (try oracle("cause").string))
        #expect(near(found.coldShare, try oracle("cold_share").number, absolute: 5e-5))
        #expect(near(found.cv.map { 100 * $0 }, try oracle("cv_pct").number, absolute: 0.006))
        #expect(near(found.cvWithoutStuck.map { 100 * $0 }, try oracle("cv_pct_without_stuck").number, absolute: 0.006))
        let band = try #require(try oracle("band").string)
        #expect(found.cv.map { VariationBand.published(band) == VariationBand(cvPercent: 100 * $0) } == true, "\(band)")

        let mixture = try #require(found.mixture)
        #expect(near(mixture.warmMedian, try oracle("warm_median").number, absolute: 6e-5))
        if found.isBimodal {
            #expect(near(mixture.slowMedian, try oracle("cold_median").number, absolute: 6e-5))
        } else {
            #expect(try oracle("cold_median").number == nil)
        }
        // The reference stops at 300 steps, on the samples before they were rounded.
        #expect(near(mixture.bicDifference, try oracle("BICdiff").number, relative: 1e-4, absolute: 0.02))
        #expect(near(mixture.separation, try oracle("D").number, absolute: 0.002))
        #expect(near(mixture.ratio, try oracle("ratio").number, absolute: 0.001))
    }

    @Test func `the classes count every sample once`() throws {
        let published = ColdStartClassifier(try Self.samples("DeepSeekV4Pro_B"))
        #expect(published.classes.warm == 930 && published.classes.cold == 68 && published.classes.stuck == 2)
        let cold = ColdStartClassifier(try Self.samples("ttft_cold75"))
        #expect(cold.classes.warm == 69 && cold.classes.cold == 6 && cold.classes.stuck == 0)
        let threshold = try #require(cold.coldThreshold)
        #expect(try Self.samples("ttft_cold75").values.count { $0 >= threshold } == 6)
        let warm = ColdStartClassifier(try Self.samples("ttft_warm75"))
        #expect(warm.classes.warm == 75 && warm.coldThreshold == nil && warm.coldShare == 0)
    }

    @Test(arguments: [0.2, 0.5, 0.9])
    func `no unimodal series is called cold`(sigma: Double) {
        // 200 and more in all: 25, 75 and 300 values of three spreads, of which the reference calls none.
        var random = SplitMix64(seed: UInt64(sigma * 1000))
        for (count, series) in [(25, 30), (75, 30), (300, 15)] {
            for index in 0..<series {
                let values = Self.series(count, median: 0.4, sigma: sigma, &random)
                let found = ColdStartClassifier(SortedSamples(values))
                #expect(!found.isBimodal, "seed \(UInt64(sigma * 1000)), series \(index) of \(count)")
            }
        }
    }

    @Test func `every warm/cold series of 75 with three cold ones or more is found`() {
        // Warm 0.4 s, cold 5 to 30 times that, 3 to 12 of 75.
        var random = SplitMix64(seed: 75)
        for index in 0..<200 {
            let cold = 3 + Int(random.next() % 10)
            let ratio = 5 + 25 * random.unit()
            let sigma = 0.1 + 0.15 * random.unit()
            var values = Self.series(75 - cold, median: 0.4, sigma: sigma, &random)
            values += Self.series(cold, median: 0.4 * ratio, sigma: sigma, &random)
            let found = ColdStartClassifier(SortedSamples(values))
            #expect(found.isBimodal, "seed 75, series \(index): \(cold) cold, ratio \(ratio), sigma \(sigma)")
        }
    }

    @Test func `a skewed law without modes is rarely called cold`() {
        // Sums of two exponentials, whose logarithms lean left: 1 of 400 in a larger trial.
        var random = SplitMix64(seed: 2)
        var called = 0
        for _ in 0..<100 {
            let values = (0..<75).map { _ in -log(1 - random.unit()) - log(1 - random.unit()) }
            if ColdStartClassifier(SortedSamples(values)).isBimodal { called += 1 }
        }
        #expect(called <= 2, "\(called) of 100, seed 2")
    }

    @Test(arguments: [45, 60, 70])
    func `a server that is mostly cold is seen`(cold: Int) {
        var random = SplitMix64(seed: UInt64(cold))
        for index in 0..<20 {
            var values = Self.series(75 - cold, median: 0.4, sigma: 0.2, &random)
            values += Self.series(cold, median: 8, sigma: 0.2, &random)
            let found = ColdStartClassifier(SortedSamples(values))
            #expect(found.isBimodal && found.classes.cold == cold, "series \(index) of seed \(cold)")
        }
    }

    @Test func `three cold samples are seen beside a broad warm mode`() {
        // Otsu's split alone cuts the warm mode in two in 2 of 100 of these; 99.2 % were found in a larger trial.
        var random = SplitMix64(seed: 5)
        let found = (0..<100).count { _ in
            var values = Self.series(72, median: 0.4, sigma: 0.25, &random)
            values += Self.series(3, median: 2, sigma: 0.25, &random)
            return ColdStartClassifier(SortedSamples(values)).isBimodal
        }
        #expect(found >= 97, "\(found) of 100, seed 5")
    }

    @Test(arguments: [25, 75, 300])
    func `cold starts are found as often as in the reference`(count: Int) throws {
        // 12 s against 0.4 s; where two or more were there, all were found.
        for (key, value) in try Oracles.classifier.members(
            "_operating_characteristics",
            "\(count)",
            "power_given>=2_cold"
        ) {
            let share = try #require(Double(key))
            let expected = try #require(value.numbers)
            #expect(expected[0] == expected[1])
            var random = SplitMix64(seed: UInt64(count))
            for index in 0..<15 {
                let cold = (0..<count).count { _ in random.unit() < share }
                if cold < 2 { continue }
                var values = Self.series(count - cold, median: 0.4, sigma: 0.25, &random)
                values += Self.series(cold, median: 12, sigma: 0.25, &random)
                #expect(ColdStartClassifier(SortedSamples(values)).isBimodal, "series \(index), share \(share)")
            }
        }
        let path = "false_positive_rate(unimodal lognormal s=.2,.5,.9)"
        #expect(try Oracles.classifier.number("_operating_characteristics", "\(count)", path) == 0)
    }

    @Test func `a far tail is set apart only behind a gap of four and within a hundredth`() {
        let warm = (0..<99).map { 1 + Double($0) / 1000 }
        #expect(ColdStartClassifier(SortedSamples(warm + [4.4])).stuck == [4.4])
        #expect(ColdStartClassifier(SortedSamples(warm + [4.3])).stuck.isEmpty)
        // Two of 101 are too many to be a tail of 1 %.
        let two = ColdStartClassifier(SortedSamples(warm + [50, 51]))
        #expect(two.stuck.isEmpty && two.isBimodal)
        #expect(ColdStartClassifier(SortedSamples([])).stuck.isEmpty)
        #expect(ColdStartClassifier(SortedSamples([5])).cause == .none)
    }
}
