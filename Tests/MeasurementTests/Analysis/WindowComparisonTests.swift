import Glibc
import Measurement
import Testing

@Suite struct WindowComparisonTests {
    private func windows() throws -> [[Double]] {
        try #require(try Oracles.main.value(["data", "windows4x25"]).array).map { try #require($0.numbers) }
    }

    @Test func `Kruskal-Wallis and Dunn match the reference`() throws {
        let found = try #require(WindowComparison(try windows()))
        #expect(near(found.h, try Oracles.main.number("windows", "kruskal", "statistic"), relative: 1e-11))
        #expect(near(found.p, try Oracles.main.number("windows", "kruskal", "p"), relative: 1e-10))
        #expect(found.pairs.count == 6)
        for pair in found.pairs {
            let oracle = { (key: String) in
                try Oracles.main.number("windows", "dunn_holm", "\(pair.first)-\(pair.second)", key)
            }
            #expect(near(pair.z, try oracle("z"), relative: 1e-10))
            #expect(near(pair.p, try oracle("p"), relative: 1e-9))
            #expect(near(pair.holm, try oracle("p_holm"), relative: 1e-9))
        }
        // Only the last window differs.
        #expect(found.pairs.allSatisfy { ($0.holm < 0.05) == ($0.second == 3) })
    }

    @Test func `the share of variance between windows matches the reference`() throws {
        let found = try #require(IntraclassCorrelation(try windows().map { $0.map { log($0) } }))
        #expect(near(found.value, try Oracles.main.number("windows", "icc1_log"), relative: 1e-10))
        #expect(near(found.between, try Oracles.main.number("windows", "MSB"), relative: 1e-10))
        #expect(near(found.within, try Oracles.main.number("windows", "MSW"), relative: 1e-10))
        let medians = try windows().map { SortedSamples($0).median }
        let expected = try Oracles.main.numbers("windows", "window_medians")
        for (median, expected) in zip(medians, expected) { #expect(near(median, expected)) }
    }

    @Test func `windows of different sizes weigh by size`() throws {
        // Means 2 and 5, n 3 and 2; within: 2 + 0.5 over 3; between: 3·(2−3.2)² + 2·(5−3.2)² = 10.8; size (5 − 13/5)/1.
        let found = try #require(IntraclassCorrelation([[1, 2, 3], [4.5, 5.5]]))
        #expect(near(found.between, 10.8) && near(found.within, 2.5 / 3))
        #expect(near(found.value, (10.8 - 2.5 / 3) / (10.8 + 1.4 * 2.5 / 3)))
    }

    @Test func `nothing to compare gives nothing`() {
        #expect(WindowComparison([[1, 2]]) == nil)
        #expect(WindowComparison([[1], []]) == nil)
        #expect(WindowComparison([[2, 2], [2, 2]]) == nil)
        #expect(IntraclassCorrelation([[1], [2]]) == nil)
        #expect(IntraclassCorrelation([[2, 2], [2, 2]]) == nil)
    }
}
