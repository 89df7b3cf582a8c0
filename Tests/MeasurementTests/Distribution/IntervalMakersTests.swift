import Testing
import Ticks

@testable import Measurement

/// Everything that makes an interval, over the smallest and oddest samples: no trap, no NaN, no end before the other, and none of a
/// handful from resampling.
@Suite struct IntervalMakersTests {
    enum Maker: String, CaseIterable {
        case variation, summary, ratioOfMeans, ratioOfP95, ratioOfWindows, hodgesLehmann, medians, rates, pairs, windows
        case quantileP50, quantileP95, trend, wilson, clopperPearson, cost, share, keepwarm

        /// By drawing from the sample, or by Student's law over looks: needs five.
        var needsFive: Bool {
            switch self {
            case .variation, .summary, .ratioOfMeans, .ratioOfP95, .ratioOfWindows, .rates, .pairs, .windows, .cost:
                true
            default: false
            }
        }

        func intervals(_ x: [Double]) -> [ConfidenceInterval?] {
            let y = x.map { $0 * 1.5 }
            switch self {
            case .variation:
                return [Variation(SortedSamples(x))?.bootstrapInterval(resamples: 100)]
            case .summary:
                let summary = DistributionSummary(samples: x, spread: 1)
                if x.count < 5 { #expect(summary?.cvBands.isEmpty != false, "\(x)") }
                return [summary?.cvInterval]
            case .ratioOfMeans: return [RatioBootstrap(.mean, x, y, resamples: 100)?.percentile]
            case .ratioOfP95: return [RatioBootstrap(.quantile(.p95), x, y, resamples: 100)?.percentile]
            case .ratioOfWindows:
                return [RatioBootstrap(.mean, windows: x.map { [$0] }, y.map { [$0] }, resamples: 100)?.percentile]
            case .hodgesLehmann: return [HodgesLehmann(x, y)?.interval]
            case .medians: return [RatioEstimate(medians: x, y)?.interval]
            case .rates: return [RatioEstimate(rates: x, y)?.interval]
            case .pairs: return [RatioEstimate(pairs: x, method: .pairedRounds)?.interval]
            case .windows: return [RatioEstimate(windows: x, y, seed: 1)?.interval]
            case .quantileP50: return [SortedSamples(x).interval(of: .p50)]
            case .quantileP95: return [SortedSamples(x).interval(of: .p95)]
            case .trend: return [Trend(x)?.slopeInterval]
            case .wilson: return (0...x.count).map { Proportion($0, of: x.count).wilson() }
            case .clopperPearson: return (0...x.count).map { Proportion($0, of: x.count).clopperPearson() }
            case .cost:
                return [RequestStatistics.Cost.interval(ofRatio: x.map { (dollars: $0, useful: 1) })]
            case .share:
                return (0...x.count).map { RatioEstimate(shares: [(x.count, x.count)], [($0, x.count)])?.interval }
            case .keepwarm:
                return [KeepWarm(x.map { (gapSeconds: $0, cold: $0 > 1) }).medianInterval()]
            }
        }
    }

    /// So many values of each kind.
    private static func samples(_ n: Int) -> [(kind: String, values: [Double])] {
        func made(_ value: (Int) -> Double) -> [Double] { (0..<n).map(value) }
        return [
            ("rising", made { 1 + Double($0) }), ("equal", made { _ in 5 }), ("zeros", made { _ in 0 }),
            ("tied", made { Double($0 / 2 + 1) }), ("one apart", made { $0 == 0 ? 100 : 1 }),
            ("one zero", made { $0 == 0 ? 0 : 3 }), ("tiny", made { 1e-300 * Double($0 + 1) }),
            ("huge", made { 1e300 * Double($0 + 1) }), ("negative", made { -1 - Double($0) }),
            ("one NaN", made { $0 == 0 ? .nan : 2 + Double($0) }),
            ("one infinite", made { $0 == n - 1 ? .infinity : 2 + Double($0) }),
            ("one minus infinite", made { $0 == 0 ? -.infinity : 2 + Double($0) }),
        ]
    }

    @Test(arguments: Maker.allCases)
    func `no sample is too small or too odd`(maker: Maker) {
        for n in 0...8 {
            for (kind, values) in Self.samples(n) where !(maker == .keepwarm && kind == "one NaN") {
                for interval in maker.intervals(values) {
                    let place: Comment = "\(maker) of \(n) \(kind): \(String(describing: interval))"
                    guard let interval else { continue }
                    if maker.needsFive { #expect(n >= 5, place) }
                    #expect(interval.lower?.isNaN != true && interval.upper?.isNaN != true, place)
                    if let low = interval.lower, let high = interval.upper { #expect(low <= high, place) }
                }
            }
        }
    }

    @Test func `two samples have no interval of their variation and no band`() throws {
        let two = try #require(DistributionSummary(samples: [100, 100.8], spread: 1))
        #expect(two.cvPercent != nil && two.cvInterval == nil && two.cvBands.isEmpty)
        #expect(VariationBand(cvPercent: .nan) == nil && VariationBand(cvPercent: -1) == nil)
        #expect(VariationBand.bands(from: .nan, to: 50).isEmpty)
    }
}
