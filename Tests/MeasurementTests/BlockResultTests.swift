import Measurement
import Testing
import Ticks

/// A phase that was cut into blocks is one result, and the turns of other targets are not in it.
@Suite struct BlockResultTests {
    /// A steady load of one stream in two blocks of 10 s, with a warm-up of 2 s before each, 40 s apart; between them the
    /// other target is asked. An answer a second with 8 tokens; in the second block they have 16.
    private func twoBlocks() -> RunResultBuilder {
        var builder = RunResultBuilder()
        let other = builder.target("other")
        let phase = builder.phase(.steady, from: 0, to: 52_000)
        let rest = builder.phase(.steady, from: 12_000, to: 40_000, target: other)
        for block in 0..<2 {
            let at = Int64(block) * 40_000
            let mark = { (step: inout StepRecord) in step.block = block }
            let warmup = builder.step(.warmup, of: phase, 1, from: at, drained: at + 1900, change: mark)
            builder.request(warmup, at: at, measured: false)
            _ = builder.step(.drain, of: phase, 0, from: at + 1900, drained: at + 2000, change: mark)
            let level = builder.step(
                .level,
                of: phase,
                1,
                from: at + 2000,
                settled: at + 2000,
                windowEnded: at + 12_000,
                drained: at + 12_000,
                change: mark
            )
            for second in 0..<10 as Range<Int64> {
                builder.request(
                    level,
                    at: at + 2000 + 1000 * second,
                    ttft: 100,
                    tokens: 8 * (block + 1),
                    gap: block == 0 ? 100 : 50
                )
            }
            builder.inFlight(level, block == 0 ? 0.985 : 0.995, from: at + 2000, to: at + 12_000)
        }
        let between = builder.step(
            .level,
            of: rest,
            9,
            from: 12_000,
            settled: 12_000,
            windowEnded: 40_000,
            drained: 40_000
        )
        for second in 0..<28 as Range<Int64> { builder.request(between, at: 12_000 + 1000 * second, tokens: 3) }
        return builder
    }

    @Test func `its time is that of its blocks, and its rates are over their windows`() throws {
        let phase = try #require(twoBlocks().result.targets[0].phases.first)
        #expect(phase.blocks == 2)
        #expect(phase.startedSeconds == 0)
        #expect(phase.durationSeconds == 20)
        #expect(phase.steps.count == 1)
        let level = phase.steps[0]
        #expect(level.windowSeconds == 20)
        #expect(level.stats.requests.scheduled == 20)
        // 10 x 8 and 10 x 16 tokens in 20 s.
        #expect(level.stats.outputTokensPerSecond == 12)
        #expect(phase.stats.outputTokensPerSecond == 12)
        #expect(abs((level.meanInFlight ?? 0) - 0.99) < 1e-9)
        #expect(phase.stats.requests.scheduled == 20)
    }

    @Test func `warm-ups are counted apart, and the other target has its own`() {
        let result = twoBlocks().result
        #expect(result.targets[0].warmup.requests == 2)
        #expect(result.targets[0].totals.requests.scheduled == 20)
        #expect(result.targets[0].totals.outputTokensPerSecond == nil)
        #expect(result.targets[1].phases[0].durationSeconds == 28)
        #expect(result.targets[1].phases[0].blocks == nil)
    }

    @Test func `a stop of the generator during another target's turn is not charged to this one`() throws {
        var builder = twoBlocks()
        var stall = IncidentRecord()
        (stall.at, stall.ended, stall.kind) = (20_000_000_000, 25_000_000_000, .clientStop)
        builder.recorded.incidents = [stall]
        let result = builder.result
        #expect(result.targets[0].phases[0].validity.stoppedShare == 0)
        #expect(result.targets[0].phases[0].incidents.isEmpty)
        #expect(try #require(result.targets[1].phases[0].validity.stoppedShare) > 0.1)
    }

    @Test func `a price by the hour is paid for the blocks`() throws {
        var builder = twoBlocks()
        builder.recorded.targets[0].dollarsPerHour = 3600
        #expect(builder.result.targets[0].totals.cost?.dollars == 20)
    }
}
