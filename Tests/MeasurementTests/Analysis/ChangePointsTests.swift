import Measurement
import Testing

@Suite struct ChangePointsTests {
    @Test func `PELT finds the reference's segments at its cost`() throws {
        let found = try #require(ChangePoints(try Oracles.data("steps200")))
        let ends = try Oracles.main.numbers("pelt_l2", "changepoints(end idx, last=n)")
        #expect(found.ends.map { Double($0) } == ends)
        #expect(near(found.cost, try Oracles.main.number("pelt_l2", "segment_cost_total"), relative: 1e-11))
        let penalty = try Oracles.main.number("pelt_l2", "penalty=3*sigma^2*ln(n)")
        #expect(near(found.penalty, penalty, relative: 4e-6))  // 1.4826 unrounded there
        let sigma = try Oracles.main.number("pelt_l2", "sigma_from_diff_mad")
        #expect(near(ChangePoints.noise(of: try Oracles.data("steps200")), sigma, relative: 2e-6))
    }

    @Test func `noise without a shift is one segment`() throws {
        // The reference's noise, its three levels taken out.
        let values = try Oracles.data("steps200")
        let found = try #require(ChangePoints(values))
        let level = found.segments.flatMap { segment in values[segment.range].map { $0 - segment.mean } }
        let control = try #require(ChangePoints(level))
        let expected = try Oracles.main.numbers("pelt_l2", "no_change_control")
        #expect(control.ends.map { Double($0) } == expected)
    }

    /// Against every segmentation, for a series small enough to try them all.
    @Test(arguments: [0.5, 2, 8, 40])
    func `the segmentation is the cheapest of all`(penalty: Double) throws {
        let values = [1, 2, 1, 3, 9, 8, 9, 7, 4, 5, 4, 6.0]
        let cost = { (range: Range<Int>) -> Double in
            let mean = values[range].reduce(0, +) / Double(range.count)
            return values[range].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        var least = Double.infinity
        for mask in 0..<(1 << 11) {
            let ends = (1...11).filter { mask & (1 << ($0 - 1)) != 0 } + [12]
            let starts = [0] + ends.dropLast()
            guard zip(starts, ends).allSatisfy({ $1 - $0 >= 2 }) else { continue }
            let total = zip(starts, ends).reduce(0) { $0 + cost($1.0..<$1.1) } + penalty * Double(ends.count - 1)
            least = min(least, total)
        }
        let found = try #require(ChangePoints(values, penalty: penalty, minimumSegment: 2))
        #expect(near(found.cost + penalty * Double(found.segments.count - 1), least))
        #expect(found.segments.allSatisfy { $0.range.count >= 2 })
    }

    @Test func `too few values have no segments`() {
        #expect(ChangePoints([1]) == nil)
        #expect(ChangePoints([1, 2, 3, 4, 5, 6, 7, 8, 9]) == nil)
        #expect(ChangePoints([1, .nan, 3, 4, 5, 6, 7, 8, 9, 1, 2]) == nil)
    }
}
