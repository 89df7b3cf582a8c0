import Testing
import Ticks

@testable import Measurement

@Suite struct PhaseSilenceTests {
    private static let second: Int64 = 1_000_000_000

    /// Four streams of 10 s with a token every 100 ms over one minute; those with a token due in [from, to) bring it at `to`.
    private func steady(frozen: Range<Int64>?, streams: Range<Int64> = 0..<4, beside: Int64 = 0) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 62_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 60_000, drained: 62_000)
        for slot in 0..<4 as Range<Int64> {
            for turn in 0..<6 as Range<Int64> {
                builder.request(step, at: turn * 10_000 + slot, ttft: 100, tokens: 99, gap: 100) { request in
                    guard let frozen, streams.contains(slot) else { return }
                    let from = frozen.lowerBound - turn * 10_000 - slot
                    guard (200..<9_000).contains(from) else { return }
                    var log = GapLog()
                    let length = frozen.upperBound - frozen.lowerBound
                    log.add(length * 1_000_000, endingAt: (from + length) * 1_000_000)
                    request.longGaps = log.take()
                    request.maxGap = length * 1_000_000
                }
            }
        }
        var histogram = Histogram()
        for _ in 0..<1000 { histogram.record(100_000_000) }
        for metric in [HistogramRecord.Metric.itl, .jointGap] {
            var record = HistogramRecord()
            (record.step, record.metric, record.histogram) = (step, metric, histogram)
            builder.recorded.histograms.append(record)
        }
        return builder
    }

    private func incidents(_ builder: RunResultBuilder, of kind: IncidentRecord.Kind = .silence) -> [IncidentResult] {
        builder.result.targets[0].phases[0].incidents.filter { $0.kind == kind }
    }

    @Test
    func `a silence is an incident of its phase with its side, streams, requests and the tokens that are missing`()
        throws
    {
        let builder = steady(frozen: 23_000..<25_500)
        let silence = try #require(incidents(builder).first)
        #expect(abs(silence.startSeconds - 23) < 0.01)
        #expect(abs((silence.endSeconds ?? 0) - 25.5) < 0.01)
        #expect(silence.side == .server)
        #expect((silence.streams, silence.of, silence.requests) == (4, 4, 4))
        #expect(abs((silence.tokensMissing ?? 0) - 100) <= 2)  // 4 streams x 10/s x 2.5 s
        let phase = builder.result.targets[0].phases[0]
        #expect(phase.hasSilence)
        #expect(phase.stats.tallied[CatalogueFigure.longGapShare.key]?.share == 4.0 / 24)
        #expect(abs((phase.longestSilenceMilliseconds ?? 0) - 2_500) < 5)
    }

    @Test func `without one the longest silence is zero, and without streams it is not known`() {
        let phase = steady(frozen: nil).result.targets[0].phases[0]
        #expect(phase.longestSilenceMilliseconds == 0)
        #expect(!phase.hasSilence)
        #expect(phase.stats.tallied[CatalogueFigure.longGapShare.key]?.share == 0)
        var empty = RunResultBuilder()
        _ = empty.phase(.steady, from: 0, to: 1_000)
        #expect(empty.result.targets[0].phases[0].longestSilenceMilliseconds == nil)
    }

    @Test func `the generator's own stop is told as that, and one inside a longer silence is taken off`() {
        var builder = steady(frozen: 23_000..<25_500)
        var stop = IncidentRecord()
        (stop.at, stop.ended, stop.side) = (23 * Self.second, 25_500_000_000, .client)
        builder.recorded.incidents = [stop]
        #expect(incidents(builder).isEmpty)
        #expect(incidents(builder, of: .clientStop).map(\.side) == [.client])
        builder.recorded.incidents[0].ended = 24 * Self.second
        #expect(incidents(builder).map { $0.stoppedSeconds?.rounded() } == [1.0])
        #expect(builder.result.targets[0].phases[0].longestSilenceMilliseconds.map { $0.rounded() } == 1_500)
    }

    @Test func `half of the streams alone are a silence, and not the longest joint one`() {
        var builder = steady(frozen: 23_000..<25_500, streams: 0..<3)
        #expect(incidents(builder).map(\.streams) == [3])
        #expect(incidents(builder).map(\.of) == [4])
        #expect(builder.result.targets[0].phases[0].longestSilenceMilliseconds == 0)
        builder = steady(frozen: 23_000..<25_500, streams: 0..<2)
        #expect(incidents(builder).isEmpty)
    }

    /// A probe goes over a loop and a connection of its own.
    private func probe(_ builder: inout RunResultBuilder, ttft: Int64) {
        let trickle = builder.phase(.trickle, from: 0, to: 62_000)
        builder.recorded.phases[trickle - 1].beside = 1
        let step = builder.step(.probe, of: trickle, 1, from: 0)
        builder.request(step, at: 23_900, ttft: ttft, tokens: 2, gap: 100)
    }

    @Test func `a probe that was answered meanwhile leaves it open whose doing it was`() {
        var builder = steady(frozen: 23_000..<25_500)
        probe(&builder, ttft: 200)
        #expect(incidents(builder).map(\.side) == [.unknown])
        builder = steady(frozen: 23_000..<25_500)
        probe(&builder, ttft: 1_700)  // it waited, too
        #expect(incidents(builder).map(\.side) == [.server])
    }

    @Test func `a cold edge is no silence, and one behind its first token is`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.burst, from: 0, to: 60_000)
        let base = builder.step(.baseline, of: phase, 4, from: 0, drained: 5_000)
        for slot in 0..<4 as Range<Int64> { builder.request(base, at: slot, ttft: 100, tokens: 40, gap: 100) }
        let edge = builder.step(.edge, of: phase, 4, from: 30_000, drained: 60_000) { $0.release = 30_000_000_000 }
        for slot in 0..<4 as Range<Int64> {
            builder.request(edge, at: 30_000 + slot, ttft: 12_000, tokens: 80, gap: 100)
        }
        #expect(incidents(builder).isEmpty)
        for slot in 0..<4 {
            var log = GapLog()
            log.add(3_000_000_000, endingAt: 17_000_000_000)
            builder.recorded.requests[4 + slot].longGaps = log.take()
        }
        #expect(incidents(builder).map { ($0.startSeconds * 10).rounded() / 10 } == [44.0])
    }

    @Test func `refusals that follow each other are one throttled spell, with their attempts`() throws {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 62_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 60_000, drained: 62_000)
        builder.request(step, at: 0)
        for index in 0..<5 as Range<Int64> { builder.failure(step, at: 2_000 + 100 * index, .rateLimited) }
        builder.request(step, at: 4_000)
        builder.failure(step, at: 6_000, .overloaded)
        builder.failure(step, at: 6_100, .overloaded)
        let spells = incidents(builder, of: .throttling)
        #expect(spells.map(\.attempts) == [5])
        #expect(spells.map(\.startSeconds) == [2.0])
        #expect(spells.map(\.endSeconds) == [2.45])
        #expect(spells.map(\.side) == [.server])
    }
}
