import Measurement
import Testing

@Suite struct KneeRuleTests {
    private func levels(_ rows: [(Int, Double, Double?)]) -> [RampLevel] {
        rows.map { RampLevel(concurrency: $0.0, throughput: $0.1, ttftP95: $0.2) }
    }

    @Test func `the knee is the last level that still gains half per stream`() throws {
        // X(1) = 50, so half is 25 per stream: 8→16 gains 50, 16→32 gains 0.
        let rule = try #require(
            KneeRule(
                levels([(1, 50, 100), (2, 100, 100), (8, 400, 110), (16, 800, 120), (32, 800, 150), (64, 800, 180)])
            )
        )
        #expect(rule.concurrency == 16)
        #expect(rule.bracket.lower == 16 && rule.bracket.upper == 32)
    }

    @Test func `a gain of exactly half and a TTFT of exactly twice qualify`() throws {
        // From c0 = 4 with X = 40: 10 per stream, half 5. 4→8: 20/4 = 5.
        let rule = try #require(KneeRule(levels([(4, 40, 100), (8, 60, 200), (16, 99, 200)])))
        #expect(rule.concurrency == 8 && rule.bracket.upper == 16)
    }

    @Test func `a TTFT above twice that of the lowest level ends it`() throws {
        let rule = try #require(KneeRule(levels([(1, 10, 100), (2, 20, 150), (4, 40, 201)])))
        #expect(rule.concurrency == 2 && rule.bracket.lower == 2 && rule.bracket.upper == 4)
    }

    @Test func `a knee beyond the largest level is not reached`() throws {
        let rule = try #require(KneeRule(levels([(1, 10, 100), (2, 20, 100), (4, 40, 100)])))
        #expect(rule.concurrency == nil && rule.bracket.lower == 4 && rule.bracket.upper == nil)
    }

    @Test func `the largest qualifying level counts, also after one that does not`() throws {
        // 2→4 is a bad measurement (+5), 4→8 makes up for it (+35/4).
        let rule = try #require(
            KneeRule(levels([(1, 10, 100), (2, 20, 100), (4, 25, 100), (8, 60, 100), (16, 61, 100)]))
        )
        #expect(rule.concurrency == 8)
    }

    @Test func `the lowest level is the knee when nothing is gained after it`() throws {
        let rule = try #require(KneeRule(levels([(4, 100, 50), (8, 100, 90)])))
        #expect(rule.concurrency == 4)
    }

    @Test func `an unknown p95 proves nothing`() throws {
        let rule = try #require(KneeRule(levels([(1, 10, 100), (2, 20, nil), (4, 21, 100)])))
        #expect(rule.concurrency == 1)
        #expect(KneeRule(levels([(1, 10, nil), (2, 20, 100)])) == nil)
        #expect(KneeRule(levels([(1, 10, 100)])) == nil)
        #expect(KneeRule(levels([(1, 0, 100), (2, 5, 100)])) == nil)
    }

    @Test func `the fits agree when the hinge meets the bracket and the peak comes no earlier`() throws {
        let n = try Oracles.main.numbers("usl", "hard_saturation_B16_S0.5", "N")
        let x = try Oracles.main.numbers("usl", "hard_saturation_B16_S0.5", "X")
        let r = try Oracles.main.numbers("usl", "hard_saturation_B16_S0.5", "R")
        let rule = try #require(KneeRule(zip(n, zip(x, r)).map { levels([(Int($0), $1.0, $1.1)])[0] }))
        #expect(rule.concurrency == 16)
        let hinge = try #require(Hinge(concurrency: n, throughput: x))
        let usl = UniversalScalability(concurrency: n, throughput: x)
        #expect(rule.agrees(with: hinge, usl) == true)
        #expect(rule.agrees(with: nil, usl) == nil)
        let early = try #require(KneeRule(levels([(1, 10, 100), (2, 12, 100), (4, 13, 100)])))
        #expect(early.agrees(with: hinge, usl) == false)
    }
}
