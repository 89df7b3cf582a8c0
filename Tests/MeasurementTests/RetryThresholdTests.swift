import Measurement
import Testing
import Ticks

/// Thresholds on what sending again brought.
@Suite struct RetryThresholdTests {
    /// A hundred requests in a level: each tenth is refused once and answered a second later.
    private func built(retries: Bool = true) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 120_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 120_000, drained: 120_000)
        for place in 0..<100 as Range<Int64> {
            let isRefused = retries && place % 10 == 9
            if isRefused {
                builder.failure(step, at: place * 1000, .rateLimited)
                builder.recorded.requests[builder.recorded.requests.count - 1].sequence = place
            }
            builder.request(step, at: place * 1000 + (isRefused ? 1000 : 0)) {
                $0.sequence = place
                $0.attempt = isRefused ? 1 : 0
            }
        }
        return builder
    }

    private func judge(_ text: String, retries: Bool = true) throws -> ThresholdResult {
        try Threshold(parsing: text).result(on: built(retries: retries).result)
    }

    @Test(
        arguments: [
            ("ramp.retries.perceived.availability[concurrency=4] == 1", 1),
            ("retries.first_attempt.availability < 91%", 90),
            ("retries.requests == 100", 100), ("retries.attempts == 110", 110), ("retries.retried == 10", 10),
            ("retries.recovered >= 10", 10), ("retries.first_attempt.ttft.p50 < 201ms", 200),
            ("retries.perceived.ttft.max < 1201ms", 1200), ("retries.perceived.e2e.max < 2s", 1.9),
            ("mine:ramp.retries.perceived.ttft_ms.p90[concurrency=4] <= 200ms", 200),
            ("retries.perceived.availability.value >= 99%", 100), ("retries.first_attempt.ttft.count == 90", 90),
        ] as [(String, Double)]
    )
    func `a figure of retries is held to its limit`(text: String, value: Double) throws {
        let result = try judge(text)
        #expect(result.passed, "\(result)")
        #expect(result.value.map { abs($0 - value) < 1e-9 } == true, "\(result)")
    }

    @Test func `what users see may fail where the attempts pass, and the reverse`() throws {
        #expect(try judge("ttft.max < 201ms").passed)
        #expect(try !judge("retries.perceived.ttft.max < 201ms").passed)
        #expect(try !judge("availability > 95%").passed)
        #expect(try judge("retries.perceived.availability > 95%").passed)
        // Refused first attempts count as infinite.
        #expect(try judge("retries.first_attempt.ttft.adj_p95 < 1s").note?.contains("reach it") == true)
    }

    @Test func `where nothing was sent again the first attempt is what users see`() throws {
        for text in [
            "retries.perceived.availability == 1", "retries.first_attempt.availability == 1", "retries.attempts == 100",
            "retries.requests == 100", "retries.retried == 0", "retries.perceived.ttft.max < 201ms",
            "retries.perceived.e2e.p50 < 1s",
        ] { #expect(try judge(text, retries: false).passed, "\(text)") }
    }

    @Test(arguments: [
        ("retries.perceived.avalability > 1", "retries.perceived.availability"),
        ("retries.recoverd > 1", "retries.recovered"),
    ])
    func `an unknown figure of retries is refused, with the nearest`(text: String, nearest: String) {
        #expect {
            try Threshold(parsing: text)
        } throws: { ($0 as? ThresholdError)?.nearest == nearest }
    }

    @Test func `a distribution of retries wants to know which figure`() {
        #expect {
            try Threshold(parsing: "retries.perceived.ttft < 1s")
        } throws: { ($0 as? ThresholdError)?.problem.contains("retries.perceived.ttft.p95") == true }
    }
}
