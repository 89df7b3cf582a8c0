import Testing
import Ticks

@testable import Measurement

/// Fixed jobs side by side.
@Suite struct BatchComparisonTests {
    /// Four slots work through `prompts`, each a wait of some 200 ms and 16 tokens; prices are a dollar a million tokens.
    private func job(
        _ name: String,
        prompts: Int = 120,
        slowness: Double = 1,
        slots: Int = 4,
        seed: UInt64,
        blocks: Int? = nil,
        into builder: inout RunResultBuilder,
        target: Int = 1,
        from start: Int64 = 0
    ) {
        var random = SplitMix64(seed: seed, stream: "job")
        let place = target - 1
        builder.recorded.targets[place].name = name
        builder.recorded.targets[place].model = "m"
        builder.recorded.targets[place].inputPrice = 1
        builder.recorded.targets[place].outputPrice = 1
        let phase = builder.phase(.batch, from: start, to: start, target: target)
        builder.recorded.phases[phase - 1].requests = prompts
        var now = start
        for block in 0..<(blocks ?? 1) {
            let step = builder.step(.batch, of: phase, slots, from: now) {
                $0.binWidth = 100_000_000
                if blocks != nil { $0.block = block }
            }
            var free = Array(repeating: now, count: slots)
            for item in 0..<prompts / (blocks ?? 1) {
                let slot = free.indices.min { free[$0] < free[$1] } ?? 0
                let scatter = 1 + 0.3 * (2 * random.unit() - 1)
                let ttft = Int64(200 * slowness * scatter)
                let gap = Int64(40 * slowness * scatter)
                builder.request(step, at: free[slot], ttft: ttft, tokens: 16, gap: gap) {
                    $0.item = block * (prompts / (blocks ?? 1)) + item
                }
                free[slot] += ttft + 15 * gap
            }
            now = free.max() ?? now
            builder.recorded.steps[step - 1].settled = builder.recorded.steps[step - 1].started
            builder.recorded.steps[step - 1].windowEnded = now * RunResultBuilder.millisecond
            builder.recorded.steps[step - 1].drained = now * RunResultBuilder.millisecond
            now += 1000
        }
        builder.recorded.phases[phase - 1].ended = now * RunResultBuilder.millisecond
    }

    private func run(_ name: String, slowness: Double = 1, prompts: Int = 120, slots: Int = 4, seed: UInt64)
        -> StoredRun
    {
        var builder = RunResultBuilder()
        job("mine", prompts: prompts, slowness: slowness, slots: slots, seed: seed, into: &builder)
        builder.recorded.run.id = name
        return StoredRun(name: name, recorded: builder.recorded)
    }

    /// Equal but for the last digits of a logarithm and back.
    private func near(_ a: Double?, _ b: Double?) -> Bool { a.map { x in b.map { abs(x / $0 - 1) < 1e-9 } } == true }

    private func row(_ result: ComparisonResult, _ figure: String) throws -> ComparisonResult.Row {
        try #require(result.rows.first { $0.figure == figure }, "\(result.rows.map(\.metric))")
    }

    @Test func `two jobs are compared in makespan, rates, tail and cost, each by its own definition`() throws {
        let runs = [run("before", seed: 1), run("after", slowness: 1.25, seed: 2)]
        let result = try ComparisonResult(of: runs, by: .window, base: nil)
        let phases = runs.map { RunResult(of: $0.recorded).targets[0].phases[0] }
        let makespan = try row(result, "makespan")
        #expect(makespan.baseValue == phases[0].batch?.makespanSeconds)
        #expect(makespan.value == phases[1].batch?.makespanSeconds)
        #expect(makespan.finding == .worse && makespan.verdict.hasPrefix("slower by "), "\(makespan)")
        #expect(makespan.interval?.contains(1.25) == true)
        let whole = try row(result, "output_tokens_per_second")
        #expect(near(whole.value, phases[1].stats.outputTokensPerSecond))
        #expect(whole.finding == .worse)
        #expect(near(try row(result, "steady_tps").value, phases[1].batch?.steadyTPS))
        #expect(near(try row(result, "tail_share").value, phases[1].batch?.tailShare))
        let cost = try row(result, "usd")
        #expect(cost.value == phases[1].stats.cost?.dollars)
        #expect(cost.ratio == 1)
        #expect(result.frontiers.isEmpty)
    }

    @Test func `equal jobs show no difference`() throws {
        let quiet = try (1...10).count { seed in
            let runs = [run("a", seed: UInt64(2 * seed)), run("b", seed: UInt64(2 * seed + 1))]
            return try ComparisonResult(of: runs, by: .window, base: nil).rows
                .allSatisfy { $0.finding != .better && $0.finding != .worse }
        }
        #expect(quiet >= 9)
    }

    @Test func `a job that took turns is held against the other block by block, and that is said`() throws {
        var builder = RunResultBuilder()
        _ = builder.target("other")
        job("one", seed: 3, blocks: 6, into: &builder)
        job("other", slowness: 1.2, seed: 4, blocks: 6, into: &builder, target: 2)
        let result = try #require(builder.result.comparison)
        let makespan = try row(result, "makespan")
        #expect(makespan.method == .pairedRounds && makespan.looks == 6)
        #expect(makespan.finding == .worse && abs((makespan.ratio ?? 0) - 1.2) < 0.08, "\(makespan)")
        let phases = builder.result.targets.map { $0.phases[0] }
        #expect(abs((makespan.value ?? 0) - (phases[1].batch?.makespanSeconds ?? 0)) < 1e-9, "the sum over blocks")
        #expect(abs((try row(result, "tail_share").value ?? 0) - (phases[1].batch?.tailShare ?? 0)) < 1e-9)
        #expect(result.notes.contains { $0.hasPrefix("The job was done in 6 blocks") })
    }

    @Test func `jobs of different size are not the same job, and jobs of different width are told apart`() throws {
        #expect(throws: ComparisonError.self) {
            try ComparisonResult(of: [run("a", seed: 1), run("b", prompts: 80, seed: 1)], by: .window, base: nil)
        }
        let result = try ComparisonResult(of: [run("a", seed: 1), run("b", slots: 8, seed: 1)], by: .window, base: nil)
        #expect(try row(result, "makespan").finding == .better)
        #expect(result.notes.contains { $0.hasPrefix("The jobs were done at different concurrency (4, 8)") })
    }
}
