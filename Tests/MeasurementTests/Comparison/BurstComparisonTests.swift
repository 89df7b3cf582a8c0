import Testing
import Ticks

@testable import Measurement

/// Bursts in turns: cold penalties and times to recover, burst by burst.
@Suite struct BurstComparisonTests {
    /// Cycles of a minute, those of the two targets by turns. A cold edge of ten waits `penalty` longer than the same on the
    /// warm server, rank by rank; from then on answers come as on the warm one.
    private func result(_ penalties: [[Int64]]) throws -> ComparisonResult {
        var builder = RunResultBuilder()
        builder.recorded.targets[0].name = "a"
        let second = builder.target("b")
        for (place, own) in penalties.enumerated() {
            let length = Int64(2 * own.count) * 60_000
            let phase = builder.phase(.burst, from: 0, to: length, target: place == 0 ? 1 : second)
            for (index, penalty) in own.enumerated() {
                let from = Int64(2 * index + (index % 2 == 0 ? place : 1 - place)) * 60_000
                cycle(&builder, phase, index, from: from, penalty: penalty)
            }
        }
        return try #require(builder.result.comparison)
    }

    private func cycle(_ builder: inout RunResultBuilder, _ phase: Int, _ index: Int, from: Int64, penalty: Int64) {
        func step(_ kind: StageKind, at: Int64) -> Int {
            builder.step(
                kind,
                of: phase,
                10,
                from: from + at,
                windowEnded: from + at + 10_000,
                drained: from + at + 12_000
            ) {
                $0.burst = index
                $0.block = index
                $0.idle = 10_000_000_000
                $0.connections = "cold"
                $0.release = (from + at) * RunResultBuilder.millisecond
            }
        }
        let edge = step(.edge, at: 20_000)
        let control = step(.control, at: 40_000)
        for rank in 0..<10 {
            let warm = 100 + 10 * Int64(rank)
            builder.request(edge, at: from + 20_000, ttft: warm + penalty) { $0.rank = rank }
            builder.request(control, at: from + 40_000, ttft: warm) { $0.rank = rank }
        }
        for place in 0..<30 as Range<Int64> {
            builder.request(edge, at: from + 20_000 + penalty + 100 + 40 * place, ttft: 120)
        }
    }

    private func row(_ result: ComparisonResult, _ figure: String) throws -> ComparisonResult.Row {
        try #require(result.rows.first { $0.figure == figure }, "\(result.rows.map(\.metric))")
    }

    @Test func `penalties and times to recover are ratios over paired bursts`() throws {
        let result = try result([[2000, 2100, 1900, 2000, 2000], [3000, 3100, 2900, 3060, 3000]])
        let penalty = try row(result, "cold_penalty")
        #expect(penalty.method == .pairedRounds && penalty.looks == 5)
        #expect(penalty.baseValue == 2000)
        #expect(abs((penalty.ratio ?? 0) - 1.506) < 0.006, "\(penalty)")
        #expect(penalty.finding == .worse && penalty.verdict.hasPrefix("larger by 51 %"), "\(penalty.verdict)")
        let recovery = try row(result, "time_to_recover")
        #expect(recovery.finding == .worse && recovery.verdict.hasPrefix("later by "), "\(recovery)")
        #expect((1.4...1.52).contains(recovery.ratio ?? 0), "\(recovery)")
    }

    @Test func `where a burst met a warm server there is no ratio of penalties, and the figures stay`() throws {
        let result = try result([[2000, 0, 1900, 2000], [3000, 3100, 2900, 3060]])
        let penalty = try row(result, "cold_penalty")
        #expect(penalty.ratio == nil && penalty.baseValue == 1950 && penalty.value == 3030)
        #expect(penalty.finding == .undetermined && penalty.verdict.hasPrefix("no ratio: "))
        #expect(try row(result, "ttft.p50").ratio != nil)
    }
}
