import Measurement
import Testing
import Ticks

@Suite struct TotalsTests {
    private func near(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
        a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
    }

    /// A probe of good answers, one every second, and then one of each outcome given.
    private func probe(good: Int, _ outcomes: [Outcome] = []) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(good + outcomes.count) * 1000
        let phase = builder.phase(.probe, from: 0, to: end)
        let step = builder.step(.probe, of: phase, 1, from: 0, settled: 0, windowEnded: end, drained: end)
        for place in 0..<good { builder.request(step, at: Int64(place) * 1000) }
        for (place, outcome) in outcomes.enumerated() {
            builder.failure(step, at: Int64(good + place) * 1000, outcome)
        }
        return builder
    }

    @Test func `every outcome falls in one class and the classes add up to the scheduled`() throws {
        var builder = probe(good: 2, Outcome.allCases.filter { $0.class != .success })
        builder.recorded.requests[1].outcome = .okLength
        builder.recorded.requests[1].useful = false
        let totals = builder.result.targets[0].totals
        let counts = totals.requests
        // The contract's list: 3 excluded, 3 + 4 + 2 + 3 + 2 + 4 failed, 2 throttled, and the two successes.
        #expect(counts.scheduled == 25)
        #expect(counts.success == 2)
        #expect(counts.useful == 1)
        #expect(counts.throttled == 2)
        #expect(counts.excluded == 3)
        #expect(counts.failed == 18)
        #expect(counts.success + counts.failed + counts.throttled + counts.excluded == counts.scheduled)
        #expect(totals.outcomes.values.reduce(0, +) == 25)
        #expect(totals.outcomes[.okLength] == 1)
        #expect(near(totals.availability?.value, 2.0 / 22))
        #expect(near(totals.errorRate, 18.0 / 22))
        #expect(near(totals.throttleRate, 2.0 / 22))
    }

    @Test func `availability carries Wilson's interval`() throws {
        // 30 of 30: the lower end is n/(n + z²) = 30/33.8414588.
        let all = try #require(probe(good: 30).result.targets[0].totals.availability)
        #expect(all.value == 1)
        #expect(near(all.interval.lower, 0.886487, within: 1e-6))
        #expect(all.interval.upper == 1)
    }

    @Test func `failed and throttled requests are answers that never came`() throws {
        // 95 good, 5 that were not: the 95th of 100 is the last good one.
        let enough = probe(good: 95, Array(repeating: .http5xx, count: 4) + [.rateLimited, .cancelled])
        let ttft = try #require(enough.result.targets[0].totals.ttftMilliseconds)
        #expect(ttft.count == 95)
        #expect(ttft.adjustedP95 == 200)
        #expect(ttft.adjustedP99 == nil)
        let throttled = probe(good: 94, Array(repeating: .overloaded, count: 6))
        #expect(throttled.result.targets[0].totals.ttftMilliseconds?.adjustedP95 == nil)
        let short = probe(good: 94, Array(repeating: .http5xx, count: 6))
        #expect(short.result.targets[0].totals.ttftMilliseconds?.adjustedP95 == nil)
        #expect(short.result.targets[0].totals.ttftMilliseconds?.p95 == 200)
        #expect(short.result.targets[0].totals.tpotMilliseconds?.adjustedP95 == nil)
    }

    @Test func `tokens are summed by kind, of every request that told them`() {
        var builder = probe(good: 3, [.truncated])
        builder.recorded.requests[0].cachedInputTokens = 6
        builder.recorded.requests[1].reasoningTokens = 5
        builder.recorded.requests[3].tokenEvents = 3  // cut off: three events came
        builder.recorded.requests[3].tokenReads = 1
        let totals = builder.result.targets[0].totals
        #expect(totals.inputTokens == 30)
        #expect(totals.cachedInputTokens == 6)
        #expect(totals.outputTokens == 27)
        #expect(totals.tokensPerChunk == 1)
        #expect(totals.reasoningTokens == 5)
        #expect(totals.outputTokensPerRequest?.count == 3)
        #expect(totals.outputTokensPerRequest?.p50 == 8)
        #expect(totals.inputTokensPerRequest?.mean == 10)
        #expect(builder.result.targets[0].tokenSource == .usage)
    }

    @Test func `one success without usage makes every token figure one of events`() {
        var builder = probe(good: 3)
        builder.recorded.requests[2].tokenSource = .events
        builder.recorded.requests[2].outputTokens = nil
        let result = builder.result
        #expect(result.targets[0].tokenSource == .events)
        #expect(result.targets[0].totals.outputTokens == 24)
        #expect(result.warnings.contains { $0.contains("counted events") })
    }

    @Test func `hidden reasoning is billed but has no speed`() {
        var builder = probe(good: 1)
        builder.recorded.requests[0].outputTokens = 108
        builder.recorded.requests[0].reasoningTokens = 100
        builder.recorded.requests[0].hiddenReasoning = true
        let result = builder.result
        #expect(result.targets[0].totals.outputTokens == 108)
        #expect(near(result.targets[0].totals.decodeTPS?.p50, 10))
        #expect(near(result.targets[0].totals.requestTPS?.p50, 120))
        #expect(result.targets[0].phases[0].stats.outputTokensPerSecond == 8)
        #expect(result.warnings.contains { $0.hasPrefix("1 answers were billed for reasoning") })
    }

    @Test func `ten calls at their prices cost what they cost, and the useful ones share it`() throws {
        // MEASUREMENT 2.15: 1,000 in, 500 out (300 of them reasoning), $1 and $4 a million, 8 useful of 10.
        var builder = probe(good: 10)
        for place in 0..<10 {
            builder.recorded.requests[place].inputTokens = 1000
            builder.recorded.requests[place].outputTokens = 500
            builder.recorded.requests[place].reasoningTokens = 300
            builder.recorded.requests[place].useful = place >= 2
        }
        #expect(builder.result.targets[0].totals.cost == nil)
        builder.recorded.targets[0].inputPrice = 1
        builder.recorded.targets[0].outputPrice = 4
        let cost = try #require(builder.result.targets[0].totals.cost)
        #expect(near(cost.dollars, 0.03))
        #expect(near(cost.dollarsPerUsefulResult, 0.00375))
        #expect(near(cost.dollarsPerMillionOutputTokens, 6))
        let interval = try #require(cost.dollarsPerUsefulInterval)
        #expect(try #require(interval.lower) < 0.00375)
        #expect(try #require(interval.upper) > 0.00375)

        builder.recorded.requests[0].cachedInputTokens = 400
        builder.recorded.targets[0].cachedInputPrice = 0.5
        #expect(near(builder.result.targets[0].totals.cost?.dollars, 0.03 - 400 * 0.5 / 1e6))

        builder.recorded.requests[9].tokenSource = .events
        #expect(builder.result.targets[0].totals.cost == nil)
    }

    @Test func `a price by the hour is spread over what came in the time`() throws {
        var builder = probe(good: 10)  // 10 s, 80 tokens
        builder.recorded.targets[0].dollarsPerHour = 3.6
        let cost = try #require(builder.result.targets[0].phases[0].stats.cost)
        #expect(near(cost.dollars, 0.01))
        #expect(near(cost.dollarsPerMillionOutputTokens, 125))
        #expect(near(cost.dollarsPerUsefulResult, 0.001))
        #expect(near(builder.result.targets[0].totals.cost?.dollars, 0.01))
    }

    @Test func `good requests are useful ones within every objective, over all scheduled but cancelled`() throws {
        // MEASUREMENT 1.11: 6 meet, 2 are slow, 1 failed, 1 was empty, in 5 s.
        var builder = RunResultBuilder()
        builder.recorded.run.sloTTFT = 500
        builder.recorded.run.sloE2E = 3000
        let phase = builder.phase(.ramp, from: 0, to: 5000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 5000, drained: 5000)
        for place in 0..<8 {
            builder.request(step, at: Int64(place) * 400, ttft: place < 6 ? 200 : 600)
        }
        builder.failure(step, at: 3000, .http5xx)
        builder.failure(step, at: 3000, .empty)
        builder.failure(step, at: 3000, .cancelled)
        let stats = builder.result.targets[0].phases[0].steps[0].stats
        #expect(near(stats.goodputRPS, 1.2))
        #expect(near(stats.sloAttainment, 0.6))
        builder.recorded.requests[0].useful = false
        #expect(near(builder.result.targets[0].phases[0].steps[0].stats.sloAttainment, 0.5))
        builder.recorded.run.sloTPOT = 99  // every answer takes 100 ms a token
        #expect(builder.result.targets[0].phases[0].steps[0].stats.sloAttainment == 0)
        (builder.recorded.run.sloTTFT, builder.recorded.run.sloTPOT, builder.recorded.run.sloE2E) = (nil, nil, nil)
        #expect(builder.result.targets[0].phases[0].steps[0].stats.sloAttainment == nil)
        #expect(builder.result.targets[0].phases[0].steps[0].stats.goodputRPS == nil)
    }

    @Test func `warm-up and preflight are told apart and are in no figure`() {
        var builder = probe(good: 3)
        let warmup = builder.step(.warmup, of: 1, 1, from: 0)
        for place in 0..<3 as Range<Int64> { builder.request(warmup, at: place, ttft: 9000, measured: false) }
        builder.recorded.targets[0].preflightRequests = 2
        builder.recorded.targets[0].preflightOutputTokens = 11
        let target = builder.result.targets[0]
        #expect(target.warmup == .init(requests: 3, outputTokens: 24))
        #expect(target.preflight == .init(requests: 2, outputTokens: 11))
        #expect(target.totals.requests.scheduled == 3)
        #expect(target.phases[0].stats.requests.scheduled == 3)
        #expect(target.totals.ttftMilliseconds?.maximum == 200)
    }

    @Test func `time to first token has two views`() {
        var builder = probe(good: 1)
        builder.recorded.requests[0].dispatchLag = 70_000_000
        let totals = builder.result.targets[0].totals
        #expect(totals.ttftMilliseconds?.p50 == 200)
        #expect(totals.ttftScheduledMilliseconds?.p50 == 270)
        #expect(totals.waitMilliseconds?.p50 == 199)
    }

    @Test func `gaps between tokens come from the histograms of whole seconds inside the window`() {
        var builder = rampOfTwoLevels()
        for (second, gap) in [(0, 5_000_000), (1, 100_000_000), (30, 100_000_000), (31, 5_000_000)] as [(Int64, Int64)]
        {
            var record = HistogramRecord()
            record.step = 1
            record.second = second
            record.histogram.record(gap)
            builder.recorded.histograms.append(record)
        }
        let phase = builder.result.targets[0].phases[0]
        #expect(phase.steps[0].stats.itlMilliseconds?.count == 2)
        #expect(phase.steps[0].stats.itlMilliseconds?.minimum == 100)
        #expect(phase.steps[0].stats.itlMilliseconds?.source == .histogram)
        #expect(phase.stats.itlMilliseconds?.count == 4)
        #expect(phase.steps[1].stats.itlMilliseconds == nil)
    }

    @Test func `two targets do not mix`() {
        var builder = probe(good: 3)
        let other = builder.target("other")
        let phase = builder.phase(.probe, from: 3000, to: 5000, target: other)
        let step = builder.step(.probe, of: phase, 1, from: 3000, drained: 5000)
        builder.failure(step, at: 3000, .auth)
        builder.failure(step, at: 4000, .auth)
        let result = builder.result
        #expect(result.targets.map(\.name) == ["mine", "other"])
        #expect(result.targets.map(\.totals.requests.scheduled) == [3, 2])
        #expect(result.targets.map(\.unusable) == [false, true])
        #expect(result.targets[1].phases.count == 1)
        #expect(result.exitCode == 98)
    }

    @Test func `a target that was given up is the one with the incident's id, whatever the names begin with`() {
        var builder = probe(good: 3)
        builder.recorded.targets[0].name = "a"
        let other = builder.target("a: b")
        let phase = builder.phase(.probe, from: 3000, to: 5000, target: other)
        _ = builder.step(.probe, of: phase, 1, from: 3000, drained: 5000)
        var incident = IncidentRecord()
        (incident.kind, incident.at, incident.target) = (.unusable, 4_000_000_000, other)
        incident.detail = "a: b: the key was refused"
        builder.recorded.incidents = [incident]
        #expect(builder.result.targets.map(\.givenUp) == [nil, "the key was refused"])
        // A result stored before the id was: by the name in the words, as far as that tells.
        builder.recorded.incidents[0].target = nil
        builder.recorded.targets[0].name = "c"
        #expect(builder.result.targets.map(\.givenUp) == [nil, "the key was refused"])
    }
}
