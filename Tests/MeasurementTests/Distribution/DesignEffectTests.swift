import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct DesignEffectTests {
    /// (t of 0.975 with g − 1 degrees / 1.959964)², from a table of Student's t.
    private let student = [2: 12.7062, 4: 3.18245, 5: 2.77645].mapValues { ($0 / 1.959964) * ($0 / 1.959964) }

    @Test func `one block is none`() {
        #expect(DesignEffect(groups: [7, 7, 7]) == nil)
        #expect(DesignEffect(groups: []) == nil)
    }

    /// Four blocks of two, influences 1, 1 | 1, −1 | −1, −1 | 1, −1: sums 2, 0, −2, 0; 4/3 · 8 / 8.
    @Test func `by hand, four blocks`() throws {
        let effect = try #require(DesignEffect(groups: [0, 0, 9, 9, 5, 5, 2, 2]))
        let influence: [Double] = [1, 1, 1, -1, -1, -1, 1, -1]
        #expect(abs(effect.factor { influence[$0] } - 4.0 / 3 * student[4]!) < 1e-4)
        #expect(effect.factor { [1, -1, 1, -1, 1, -1, 1, -1][$0] } == 1)
        #expect(effect.factor { _ in 0 } == 1)
    }

    /// The median of 1, 2 | 3, 4 is 2: shares 1 and 0 of 1/2, sums ±1, squares 4 · 1/4: 2 · 2 / 1.
    @Test func `by hand, a percentile, a share and an availability`() throws {
        let effect = try #require(DesignEffect(groups: [0, 0, 1, 1]))
        #expect(abs(effect.factor(percentile: 2, of: [1, 2, 3, 4]) - 4 * student[2]!) < 1e-2)
        #expect(abs(effect.factor(share: [true, true, false, false]) - 4 * student[2]!) < 1e-2)
        #expect(effect.factor(share: [true, false, true, false]) == 1)
        // Half of 4 worth 1 each: Wilson's interval of 2 of 4 with n = 4 / 4.
        let wide = try #require(Proportion(2, of: 4).wilson(effect: 4))
        #expect(abs(wide.lower! - 0.0546) < 1e-3 && abs(wide.upper! - 0.9454) < 1e-3)
    }

    /// Values 1 and 3 in each of two blocks alike, then 1, 1 | 3, 3.
    @Test func `a CV's interval is wider on logarithms`() throws {
        let effect = try #require(DesignEffect(groups: [0, 0, 1, 1]))
        #expect(effect.factor(variationOf: [1, 3, 1, 3], mean: 2, deviation: 1) == 1)
        #expect(effect.factor(variationOf: [1, 1, 3, 3], mean: 2, deviation: 1) > 4 * student[2]! - 0.1)
        let wider = ConfidenceInterval(lower: 50, upper: 200).widened(around: 100, by: 4, upTo: 350)
        #expect(abs(wider.lower! - 25) < 1e-9 && wider.upper == 350)
    }

    @Test func `a merged result's requests lie in the blocks of their loops`() throws {
        let one = RequestSet(ordering: [0, 1, 2].map { request(loop: $0) })
        #expect(!one.isOfSeveralShards && one.designEffect() == nil)
        let several = RequestSet(ordering: [0, 1, 100_000, 200_003].map { request(loop: $0) })
        #expect(several.isOfSeveralShards && several.shards() == [0, 0, 1, 2])
    }

    /// Times of machines that differ, exp(0.3 (machine + request)), both normal: true percentiles in closed form. 200 merged
    /// results each; the interval of 95 % covers at least 91 %, where requests taken for independent cover far less.
    @Test(arguments: [(2, 0.0, 50), (2, 1.0, 50), (4, 0.0, 25), (4, 0.5, 60), (4, 1.0, 25), (10, 0.5, 20)])
    func `intervals cover the truth of machines that differ`(machines: Int, spread: Double, requests: Int) {
        var random = SplitMix64(seed: UInt64(machines * 1000 + requests), stream: "blocks")
        func normal() -> Double { NormalDistribution.quantile(max(1e-12, random.unit())) }
        let rounds = 200
        var (middle, tail, naive) = (0, 0, 0)
        let total = (1 + spread * spread).squareRoot()
        for _ in 0..<rounds {
            let offsets = (0..<machines).map { _ in spread * normal() }
            let groups = (0..<machines * requests).map { $0 % machines }
            let values = groups.map { exp(0.3 * (offsets[$0] + normal())) }
            let sorted = SortedSamples(values)
            let blocks = DesignEffect(groups: groups)
            let covers = { (quantile: Quantile, truth: Double) in
                let factor = blocks?.factor(percentile: sorted.nearestRank(quantile), of: values) ?? 1
                return sorted.interval(of: quantile, effectiveCount: Double(values.count) / factor).contains(truth)
            }
            if covers(.p50, 1) { middle += 1 }
            if covers(.p95, exp(0.3 * total * 1.644854)) { tail += 1 }
            if sorted.interval(of: .p50).contains(1) { naive += 1 }
        }
        #expect(middle >= rounds * 91 / 100, "\(middle) of \(rounds)")
        #expect(tail >= rounds * 91 / 100, "\(tail) of \(rounds)")
        if spread >= 0.3 { #expect(naive < rounds * 85 / 100, "\(naive) of \(rounds)") }
    }

    /// The summary's own: with 25 requests on each of two machines that do not overlap, nothing bounds a percentile; on machines that
    /// are alike all requests count.
    @Test func `a summary's intervals are those of its blocks`() throws {
        let groups = (0..<50).map { $0 % 2 }
        let apart = try #require(
            DistributionSummary(samples: groups.map { Double(1 + $0) }, blocks: DesignEffect(groups: groups))
        )
        #expect(apart.effectiveCount == 0 && apart.p50Interval?.isBounded == false)
        let values = (0..<50).map { Double(1 + $0 * 7 % 25) }
        let halves = DesignEffect(groups: (0..<50).map { $0 / 25 })
        let alike = try #require(DistributionSummary(samples: values, blocks: halves))
        let single = try #require(DistributionSummary(samples: values))
        #expect(alike.effectiveCount == single.effectiveCount && alike.p95Interval == single.p95Interval)
    }

    private func request(loop: Int) -> RequestRecord {
        var request = RequestRecord()
        request.loop = loop
        return request
    }
}
