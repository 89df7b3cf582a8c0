import Measurement
import Testing

@Suite struct EarlyStoppingTests {
    @Test func `the requests needed match the reference table`() throws {
        let tables = try Oracles.main.members("mlperf_early_stopping", "table")
        #expect(tables.count == 6)
        for (key, rows) in tables {
            // "c0.95_p0.9"
            let parts = key.split(separator: "_").compactMap { Double($0.dropFirst()) }
            let stopping = EarlyStopping(percentile: parts[1], confidence: parts[0])
            for (outside, row) in try #require(rows.object) {
                let t = try #require(Int(outside))
                let fewest = stopping.fewestInside(outside: t)
                #expect(Double(fewest) == row["min_passing_h"].number, "\(key), \(t)")
                #expect(Double(fewest + t) == row["min_total_n"].number, "\(key), \(t)")
            }
        }
    }

    @Test func `MLPerf's own minimum of 662 follows`() {
        #expect(EarlyStopping(percentile: 0.99).fewestInside(outside: 1) + 1 == 662)
        #expect(EarlyStopping(percentile: 0.9).fewestInside(outside: 1) + 1 == 64)
    }

    @Test func `the samples for a margin match MLPerf's table`() throws {
        let rows = try Oracles.main.members("mlperf_margin_table")
        #expect(rows.count == 4)
        for (key, row) in rows {
            let p = try #require(Double(key))
            let margin = try #require(row["m"].number)
            #expect(near(margin, (1 - p) / 20, relative: 1e-9))
            let stopping = EarlyStopping(percentile: p, confidence: 0.99)
            #expect(near(stopping.samples(forMargin: margin), row["n"].number), "\(key)")
        }
    }

    @Test func `a level passes, fails or stays open`() {
        let stopping = EarlyStopping(percentile: 0.95, confidence: 0.95)
        #expect(stopping.verdict(inside: 59, outside: 0) == .pass)
        #expect(stopping.verdict(inside: 58, outside: 0) == .undetermined)
        #expect(stopping.verdict(inside: 92, outside: 1) == .pass)
        #expect(stopping.verdict(inside: 91, outside: 1) == .undetermined)
        #expect(stopping.verdict(inside: 326, outside: 10) == .pass)
        // P(Bin(20, 0.05) >= 4) = 0.0159 fails, >= 3 = 0.0755 does not.
        #expect(stopping.verdict(inside: 16, outside: 4) == .fail)
        #expect(stopping.verdict(inside: 17, outside: 3) == .undetermined)
        #expect(stopping.verdict(inside: 0, outside: 0) == .undetermined)
        #expect(stopping.verdict(inside: 0, outside: 5) == .fail)
    }
}
