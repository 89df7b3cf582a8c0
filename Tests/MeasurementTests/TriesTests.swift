import Testing
import Ticks

@testable import Measurement

@Suite struct TriesTests {
    /// Levels of 1 and 4 streams, 100 s each, the second one sent late; then as many tries of the second level, each with
    /// its requests so late.
    private func run(tries lateMilliseconds: [Int64]) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(200 + 100 * lateMilliseconds.count) * 1000
        let phase = builder.phase(.ramp, from: 0, to: end)
        for (place, late) in ([0, 50] + lateMilliseconds).enumerated() {
            let start = Int64(place) * 100_000
            let streams = place == 0 ? 1 : 4
            let step = builder.step(
                .level,
                of: phase,
                streams,
                from: start,
                settled: start,
                windowEnded: start + 100_000,
                drained: start + 100_000
            )
            for second in 0..<99 as Range<Int64> {
                builder.request(step, at: start + 1000 * second) {
                    $0.lateSend = late * 1_000_000
                    $0.lateFirst = 0
                    $0.lateLast = 0
                    $0.lateEnd = 0
                }
            }
            builder.inFlight(step, Double(streams), from: start, to: start + 100_000)
            if place >= 2, let index = builder.recorded.steps.firstIndex(where: { $0.id == step }) {
                builder.recorded.steps[index].retryOf = builder.recorded.steps[1].id
            }
        }
        return builder
    }

    @Test func `a level that was disturbed is named, by its first try`() {
        let builder = run(tries: [])
        let phase = builder.recorded.phases[0].id
        #expect(builder.recorded.disturbedSteps(ofPhase: phase) == [builder.recorded.steps[1].id])
        #expect(run(tries: [0]).recorded.disturbedSteps(ofPhase: phase) == [])
        #expect(run(tries: [50]).recorded.disturbedSteps(ofPhase: phase) == [builder.recorded.steps[1].id])
        #expect(builder.recorded.disturbedSteps(ofPhase: 99) == [])
    }

    @Test func `the undisturbed try is shown in the first one's place, and all are told`() {
        let phase = run(tries: [50, 0]).result.targets[0].phases[0]
        #expect(phase.steps.map(\.concurrency) == [1, 4])
        #expect(phase.steps.map(\.validity.verdict) == [.valid, .valid])
        #expect(phase.validity.verdict == .valid)
        #expect(phase.tries == [TriedRow(name: "4 streams", replaced: [.invalid, .invalid], shown: .valid)])
        #expect(phase.stats.requests.scheduled == 198)
        let target = run(tries: [50, 0]).result.targets[0]
        #expect(target.replaced.requests == 198)
        #expect(target.warmup.requests == 0)
    }

    @Test func `where no try was undisturbed the last of the least disturbed is shown, and stays marked`() {
        let phase = run(tries: [50, 50]).result.targets[0].phases[0]
        #expect(phase.steps.count == 2)
        #expect(phase.steps[1].validity.verdict == .invalid)
        #expect(phase.tries.first?.replaced == [.invalid, .invalid])
        #expect(phase.tries.first?.shown == .invalid)
        #expect(run(tries: []).result.targets[0].phases[0].tries == [])
    }
}
