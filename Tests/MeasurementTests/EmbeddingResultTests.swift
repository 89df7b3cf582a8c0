import Measurement
import Testing
import Ticks

/// Requests for four embeddings of ten tokens in all, each answered in one piece after 400 ms, two in flight.
@Suite struct EmbeddingResultTests {
    private func built(_ change: (inout RequestRecord) -> Void = { _ in }) -> RunResultBuilder {
        var builder = RunResultBuilder()
        builder.recorded.targets[0].inputPrice = 0.1
        builder.recorded.targets[0].outputPrice = 0
        let phase = builder.phase(.ramp, from: 0, to: 20_000)
        for (number, level) in [1, 2].enumerated() {
            let start = Int64(number) * 10_000
            let step = builder.step(
                .level,
                of: phase,
                level,
                from: start,
                settled: start,
                windowEnded: start + 10_000,
                drained: start + 10_000
            )
            for place in 0..<Int64(level * 20) {
                builder.request(step, at: start + place / Int64(level) * 500) {
                    ($0.inputs, $0.vectors) = (4, 4)
                    ($0.firstToken, $0.firstVisible) = (nil, nil)
                    $0.lastToken = 400 * RunResultBuilder.millisecond
                    $0.ended = $0.lastToken
                    ($0.outputTokens, $0.tokenEvents, $0.tokenReads, $0.events) = (0, 0, 0, 1)
                    ($0.textBytes, $0.firstReadTextBytes, $0.arrivals) = (0, 0, [])
                    change(&$0)
                }
            }
        }
        return builder
    }

    @Test func `embeddings and input tokens are counted when the answer comes, and nothing has a first token`() throws {
        let phase = built().result.targets[0].phases[0]
        // 2 and 4 requests a second.
        #expect(phase.steps.map(\.stats.embeddingsPerSecond) == [8, 16])
        #expect(phase.steps.map(\.stats.inputTokensPerSecond) == [20, 40])
        #expect(phase.steps.map(\.stats.totalTokensPerSecond) == [20, 40])
        #expect(phase.steps.map(\.stats.outputTokensPerSecond) == [0, 0])
        #expect(phase.steps.map(\.efficiency) == [1, 1])
        #expect(phase.knee == nil)
        let stats = phase.stats
        #expect(stats.embeddings == 240 && stats.inputTokens == 600 && stats.outputTokens == 0)
        #expect(stats.e2eMilliseconds?.p50 == 400)
        let none = [
            stats.ttftMilliseconds, stats.ttftScheduledMilliseconds, stats.ttfvMilliseconds, stats.waitMilliseconds,
            stats.tpotMilliseconds, stats.itlMilliseconds, stats.decodeTPS, stats.requestTPS,
        ]
        #expect(none.allSatisfy { $0 == nil })
    }

    @Test func `its cost is that of its input`() throws {
        let result = built().result
        let cost = try #require(result.targets[0].totals.cost)
        #expect(abs(cost.dollars - 600 * 0.1 / 1e6) < 1e-15)
        #expect(abs((cost.dollarsPerUsefulResult ?? 0) - 10 * 0.1 / 1e6) < 1e-15)
        #expect(cost.dollarsPerMillionOutputTokens == nil)
        #expect(result.targets[0].tokenSource == .usage)
        #expect(!result.warnings.contains { $0.contains("one piece") })
    }

    @Test func `without a count of the input nothing is made up`() {
        let result = built { ($0.inputTokens, $0.outputTokens, $0.tokenSource) = (nil, nil, nil) }.result
        #expect(result.targets[0].tokenSource == nil)
        #expect(result.targets[0].totals.cost == nil && result.targets[0].totals.costGap == .noUsage)
        #expect(result.warnings.contains { $0.contains("reported no count of their input") })
        #expect(!result.warnings.contains { $0.contains("counted events") })
    }

    @Test func `thresholds name embeddings, and fail where there are none`() throws {
        let result = built().result
        #expect(try Threshold(parsing: "embeddings_per_second[concurrency=2] >= 16").result(on: result).passed)
        #expect(try !Threshold(parsing: "embeddings_per_second[concurrency=2] > 16").result(on: result).passed)
        #expect(try Threshold(parsing: "input_tokens_per_second[concurrency=1] == 20").result(on: result).passed)
        #expect(try Threshold(parsing: "embeddings > 79").result(on: result).passed)
        let text = rampOfTwoLevels().result
        #expect(try Threshold(parsing: "embeddings > 0").result(on: text).note?.contains("no embeddings") == true)
    }

    @Test func `an answer of text in one piece counts its input when it comes`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 10_000)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: 10_000, drained: 10_000)
        for second in 0..<10 as Range<Int64> {
            builder.request(step, at: second * 1000) {
                ($0.firstToken, $0.firstVisible) = (nil, nil)
                $0.arrivals = []
            }
        }
        let stats = builder.result.targets[0].phases[0].steps[0].stats
        #expect(stats.inputTokensPerSecond == 10)
        #expect(stats.embeddings == nil && stats.embeddingsPerSecond == nil)
    }
}
