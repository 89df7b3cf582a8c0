import Glibc
@testable import Measurement
import Testing
import Ticks

@Suite struct RatioTests {
    @Test(arguments: [("A40_B40", "A40", "B40"), ("A8_B8", "A8", "B8")])
    func `the Hodges-Lehmann ratio and its intervals match the reference`(key: String, a: String, b: String) throws {
        let (x, y) = (try Oracles.data(a), try Oracles.data(b))
        let table = "hodges_lehmann_ratio_B_over_A"
        let oracle = { (name: String) in try Oracles.main.number("two_sample", key, table, name) }
        let exact = try #require(HodgesLehmann(x, y))
        #expect(exact.isExact)
        #expect(near(exact.ratio, try oracle("ratio_y_over_x"), relative: 1e-12))
        #expect(Double(exact.rank) == (try oracle("rank_exact")))
        #expect(near(exact.coverage, try oracle("coverage_exact"), relative: 1e-10))
        let interval = try Oracles.main.bounds("two_sample", key, table, "ci_exact")
        #expect(near(exact.interval.lower, interval.lower, relative: 1e-12))
        #expect(near(exact.interval.upper, interval.upper, relative: 1e-12))

        let normal = try #require(HodgesLehmann(x, y, exact: false))
        #expect(!normal.isExact)
        #expect(Double(normal.rank) == (try oracle("rank_normal_approx")))
        let approximate = try Oracles.main.bounds("two_sample", key, table, "ci_normal_approx")
        #expect(near(normal.interval.lower, approximate.lower, relative: 1e-12))
        #expect(near(normal.interval.upper, approximate.upper, relative: 1e-12))
    }

    @Test func `an interval excludes no difference only where the samples are many enough`() throws {
        let (a, b) = (try Oracles.data("A40"), try Oracles.data("B40"))
        let larger = try #require(HodgesLehmann(a, b))
        #expect(larger.ratio > 1 && !larger.interval.contains(1))
        let smaller = try #require(HodgesLehmann(b, a))
        #expect(smaller.ratio < 1 && !smaller.interval.contains(1))
        let small = try #require(HodgesLehmann(try Oracles.data("A8"), try Oracles.data("B8")))
        #expect(small.interval.isBounded && small.interval.contains(1))
        // Three against three: the least p is 2/20, so there is no 95 % interval.
        let few = try #require(HodgesLehmann([1, 2, 3], [4, 5, 6]))
        #expect(few.rank == 0 && few.interval == ConfidenceInterval(lower: nil, upper: nil))
    }

    @Test func `the pairwise median is found among more pairs than could be listed`() throws {
        // y = 1.5 x, 3,000 of each: nine million pairs.
        var random = SplitMix64(seed: 3)
        let x = (0..<3000).map { _ in exp(0.3 * NormalDistribution.quantile(max(1e-300, random.unit()))) }
        let found = try #require(HodgesLehmann(x, x.map { 1.5 * $0 }))
        #expect(!found.isExact && near(found.ratio, 1.5, relative: 1e-9))
        #expect(found.interval.contains(1.5) && !found.interval.contains(1))
        let width = try #require(found.interval.upper) / (try #require(found.interval.lower))
        // σ√(2π/3 · ... ) by hand: the estimate's error is about σ√(π/3 · 2/n) = 0.3·√(2.094/3000) = 0.0079.
        #expect(near(log(width), 2 * 1.96 * 0.0079, relative: 0.1))
    }

    /// Against the sorted list, with ratios from 1e-9 to 1e9.
    @Test func `the pairwise ratios are those of the list`() throws {
        let x = [1e-5, 3, 7e4, 2]
        let y = [1e4, 0.5, 1, 4e-5, 9]
        let list = y.flatMap { y in x.map { y / $0 } }.sorted()
        let found = try #require(HodgesLehmann(x, y))
        #expect(near(found.ratio, (list[9] * list[10]).squareRoot()))
        // P(U <= 1) = 2/126 fits into the tail, P(U <= 2) = 4/126 does not.
        #expect(found.rank == 2 && near(found.interval.lower, list[1]) && near(found.interval.upper, list[18]))
    }

    /// Evenly spread, in few values that repeat, over 26 decades, in two heaps.
    @Test(arguments: 0..<4)
    func `any rank of the pairwise differences is that of the list`(kind: Int) {
        var random = SplitMix64(seed: UInt64(kind))
        func draw() -> Double {
            let share = random.unit()
            switch kind {
            case 0: return share - 0.5
            case 1: return (4 * share).rounded(.down)
            case 2: return exp(60 * (share - 0.5))
            default: return share < 0.5 ? 0.1 : 5 + 1e-7 * share
            }
        }
        for _ in 0..<50 {
            let x = (0..<Int.random(in: 1...150, using: &random)).map { _ in draw() }.sorted()
            let y = (0..<Int.random(in: 1...150, using: &random)).map { _ in draw() }.sorted()
            let list = y.flatMap { y in x.map { y - $0 } }.sorted()
            let differences = PairwiseDifferences(x, y)
            for rank in [1, (list.count + 1) / 2, list.count, Int.random(in: 1...list.count, using: &random)] {
                #expect(differences.value(rank: rank) == list[rank - 1])
            }
        }
    }

    @Test func `values that have no logarithm are refused`() {
        #expect(HodgesLehmann([1, 0], [1, 2]) == nil)
        #expect(HodgesLehmann([], [1]) == nil)
        #expect(HodgesLehmann([1, .infinity], [1, 2]) == nil)
        #expect(RatioBootstrap(.mean, [1, 2, 3, 4, -1], [1, 2, 3, 4, 5]) == nil)
    }

    @Test(arguments: [
        ("median", RatioBootstrap.Statistic.quantile(.p50)), ("mean", .mean), ("p95", .quantile(.p95)),
    ])
    func `the bootstrap ratio matches the reference`(key: String, statistic: RatioBootstrap.Statistic) throws {
        let oracle = { (name: String) in try Oracles.main.number("bootstrap_ratio_B_over_A", key, name) }
        #expect(5000 == (try Oracles.main.number("bootstrap_ratio_B_over_A", "resamples")))
        let found = try #require(
            RatioBootstrap(statistic, try Oracles.data("A40"), try Oracles.data("B40"), resamples: 5000, seed: 5)
        )
        let point = try oracle("point")
        #expect(near(found.ratio, point, relative: 1e-12))
        // The tolerance named in the reference.
        let tolerance = 0.03 * point
        let percentile = try Oracles.main.bounds("bootstrap_ratio_B_over_A", key, "percentile")
        #expect(near(found.percentile.lower, percentile.lower, absolute: tolerance))
        #expect(near(found.percentile.upper, percentile.upper, absolute: tolerance))
    }

    @Test func `a resampled order statistic has the distribution that drawing and sorting gives`() throws {
        // The chance that the median of 5 draws from 1...5 is v: P(X₍₃₎ <= v) = P(Bin(5, v/5) >= 3).
        let found = try #require(
            RatioBootstrap(
                .quantile(.p50),
                [1, 1, 1, 1, 1],
                [1, 2, 3, 4, 5],
                resamples: 20_000,
                level: 0.683_36,
                seed: 9
            )
        )
        // P(<= 2) = 0.31744 and P(<= 1) = 0.05792: the 15.8 % point of the replicates is 2, the 84.2 % point 4.
        #expect(near(found.percentile.lower, 2) && near(found.percentile.upper, 4))
        #expect(near(BinomialDistribution.survival(2, 5, 0.4), 0.31744))
    }

    @Test func `the mean's interval is as wide for many samples as theory says`() throws {
        // Log-normal σ 0.5: CV √(e^0.25 − 1) = 0.533 on each side, n = 6,000: 0.533·√(2/6000) = 0.00973.
        var random = SplitMix64(seed: 6)
        let series = {
            (0..<6000).map { _ in exp(0.5 * NormalDistribution.quantile(max(1e-300, random.unit()))) }
        }
        let (x, y) = (series(), series())
        let found = try #require(RatioBootstrap(.mean, x, y, resamples: 2000, seed: 1))
        let interval = found.percentile
        let width = log(try #require(interval.upper)) - log(try #require(interval.lower))
        #expect(near(width, 2 * 1.96 * 0.00973, relative: 0.1))
        #expect(interval.contains(found.ratio))
    }

    @Test func `windows that differ widen the interval`() throws {
        // Five windows each, levels 0.8 to 1.2, with little spread inside: the request-level interval is far too sure.
        var random = SplitMix64(seed: 12)
        let windows = { (scale: Double) in
            [0.8, 0.9, 1, 1.1, 1.2].map { level in
                (0..<50).map { _ in
                    scale * level * exp(0.05 * NormalDistribution.quantile(max(1e-300, random.unit())))
                }
            }
        }
        let (x, y) = (windows(1), windows(1.1))
        let naive = try #require(RatioBootstrap(.mean, x.flatMap { $0 }, y.flatMap { $0 }, resamples: 400))
        let clustered = try #require(RatioBootstrap(.mean, windows: x, y, resamples: 400))
        #expect(near(clustered.ratio, naive.ratio, relative: 1e-9))
        let narrow = try #require(naive.percentile.upper) / (try #require(naive.percentile.lower))
        let wide = try #require(clustered.percentile.upper) / (try #require(clustered.percentile.lower))
        #expect(log(wide) > 2 * log(narrow))
        #expect(!naive.percentile.contains(1) && clustered.percentile.contains(1))
        #expect(RatioBootstrap(.mean, windows: Array(x[..<4]), y) == nil)
    }
}
