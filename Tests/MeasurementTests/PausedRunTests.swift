import Testing
import Ticks

@testable import Measurement

/// No figure counts the time of a pause as measured time.
@Suite struct PausedRunTests {
    private func pause(_ builder: inout RunResultBuilder, from start: Int64, to end: Int64) {
        var incident = IncidentRecord()
        (incident.kind, incident.at, incident.ended) = (
            .pause, start * RunResultBuilder.millisecond, end * RunResultBuilder.millisecond
        )
        builder.recorded.incidents.append(incident)
    }

    /// One request a second of 8 tokens within the second, none in the pause from 10 s to 20 s; a level that settles in 1 s.
    private func level(_ kind: PhaseKind, pauses: Bool) -> PhaseResult {
        var builder = RunResultBuilder()
        let phase = builder.phase(kind, from: 0, to: 31_000)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 1000, windowEnded: 31_000, drained: 31_000)
        for second in 0..<31 as Range<Int64> where !pauses || !(10..<20).contains(second) {
            builder.request(step, at: 1000 * second, ttft: 100, measured: second >= 1 && (!pauses || second != 20))
        }
        builder.inFlight(step, 0.8, from: 0, to: 10_000)
        builder.inFlight(step, 0.8, from: 20_000, to: 31_000)
        if pauses { pause(&builder, from: 10_000, to: 20_000) }
        return builder.result.targets[0].phases[0]
    }

    @Test func `a level's window leaves the pause out, and the time in which it settled again`() throws {
        let step = try #require(level(.ramp, pauses: true).steps.first)
        #expect(step.windowSeconds == 19)
        #expect(step.stats.outputTokensPerSecond == 8)
        #expect(step.meanInFlight == 0.8)
        #expect(try #require(level(.ramp, pauses: false).steps.first).windowSeconds == 30)
    }

    @Test func `a phase took as long as it was not paused, and says that somebody paused it`() {
        let phase = level(.steady, pauses: true)
        #expect(phase.durationSeconds == 21 && phase.elapsedSeconds == 31)
        #expect(phase.incidents.map(\.kind) == [.pause])
        #expect(
            phase.incidents[0].sentence == "At 10 s somebody paused the run for 10 s: nothing of that is measured time"
        )
    }

    @Test func `a job's makespan leaves it out`() throws {
        var builder = RunResultBuilder()
        let phase = builder.phase(.batch, from: 0, to: 21_000)
        let step = builder.step(.batch, of: phase, 1, from: 0, settled: 0, windowEnded: 21_000, drained: 21_000)
        for (place, second) in ([0, 1, 2, 20] as [Int64]).enumerated() {
            builder.request(step, at: 1000 * second, ttft: 300) { $0.item = place }
        }
        pause(&builder, from: 3_000, to: 20_000)
        let batch = try #require(builder.result.targets[0].phases[0].batch)
        #expect(batch.makespanSeconds == 4)
    }

    @Test(
        arguments: [
            ([(3, 5)], [(0, 3), (5, 10)]), ([(0, 2), (8, 12)], [(2, 8)]), ([(2, 4), (3, 6)], [(0, 2), (6, 10)]),
            ([(0, 10)], []),
            ([(20, 30)], [(0, 10)]),
        ] as [([(Int64, Int64)], [(Int64, Int64)])]
    )
    func `a window without some stretches is what is left`(gaps: [(Int64, Int64)], left: [(Int64, Int64)]) throws {
        let whole = try #require(MeasuredWindow(exactlyFrom: 0, to: 10))
        let parts = whole.without(gaps.compactMap { MeasuredWindow(exactlyFrom: $0.0, to: $0.1) })
        #expect(parts.map(\.start) == left.map(\.0) && parts.map(\.end) == left.map(\.1))
    }
}
