import Testing
import Ticks

@testable import Measurement

@Suite struct RunResultSentenceTests {
    @Test(
        arguments: [
            (0, "0"), (0.00004, "0"), (0.0123, "0.0123"), (0.1, "0.1"), (0.98, "0.98"), (1, "1"), (1.005, "1"),
            (2.346, "2.35"), (12.34, "12.3"), (99.96, "100"), (123.4, "123"), (999.6, "1000"), (1234.5, "1,235"),
            (1_234_567, "1,234,567"), (-2.5, "-2.5"), (-1234, "-1,234"), (.infinity, "?"), (.nan, "?"),
            (1e300, "more than 10^15"),
        ] as [(Double, String)]
    )
    func `a number in a sentence has three digits that count`(value: Double, words: String) {
        #expect(inWords(value) == words)
    }

    @Test func `a share is shown in percent`() {
        #expect(inPercent(0.4737) == "47.4 %")
        #expect(inPercent(1) == "100 %")
    }

    @Test func `a level that comes out differently the second time is named`() {
        var builder = rampOfTwoLevels()
        let again = builder.step(
            .level,
            of: 1,
            1,
            from: 94_000,
            settled: 94_000,
            windowEnded: 124_000,
            drained: 124_000
        )
        for second in 94..<124 as Range<Int64> { builder.request(again, at: 1000 * second, ttft: 500, gap: 50) }
        // 8 tokens in 0.85 s now, in 0.9 s before.
        #expect(
            builder.result.warnings.contains(
                "ramp: 1 stream came out differently when visited again: 9.41 against 8.89 tokens/s per request."
            )
        )
        #expect(!rampOfTwoLevels().result.warnings.contains { $0.contains("visited again") })
    }

    @Test func `samples that resemble their neighbours are not told as so many requests`() throws {
        let alike = try #require(DistributionSummary(samples: (1...1000).map(Double.init)))  // a queue that grows
        let apart = try #require(DistributionSummary(samples: (0..<40).map { Double($0 &* 7919 % 1024) }))
        let worth = try #require(alike.effectiveCount)
        #expect(worth < 20 && apart.effectiveCount == nil)
        #expect(
            DistributionSummary.evidence("\(worth)", of: [apart, alike])
                == "requests that resemble their neighbours, worth \(worth) independent \(worth == 1 ? "one" : "ones")"
        )
        #expect(DistributionSummary.evidence("40", of: [apart]) == "40 requests")
        #expect(DistributionSummary.evidence("1", of: []) == "1 request")
    }
}
