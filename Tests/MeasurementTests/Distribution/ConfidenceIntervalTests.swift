import Glibc
import Measurement
import Testing
import Ticks

@Suite struct ConfidenceIntervalTests {
    @Test func `the order statistics around a quantile match the reference table`() throws {
        let rows = try Oracles.main.members("order_stat_ci", "table")
        #expect(rows.count == 120)
        for (key, row) in rows {
            // "conf0.95_n75_p0.9"
            let parts = key.split(separator: "_")
            let level = try #require(Double(parts[0].dropFirst(4)))
            let n = try #require(Int(parts[1].dropFirst()))
            let p = try #require(Double(parts[2].dropFirst()))
            let quantile = Quantile(tenThousandths: Int((p * 10_000).rounded()))
            let ranks = QuantileRanks(quantile, count: n, level: level)
            #expect(ranks.lower.map { Double($0) } == row["lower_rank"].number, "\(key)")
            #expect(ranks.upper.map { Double($0) } == row["upper_rank"].number, "\(key)")
            let coverage = try #require(row["coverage"].number)
            #expect(near(ranks.coverage(quantile, count: n), coverage, relative: 1e-11), "\(key)")
        }
    }

    @Test(arguments: [("min_n_for_upper_bound_two_sided_95", 0.025), ("min_n_for_upper_bound_one_sided_95", 0.05)])
    func `the fewest samples for an upper bound match the reference`(table: String, tail: Double) throws {
        let rows = try Oracles.main.members("order_stat_ci", table)
        #expect(rows.count == 5)
        for (key, value) in rows {
            let p = try #require(Double(key))
            let quantile = Quantile(tenThousandths: Int((p * 10_000).rounded()))
            let fewest = QuantileRanks.fewestForUpperBound(quantile, tail: tail)
            #expect(Double(fewest) == value.number, "\(key)")
            let level = 1 - 2 * tail
            #expect(QuantileRanks(quantile, count: fewest, level: level).upper == fewest, "\(key)")
            #expect(QuantileRanks(quantile, count: fewest - 1, level: level).upper == nil, "\(key)")
        }
    }

    @Test(arguments: ["ttft_warm75", "ttft_cold75"])
    func `the interval of a percentile is made of samples`(series: String) throws {
        let samples = SortedSamples(try Oracles.data(series))
        for (key, quantile) in [("0.5", Quantile.p50), ("0.9", .p90), ("0.95", .p95), ("0.99", .p99)] {
            let expected = try Oracles.main.bounds("order_stat_ci", series, key)
            let interval = samples.interval(of: quantile)
            #expect(interval.lower == expected.lower, "\(key)")
            #expect(interval.upper == expected.upper, "\(key)")
        }
    }

    @Test func `the interval encloses the true quantile as often as it says`() {
        // Log-normal σ = 0.5, p90 of 100: exact coverage 0.9557, so 2,000 series show it within ±0.013 (2.8 σ).
        let truth = exp(0.5 * NormalDistribution.quantile(0.9))
        var random = SplitMix64(seed: 20_261_101)
        var enclosed = 0
        for _ in 0..<2000 {
            let values = (0..<100).map { _ in exp(0.5 * NormalDistribution.quantile(max(1e-300, random.unit()))) }
            if SortedSamples(values).interval(of: .p90).contains(truth) { enclosed += 1 }
        }
        #expect(abs(Double(enclosed) / 2000 - 0.9557) < 0.013, "seed 20261101: \(enclosed)")
    }

    @Test func `fewer independent samples widen the interval`() throws {
        let samples = SortedSamples((1...1000).map { Double($0) })
        let all = samples.interval(of: .p95)
        #expect(all == ConfidenceInterval(lower: 936, upper: 964))
        // 100 effective: ranks 90 and 100 of 100, at the same heights among 1000: ⌊90·1001/101⌋ and ⌈100·1001/101⌉.
        #expect(samples.interval(of: .p95, effectiveCount: 100) == ConfidenceInterval(lower: 891, upper: 992))
        #expect(samples.interval(of: .p95, effectiveCount: 50).upper == nil)
        #expect(samples.interval(of: .p95, effectiveCount: 5000) == all)
    }

    @Test func `a missing bound excludes nothing`() {
        let open = ConfidenceInterval(lower: 2, upper: nil)
        #expect(open.contains(1e300) && !open.contains(1) && !open.isBounded)
    }
}
