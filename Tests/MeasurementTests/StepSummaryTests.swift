import Measurement
import Testing
import Ticks

@Suite struct StepSummaryTests {
    private func near(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
        a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
    }

    @Test func `a level's figures are those of its measured requests`() throws {
        let phase = rampOfTwoLevels().result.targets[0].phases[0]
        let one = try #require(phase.steps.first)
        let two = try #require(phase.steps.last)
        #expect(one.concurrency == 1)
        #expect(one.stats.requests.scheduled == 30)
        #expect(two.stats.requests.scheduled == 60)
        #expect(one.stats.ttftMilliseconds?.p50 == 200)
        #expect(two.stats.ttftMilliseconds?.p95 == 1200)
        #expect(one.stats.e2eMilliseconds?.maximum == 900)
        #expect(one.stats.waitMilliseconds?.p50 == 199)
        // Seven tokens after the first read in 700 ms.
        #expect(near(one.stats.decodeTPS?.p50, 10))
        #expect(near(one.stats.tpotMilliseconds?.p50, 100))
        #expect(near(one.stats.requestTPS?.p50, 8 / 0.9))
        #expect(near(two.stats.requestTPS?.p50, 8 / 1.9))
        #expect(one.stats.tokensPerChunk == 1)
        #expect(phase.stats.requests.scheduled == 31 + 62)
    }

    @Test func `throughput is what arrived in the window`() {
        let steps = rampOfTwoLevels().result.targets[0].phases[0].steps
        #expect(steps[0].windowSeconds == 30)
        #expect(steps[1].windowSeconds == 60)
        #expect(steps[0].stats.outputTokensPerSecond == 8)
        #expect(steps[1].stats.outputTokensPerSecond == 8)
        #expect(steps[0].stats.outputBytesPerSecond == 32)
        // Ten input tokens with each of thirty first tokens in 30 s.
        #expect(steps[0].stats.totalTokensPerSecond == 18)
        #expect(steps[0].stats.requestsPerSecond == 1)
        #expect(steps[1].stats.requestsPerSecond == 1)
    }

    @Test func `retention counts the wait, decode retention does not, efficiency is per stream`() {
        let steps = rampOfTwoLevels().result.targets[0].phases[0].steps
        #expect(steps[0].retention == 1)
        #expect(near(steps[1].retention, 0.9 / 1.9))
        #expect(near(steps[1].decodeRetention, 1))
        #expect(steps[0].efficiency == 1)
        #expect(steps[1].efficiency == 0.5)
    }

    @Test func `under 25 requests there is no retention`() {
        var builder = rampOfTwoLevels()
        // Level 1 keeps 24 measured requests.
        var kept = 0
        builder.recorded.requests.removeAll { request in
            guard request.step == 1, request.measured else { return false }
            kept += 1
            return kept > 24
        }
        let steps = builder.result.targets[0].phases[0].steps
        #expect(steps[0].stats.requests.scheduled == 24)
        #expect(steps.allSatisfy { $0.retention == nil && $0.decodeRetention == nil })
        #expect(steps[1].efficiency != nil)
    }

    @Test func `mean in flight is the counted area, and the records must account for it`() {
        let steps = rampOfTwoLevels().result.targets[0].phases[0].steps
        #expect(near(steps[0].meanInFlight, 0.9))
        #expect(near(steps[1].meanInFlight, 1.9))
        #expect(near(steps[0].littleDifference, 0, within: 1e-6))

        var short = rampOfTwoLevels()
        short.recorded.requests.removeAll { $0.step == 1 && $0.sequence % 2 == 0 }
        let result = short.result
        #expect(near(result.targets[0].phases[0].steps[0].littleDifference, 0.5, within: 1e-6))
        #expect(result.warnings.contains { $0.contains("do not add up") })
    }

    @Test func `a request carried over from the step before counts in the window with what arrived in it`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 20_000)
        let one = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: 5000, drained: 10_000)
        let two = builder.step(
            .level,
            of: phase,
            2,
            from: 10_000,
            settled: 12_000,
            windowEnded: 16_000,
            drained: 20_000
        )
        // 40 tokens, one every 250 ms from 8.25 s to 18 s: 16 of them from 12 s on and before 16 s.
        builder.request(one, at: 8000, ttft: 250, tokens: 40, gap: 250, measured: false)
        // Cut off without usage: its events count, 10 from 12 s on; it left before the window and its first token came in it.
        builder.request(two, at: 11_900, ttft: 100, tokens: 10, gap: 100) {
            $0.outcome = .timeoutTotal
            $0.useful = false
            ($0.outputTokens, $0.tokenSource) = (nil, nil)
        }
        let step = builder.result.targets[0].phases[0].steps[1]
        #expect(step.stats.outputTokensPerSecond == Double(16 + 10) / 4)
        // Input counts at the first token: the first request's came before the window, though it streams in it.
        #expect(step.stats.totalTokensPerSecond == Double(16 + 10 + 10) / 4)
        #expect(step.stats.requests.scheduled == 1)
        #expect(step.stats.requests.failed == 1)
    }

    @Test func `a window without a whole bin has no rate`() {
        var builder = rampOfTwoLevels()
        builder.recorded.steps[0].windowEnded = 1_900_000_000
        let step = builder.result.targets[0].phases[0].steps[0]
        #expect(step.windowSeconds == nil)
        #expect(step.stats.outputTokensPerSecond == nil)
        #expect(step.stats.ttftMilliseconds?.p50 == 200)
    }

    @Test func `what is not yet steady is told as discarded and stays in the figures`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 50_000)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: 50_000, drained: 50_000)
        // Two batches of five at 2 s, eight at 200 ms: without the two nothing varies.
        for place in 0..<50 as Range<Int64> { builder.request(step, at: 1000 * place, ttft: place < 10 ? 2000 : 200) }
        let result = builder.result.targets[0].phases[0].steps[0]
        #expect(result.discarded == 10)
        #expect(result.stats.ttftMilliseconds?.count == 50)
        #expect(result.stats.ttftMilliseconds?.maximum == 2000)
    }

    @Test func `too short an answer, or one in two reads, has no decode speed`() {
        var request = RequestRecord()
        request.tokenSource = .usage
        request.outputTokens = 8
        request.firstToken = 1_000_000_000
        request.lastToken = 2_000_000_000
        request.tokenReads = 3
        request.textBytes = 40
        request.firstReadTextBytes = 10
        // Three quarters of eight tokens in one second.
        #expect(request.decodeTPS == 6)
        request.tokenReads = 2
        #expect(request.decodeTPS == nil)
        request.tokenReads = 3
        request.outputTokens = 7
        #expect(request.decodeTPS == nil)
        // 20 billed, 12 of them hidden: 8 streamed.
        request.outputTokens = 20
        request.reasoningTokens = 12
        request.hiddenReasoning = true
        #expect(request.streamedTokens == 8)
        #expect(request.decodeTPS == 6)
        #expect(request.requestTPS == 10)
    }
}

@Suite struct StepSummaryKneeTests {
    /// A server of eight slots that each take a second: to eight streams every stream brings its eight tokens a second,
    /// beyond that they wait.
    private func ramp(_ levels: [Int], slots: (_ place: Int) -> Int = { _ in 8 }) -> PhaseResult {
        var builder = RunResultBuilder()
        let each: Int64 = 40_000
        let phase = builder.phase(.ramp, from: 0, to: each * Int64(levels.count))
        for (place, level) in levels.enumerated() {
            let start = each * Int64(place)
            let end = start + each
            let step = builder.step(
                .level,
                of: phase,
                level,
                from: start,
                settled: start,
                windowEnded: end,
                drained: end
            )
            for second in 0..<40 as Range<Int64> {
                for slot in 0..<min(level, slots(place)) {
                    let wait = Int64(max(0, level - 8) * 1000 / 8)
                    builder.request(step, at: start + 1000 * second - wait, ttft: 200 + wait + Int64(slot))
                }
            }
        }
        return builder.result.targets[0].phases[0]
    }

    @Test func `the knee is the last level that still gains half of what the first one gave`() throws {
        let knee = try #require(ramp([1, 2, 4, 8, 16, 32]).knee)
        #expect(knee.concurrency == 8)
        #expect(knee.bracket == [8, 16])
        #expect(abs(try #require(knee.hinge).concurrency - 8) < 0.01)
        #expect(knee.agree == true)
        #expect(knee.usl != nil)
    }

    @Test func `a knee beyond the levels is not reached`() throws {
        let knee = try #require(ramp([1, 2, 4, 8]).knee)
        #expect(knee.concurrency == nil)
        #expect(knee.bracket == [8])
    }

    @Test func `one level has no knee, and the way down does not move it`() {
        #expect(ramp([4]).knee == nil)
        // Eight streams again, with two slots left: against that nine would seem to gain.
        #expect(ramp([1, 2, 4, 8, 9, 8]) { $0 == 5 ? 2 : 8 }.knee?.bracket == [8, 9])
    }
}
