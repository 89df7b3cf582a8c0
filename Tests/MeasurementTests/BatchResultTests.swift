import Measurement
import Testing
import Ticks

@Suite struct BatchResultTests {
    /// 2 slots. Prompts of 1 s each (first token after 200 ms, 9 tokens) but the last of 3 s:
    ///
    ///     slot 1  0────1────2────3────4          idle 4..6
    ///     slot 2  0────1────2────3───────────6
    private func job() -> (RunResultBuilder, phase: Int, step: Int) {
        var run = RunResultBuilder()
        let phase = run.phase(.batch, from: 0, to: 6000)
        run.recorded.phases[0].requests = 8
        let step = run.step(.batch, of: phase, 2, from: 0, settled: 0, windowEnded: 6000, drained: 6000) {
            $0.binWidth = 100_000_000
        }
        for round in 0..<4 {
            for slot in 0..<2 {
                let isLast = round == 3 && slot == 1
                run.request(step, at: Int64(round) * 1000, ttft: 200, tokens: isLast ? 29 : 9) {
                    $0.item = 2 * round + slot
                }
            }
        }
        return (run, phase, step)
    }

    @Test func `makespan, rates and tail of a job are those of its drawing`() throws {
        let result = job().0.result
        let phase = result.targets[0].phases[0]
        let batch = try #require(phase.batch)
        #expect(batch.makespanSeconds == 6)
        #expect(batch.prompts == 8)
        #expect(batch.promptsEnded == 8)
        // The last two prompts are handed out at 3 s. From then on slot 1 works 1 s and slot 2 all 3: 2 s of 12 are idle.
        #expect(batch.tailSeconds == 3)
        #expect(abs((batch.tailShare ?? 0) - 2.0 / 12) < 1e-9)
        // Steady from the opening wave's first token (0.2 s) to the last dispatch (3 s): per slot 3 prompts of 9 tokens at
        // 200, 300, ... 1000 ms, less the last token of the third, which comes at 3 s.
        #expect(abs((batch.steadySeconds ?? 0) - 2.8) < 1e-9)
        #expect(abs((batch.steadyTPS ?? 0) - 2 * 26 / 2.8) < 1e-9)
        #expect(abs((phase.stats.outputTokensPerSecond ?? 0) - (7 * 9 + 29) / 6.0) < 1e-9)
        #expect(batch.interruptions == 0)
    }

    @Test func `a job that was killed and went on counts the time it ran, and each prompt once`() throws {
        var (run, phase, step) = job()
        // Killed at 2.5 s: what had begun at 2 s is not stored; the rest is done from there on.
        run.recorded.requests.removeAll { $0.scheduled >= 2_000_000_000 }
        run.recorded.steps[0].windowEnded = nil
        run.recorded.steps[0].drained = nil
        var health = HealthRecord()
        health.at = 2_500_000_000
        run.recorded.health = [health]
        var incident = IncidentRecord()
        incident.kind = .resume
        incident.at = 2_500_000_000
        incident.detail = "It was cut off."
        run.recorded.incidents = [incident]
        _ = step
        let second = run.step(.batch, of: phase, 2, from: 2500, settled: 2500, windowEnded: 4500, drained: 4500) {
            $0.binWidth = 100_000_000
        }
        for item in 4..<8 { run.request(second, at: item < 6 ? 2500 : 3500, tokens: 9) { $0.item = item } }
        run.recorded.phases[0].ended = 4_500_000_000
        let batch = try #require(run.result.targets[0].phases[0].batch)
        #expect(batch.makespanSeconds == 4.5)
        #expect(batch.promptsEnded == 8)
        #expect(batch.interruptions == 1)
        // Only the part that came to its end has a tail: both slots end together, nothing is idle.
        #expect(batch.tailShare == 0)
        #expect(run.result.warnings.contains("It was cut off."))
        #expect(run.result.validity.verdict == .valid, "\(run.result.validity.reasons)")
    }

    @Test func `a prompt that we took back ourselves is not done`() throws {
        var (run, _, step) = job()
        run.recorded.requests.removeLast()
        run.failure(step, at: 3000, .cancelled, after: 1000)
        run.recorded.requests[7].item = 7
        let batch = try #require(run.result.targets[0].phases[0].batch)
        #expect(batch.promptsEnded == 7)
        run.recorded.requests[7].outcome = .http5xx
        #expect(run.result.targets[0].phases[0].batch?.promptsEnded == 8)
    }
}
