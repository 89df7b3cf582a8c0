import Measurement
import Testing
import Ticks

@Suite struct KeepWarmTests {
    private func reference() throws -> KeepWarm {
        let gaps = try Oracles.main.numbers("keep_warm_npmle", "gap_s")
        let cold = try Oracles.main.numbers("keep_warm_npmle", "cold")
        return KeepWarm(zip(gaps, cold).map { (gapSeconds: $0, cold: $1 == 1) })
    }

    @Test func `the probability of being cold matches the reference`() throws {
        let found = try reference()
        #expect(found.gaps.map(\.seconds) == (try Oracles.main.numbers("keep_warm_npmle", "unique_gap")))
        let expected = try Oracles.main.numbers("keep_warm_npmle", "isotonic_P_cold")
        for (gap, expected) in zip(found.gaps, expected) { #expect(near(gap.probability, expected)) }
    }

    @Test func `the bounds at each gap match the reference`() throws {
        let rows = try Oracles.main.members("keep_warm_npmle", "clopper_pearson95_per_gap")
        #expect(rows.count == 8)
        let found = try reference()
        for (key, value) in rows {
            let seconds = try #require(Double(key))
            let row = try #require(value.numbers)
            let gap = try #require(found.gaps.first { $0.seconds == seconds })
            #expect(Double(gap.cold) == row[0] && Double(gap.probes) == row[1], "\(key)")
            let interval = try #require(gap.proportion.clopperPearson())
            #expect(
                near(interval.lower, row[2], relative: 1e-10) && near(interval.upper, row[3], relative: 1e-10),
                "\(key)"
            )
        }
    }

    @Test func `the warm window and its median follow from the curve`() throws {
        let found = try reference()
        #expect(found.warmUpTo == 120 && found.coldFrom == 240)
        #expect(near(found.warmUpper95, 1 - 0.36840314986403866))  // 0.05^(1/3)
        // From 0.25 at 300 s to 0.8 at 360 s: 300 + 60 · 0.25/0.55.
        #expect(near(found.median, 300 + 60 * 0.25 / 0.55))
        let interval = found.medianInterval()
        let (low, high) = (try #require(interval.lower), try #require(interval.upper))
        #expect(low <= 327 && high >= 327)
    }

    @Test func `a fixed window of 300 s lies in the bracket and in the interval`() throws {
        let probes = [30, 60, 120, 240, 360, 480, 960.0].flatMap { gap in
            (0..<5).map { _ in (gapSeconds: gap, cold: gap > 300) }
        }
        let found = KeepWarm(probes)
        #expect(found.warmUpTo == 240 && found.coldFrom == 360)
        #expect(near(found.median, 300))
        // Five of five cold after 360 s and none of five after 240 s: 2·5·ln 2 = 6.9 > 3.84 rules either side out.
        #expect(found.medianInterval() == ConfidenceInterval(lower: 240, upper: 360))
        #expect(near(found.warmUpper95, 1 - 0.5492802716530588))  // 0.05^(1/5): five probes leave 45 %
    }

    @Test func `the median's interval encloses a random window about as often as it says`() throws {
        // T uniform in 240...420 s, median 330; 4 probes at each of 9 gaps; 300 runs at 95 %.
        var random = SplitMix64(seed: 330)
        var enclosed = 0
        var near = 0
        for _ in 0..<300 {
            let probes = stride(from: 180.0, through: 500, by: 40).flatMap { gap in
                (0..<4).map { _ in (gapSeconds: gap, cold: 240 + 180 * random.unit() <= gap) }
            }
            let found = KeepWarm(probes)
            if found.medianInterval().contains(330) { enclosed += 1 }
            if let median = found.median, abs(median - 330) <= 40 { near += 1 }
        }
        #expect(enclosed >= 279, "\(enclosed) of 300, seed 330")
        #expect(near >= 240, "\(near) of 300 within 40 s")
    }

    @Test func `all warm or all cold leaves the window open on that side`() {
        let warm = KeepWarm((0..<6).map { _ in (gapSeconds: 60, cold: false) })
        #expect(warm.warmUpTo == 60 && warm.coldFrom == nil && warm.median == nil)
        #expect(warm.medianInterval() == ConfidenceInterval(lower: 60, upper: nil))
        let cold = KeepWarm((0..<6).map { _ in (gapSeconds: 60, cold: true) })
        #expect(cold.warmUpTo == nil && cold.coldFrom == 60 && cold.median == nil)
        #expect(cold.medianInterval() == ConfidenceInterval(lower: nil, upper: 60))
        let none = KeepWarm([])
        #expect(none.gaps.isEmpty && none.medianInterval() == ConfidenceInterval(lower: nil, upper: nil))
    }

    @Test func `violators are pooled by weight`() {
        #expect(IsotonicRegression.fit([1, 3, 2, 4], weights: [1, 1, 1, 1]) == [1, 2.5, 2.5, 4])
        #expect(IsotonicRegression.fit([3, 1], weights: [3, 1]) == [2.5, 2.5])
        #expect(IsotonicRegression.fit([5, 4, 3], weights: [1, 1, 1]) == [4, 4, 4])
    }
}
