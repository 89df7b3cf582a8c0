import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct ChangePointsTests {
    /// Windows of a figure of about 200 with a scatter of 10, each depending on the one before by `dependence`.
    private func series(
        _ count: Int,
        seed: UInt64,
        dependence: Double = 0,
        tail: Bool = false,
        level: (Int) -> Double = { _ in 0 }
    ) -> [Double] {
        var random = SplitMix64(seed: seed)
        var before = 0.0
        return (0..<count).map { place in
            let normal = NormalDistribution.quantile(min(1 - 1e-9, max(1e-9, random.unit())))
            let noise = tail ? exp(1.5 * normal) : normal
            before = dependence * before + noise * (1 - dependence * dependence).squareRoot()
            return 200 + 10 * before + level(place)
        }
    }

    private func alarms(of runs: Int, _ series: (UInt64) -> [Double]) -> Int {
        (0..<UInt64(runs)).count { !ChangePoints.places(in: series($0 + 1), seed: $0).isEmpty }
    }

    @Test func `of flat series at most five in a hundred show a change, with heavy tails and few windows too`() {
        #expect(alarms(of: 60) { series(60, seed: $0) } <= 3)
        #expect(alarms(of: 60) { series(60, seed: $0, tail: true) } <= 3)
        #expect(alarms(of: 60) { series(20, seed: $0) } <= 3)
        // Shares of failures: most windows have none.
        #expect(alarms(of: 60) { series(60, seed: $0).map { $0 > 215 ? 0.05 : 0 } } <= 3)
    }

    @Test func `where windows depend on those before, at most one in ten does`() {
        #expect(alarms(of: 40) { series(60, seed: $0, dependence: 0.3) } <= 3)
        #expect(alarms(of: 40) { series(60, seed: $0, dependence: 0.6) } <= 3)
    }

    @Test(arguments: [6, 14, 30, 50])
    func `a jump of four times the scatter is found within one window`(at place: Int) {
        let found = (1...10 as ClosedRange<UInt64>).count { seed in
            let found = ChangePoints.places(in: series(60, seed: seed) { $0 >= place ? 40 : 0 }, seed: seed)
            return found.count == 1 && abs((found.first ?? 0) - place) <= 1
        }
        #expect(found >= 7, "\(found) of 10")
    }

    @Test func `a spell that ends has both of its ends, and three levels have two changes`() {
        var (spells, stairs) = (0, 0)
        for seed in 1...6 as ClosedRange<UInt64> {
            if ChangePoints.places(in: series(60, seed: seed) { (20..<30).contains($0) ? 60 : 0 }) == [20, 30] {
                spells += 1
            }
            let three = ChangePoints.places(in: series(60, seed: seed) { $0 < 20 ? 0 : $0 < 45 ? 80 : -80 })
            if three == [20, 45] { stairs += 1 }
        }
        #expect(spells >= 5 && stairs >= 5, "\(spells), \(stairs)")
    }

    @Test func `a series that climbs evenly has a trend and no change`() {
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(ChangePoints.places(in: series(60, seed: seed) { Double($0) }) == [], "seed \(seed)")
        }
    }

    @Test func `one odd window, or two, make no change, and neither does what is too small to matter`() {
        let odd = series(60, seed: 3) { (20...21).contains($0) ? 5000 : 0 }
        #expect(ChangePoints.places(in: odd) == [])
        let step = series(60, seed: 3) { $0 >= 30 ? 50 : 0 }
        #expect(ChangePoints.places(in: step, least: 40) == [30])
        #expect(ChangePoints.places(in: step, least: 60) == [])
    }

    @Test func `too few values, equal ones and infinite ones have none`() {
        #expect(ChangePoints.places(in: [1, 1, 1, 9, 9]) == [])
        #expect(ChangePoints.places(in: [Double](repeating: 4, count: 40)) == [])
        #expect(ChangePoints.places(in: [Double](repeating: 4, count: 20) + [.infinity]) == [])
        #expect(ChangePoints.places(in: [Double](repeating: 0, count: 20) + [Double](repeating: 1, count: 20)) == [20])
    }
}
