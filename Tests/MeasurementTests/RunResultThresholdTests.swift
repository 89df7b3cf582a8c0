import Measurement
import Testing
import Ticks

@Suite struct RunResultThresholdTests {
    // MARK: Grammar

    @Test(
        arguments: [
            ("ttft.p95<500ms", nil, nil, "ttft", "p95", .less, 500),
            ("ramp.ttft.p95[concurrency=16] < 0.5s", nil, "ramp", "ttft", "p95", .less, 500),
            (
                "do/kimi-k2.6:burst-2.e2e.adj_p99 <= 2m", "do/kimi-k2.6", "burst-2", "e2e", "adj_p99", .lessOrEqual,
                120_000
            ),
            ("ramp.retention[concurrency=16] > 0.6", nil, "ramp", "retention", nil, .greater, 0.6),
            ("burst.cold_share < 5%", nil, "burst", "cold_share", nil, .less, 0.05),
            ("error_rate < 1%", nil, nil, "error_rate", nil, .less, 0.01),
            ("availability.value >= 99.9%", nil, nil, "availability", nil, .greaterOrEqual, 0.999),
            ("requests.failed == 0", nil, nil, "requests.failed", nil, .equal, 0),
            ("outcomes.rate_limited != 3", nil, nil, "outcomes.rate_limited", nil, .unequal, 3),
            ("cost.usd_per_useful_result < $0.01", nil, nil, "cost.usd_per_useful_result", nil, .less, 0.01),
            ("output_tokens > 5_000_000", nil, nil, "output_tokens", nil, .greater, 5_000_000),
            ("ttft_ms.p50 ≤ 250us", nil, nil, "ttft", "p50", .lessOrEqual, 0.25),
            ("burst.time_to_recover_s < 500ms", nil, "burst", "time_to_recover", nil, .less, 0.5),
            ("my.phase.ttft.cv < 40%", nil, "my.phase", "ttft", "cv", .less, 40),
            ("transition.cold_penalty.p50 < 10s", nil, nil, "transition.cold_penalty", "p50", .less, 10_000),
            ("  ttft . p50  <  1s ", nil, nil, "ttft", "p50", .less, 1000),
        ] as [(String, String?, String?, String, String?, Threshold.Comparison, Double)]
    )
    func `an expression is read as the contract spells it`(
        text: String,
        target: String?,
        phase: String?,
        metric: String,
        statistic: String?,
        comparison: Threshold.Comparison,
        limit: Double
    ) throws {
        let threshold = try Threshold(parsing: text)
        #expect(threshold.target == target)
        #expect(threshold.phase == phase)
        #expect(threshold.metric == metric)
        #expect(threshold.statistic == statistic)
        #expect(threshold.comparison == comparison)
        #expect(abs(threshold.limit - limit) <= 1e-9 * max(1, limit))
    }

    @Test func `selectors name a level, a rate or a burst`() throws {
        #expect(try Threshold(parsing: "ttft.p50[concurrency=16]<1s").selector == .concurrency(16))
        #expect(try Threshold(parsing: "ttft.p50[rps=2.5]<1s").selector == .rps(2.5))
        #expect(try Threshold(parsing: "cold_share[ burst = 2 ] < 5%").selector == .burst(2))
    }

    @Test(
        arguments: [
            ("ttfp.p95 < 1s", "unknown metric 'ttfp.p95'", "ttft"),
            ("eror_rate < 1%", "unknown metric", "error_rate"),
            ("ramp.retension > 0.5", "unknown metric", "retention"),
            ("ttft.p959 < 1s", "ttft has no 'p959'", "ttft.p95"),
            ("ttft < 1s", "say which figure of it, e.g. ttft.p95", nil),
            ("tpot.adj_p95 < 1s", "tpot has no 'adj_p95'", "tpot.p95"),
            ("ttft.p95 < 500", "has no unit; allowed: ns, us, µs, ms, s, m, h", nil),
            ("ttft.p95 < 5%", "unit '%' does not fit ttft.p95", nil),
            ("error_rate < 5ms", "unit 'ms' does not fit error_rate", nil),
            ("error_rate < many", "'many' is no number", nil),
            ("error_rate <", "no value to compare with", nil),
            ("error_rate", "no comparison", nil),
            ("", "no comparison", nil),
            ("< 5", "no metric", nil),
            ("a..b < 5", "has an empty part", nil),
            (":error_rate < 5%", "no target before ':'", nil),
            ("ttft.p95[concurency=16] < 1s", "unknown selector 'concurency'", "concurrency"),
            ("ttft.p95[concurrency=many] < 1s", "'many' is no value for concurrency", nil),
            ("ttft.p95[16] < 1s", "[16] is no selector", nil),
            ("ttft[concurrency=16].p95 < 1s", "a selector stands last", nil),
            ("cold_share[concurrency=16] < 5%", "cold_share has no value by [concurrency=16]", nil),
            ("cost.usd < $5 usd", "has two units", nil),
            ("error_rate = 0", "no comparison", nil),
        ] as [(String, String, String?)]
    )
    func `what is wrong with an expression is said, and the nearest that is known`(
        text: String,
        problem: String,
        nearest: String?
    ) {
        #expect {
            try Threshold(parsing: text)
        } throws: { error in
            guard let error = error as? ThresholdError else { return false }
            return error.problem.contains(problem) && (nearest == nil || error.nearest == nearest)
                && error.description.contains("threshold '\(text)'")
        }
    }

    @Test func `a target or phase that the profile does not have is found before the run`() throws {
        let threshold = try Threshold(parsing: "mine:ramp.ttft.p50 < 1s")
        #expect(threshold.problem(targets: ["mine"], phases: ["ramp"]) == nil)
        #expect(threshold.problem(targets: ["main"], phases: ["ramp"])?.nearest == "main")
        #expect(threshold.problem(targets: ["mine"], phases: ["ramp-2", "burst"])?.nearest == "ramp-2")
        #expect(try Threshold(parsing: "error_rate < 1%").problem(targets: [], phases: []) == nil)
    }

    // MARK: Judgement

    private func judge(_ text: String, _ builder: RunResultBuilder, confident: Bool = false) throws -> ThresholdResult {
        try Threshold(parsing: text).result(on: builder.result, confident: confident)
    }

    /// `count` requests at level 4 with times to first token of 1, 2 ... `count` ms.
    private func level(_ count: Int, failing: Int = 0) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(count + failing) * 1000
        let phase = builder.phase(.ramp, from: 0, to: end)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: end, drained: end)
        for place in 0..<count { builder.request(step, at: Int64(place) * 1000, ttft: Int64(place + 1)) }
        for place in 0..<failing { builder.failure(step, at: Int64(count + place) * 1000, .http5xx) }
        return builder
    }

    @Test func `without a scope the worst place decides and is named`() throws {
        let ramp = rampOfTwoLevels()
        let failed = try judge("ttft.p50 < 500ms", ramp)
        #expect(!failed.passed)
        #expect(failed.value == 1200)
        #expect(failed.unit == "ms")
        #expect(failed.note == "ramp, 2 streams")
        #expect(failed.expression == "ttft.p50 < 500ms")
        let passed = try judge("ttft.p50 < 2s", ramp)
        #expect(passed.passed)
        #expect(passed.value == 1.2)
        #expect(try judge("ramp.ttft.p50[concurrency=1] < 500ms", ramp).passed)
        #expect(try judge("ramp.retention > 0.4", ramp).value.map { abs($0 - 0.9 / 1.9) < 1e-9 } == true)
        #expect(try judge("ramp.retention > 0.4", ramp).passed)
        #expect(try judge("retention > 50%", ramp).note == "ramp, 2 streams")
        #expect(try !judge("retention > 50%", ramp).passed)
    }

    @Test func `too few samples carry no percentile`() throws {
        let few = try judge("ttft.p95[concurrency=4] < 500ms", level(40))
        #expect(!few.passed)
        #expect(few.note == "undetermined: n = 40, p95 needs 72 (ramp, 4 streams)")
        #expect(few.value == 38)
        #expect(try judge("ttft.p95[concurrency=4] < 500ms", level(72)).passed)
        // A figure beyond its limit has failed whatever the number.
        let beyond = try judge("ttft.p95[concurrency=4] < 5ms", level(40))
        #expect(beyond.note == "ramp, 4 streams")
        // From below two samples bound a p95.
        #expect(try judge("ttft.p95[concurrency=4] > 5ms", level(40)).passed)
        #expect(try judge("ttft.p99[concurrency=4] < 1s", level(367)).note?.contains("p99 needs 368") == true)
    }

    @Test func `no figure is no pass`() throws {
        #expect(
            try judge("retention > 0.1", level(24)).note?.hasPrefix("undetermined: n = 24, retention needs 25") == true
        )
        #expect(
            try judge("ttft.p50[concurrency=5] < 1s", level(72)).note == "undetermined: nothing in this run matches"
        )
        #expect(try judge("other:ttft.p50 < 1s", level(72)).passed == false)
        #expect(try judge("slo_attainment > 0", level(30)).note?.contains("no slo") == true)
        #expect(try judge("cost.usd < $5", level(30)).note?.contains("no price") == true)
        let infinite = try judge("ttft.adj_p95[concurrency=4] < 1s", level(80, failing: 20))
        #expect(infinite.note == "undetermined: failed or throttled requests reach it (ramp, 4 streams)")
        #expect(try judge("ttft.p95[concurrency=4] < 1s", level(80, failing: 20)).passed)
    }

    @Test func `confidence asks the far end of the interval`() throws {
        // 100 of 1...100 ms: the p50's interval is the 40th to the 61st (binomial, 95 %).
        var builder = level(100)
        // Out of order, so that they count as independent.
        var generator = FixedOrder()
        builder.recorded.requests.shuffle(using: &generator)
        for place in builder.recorded.requests.indices {
            builder.recorded.requests[place].scheduled = Int64(place) * 1_000_000_000
        }
        #expect(try judge("ttft.p50[concurrency=4] < 55ms", builder).passed)
        let wide = try judge("ttft.p50[concurrency=4] < 55ms", builder, confident: true)
        #expect(!wide.passed)
        #expect(wide.value == 50)
        #expect(wide.note == "ramp, 4 streams: the 95 % interval reaches 61ms")
        #expect(try judge("ttft.p50[concurrency=4] < 62ms", builder, confident: true).passed)
        #expect(try !judge("ttft.p50[concurrency=4] > 45ms", builder, confident: true).passed)
        // 100 of 100: Wilson's lower end is 96.3 %.
        #expect(try judge("ramp.availability > 96%", builder, confident: true).passed)
        #expect(try !judge("ramp.availability > 97%", builder, confident: true).passed)
        #expect(try !judge("error_rate < 3%", builder, confident: true).passed)
        #expect(try judge("error_rate < 4%", builder, confident: true).passed)

        builder.recorded.run.thresholds = ["ttft.p50[concurrency=4] < 55ms"]
        #expect(builder.result.thresholds.map(\.passed) == [true])
        builder.recorded.run.thresholdsConfident = true
        #expect(builder.result.thresholds.map(\.passed) == [false])
        #expect(builder.result.exitCode == 99)
    }

    @Test func `in a burst the time to first token counts from the schedule`() throws {
        var builder = RunResultBuilder()
        let phase = builder.phase(.burst, from: 0, to: 10_000)
        let edge = builder.step(.edge, of: phase, 20, from: 0, windowEnded: 10_000, drained: 10_000) {
            $0.burst = 0
            $0.release = 0
        }
        for rank in 0..<20 {
            builder.request(edge, at: 0, ttft: 100) {
                $0.rank = rank
                $0.dispatchLag = 30_000_000
            }
        }
        #expect(try judge("burst.ttft.p50[burst=0] < 1s", builder).value == 0.13)
        #expect(try judge("burst.ttft_scheduled.max[burst=0] < 1s", builder).value == 0.13)
        #expect(try judge("burst.wait.p50[burst=0] < 1s", builder).value == 0.099)
        #expect(try judge("time_to_recover < 1s", builder).note?.hasPrefix("undetermined: no warm control") == true)
    }

    @Test func `a stored expression that cannot be read has failed and says why`() {
        var builder = rampOfTwoLevels()
        builder.recorded.run.thresholds = ["ttfp.p95 < 1s"]
        let result = builder.result
        #expect(result.thresholds.first?.passed == false)
        #expect(result.thresholds.first?.note?.contains("unknown metric 'ttfp.p95'") == true)
    }
}

/// A fixed order for shuffling: a linear congruential generator (Knuth's MMIX constants).
private struct FixedOrder: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
