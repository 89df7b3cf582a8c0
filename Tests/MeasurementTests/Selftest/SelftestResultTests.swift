import Measurement
import Testing
import Ticks

@Suite struct SelftestResultTests {
    /// Phases of 100 s at the given levels, a request a second, answered after 200 ms with 8 tokens, one every 100 ms.
    private func run(levels: [Int]) -> (builder: RunResultBuilder, truth: [Int64: TruthEntry]) {
        var builder = RunResultBuilder()
        for (place, level) in levels.enumerated() {
            let start = Int64(place) * 100_000
            let phase = builder.phase(.steady, from: start, to: start + 100_000)
            builder.recorded.phases[place].name = "steady-\(place)"
            let step = builder.step(
                .level,
                of: phase,
                level,
                from: start,
                settled: start,
                windowEnded: start + 100_000,
                drained: start + 100_000
            )
            for second in 0..<100 as Range<Int64> { builder.request(step, at: start + 1000 * second) }
            builder.inFlight(step, Double(level), from: start, to: start + 100_000)
        }
        var truth: [Int64: TruthEntry] = [:]
        for request in builder.recorded.requests {
            let first = (request.scheduled + 200_000_000)
            truth[request.sequence] = TruthEntry(firstToken: first, lastToken: first + 700_000_000, tokens: 8)
        }
        return (builder, truth)
    }

    @Test func `numbers that are the server's are without error and trusted`() {
        let (builder, truth) = run(levels: [1, 4])
        let result = SelftestResult(of: builder.recorded, truth: truth)
        #expect(result.levels.map(\.streams) == [1, 4])
        #expect(result.levels.map(\.requests) == [100, 100])
        #expect(result.levels[0].waitError == .init(p50: 0, p99: 0))
        #expect(result.levels[0].gapError == .init(p50: 0, p99: 0))
        #expect(result.levels[0].tokensPerSecond == 8)
        #expect(result.ceiling?.streams == 4)
        #expect(result.firstUntrusted == nil)
    }

    @Test func `the error is that of the instant, whichever way it goes`() {
        var (builder, truth) = run(levels: [1])
        // The first 50 were sent 3 ms after we say, and their last tokens 4 ms before: 7 gaps, 7 ms in all.
        for sequence in 0..<50 as Range<Int64> {
            truth[sequence]?.firstToken += 3_000_000
            truth[sequence]?.lastToken -= 4_000_000
        }
        builder.recorded.requests.shuffle()
        let level = SelftestResult(of: builder.recorded, truth: truth).levels[0]
        #expect(level.waitError == .init(p50: 0, p99: 3))
        #expect(level.gapError == .init(p50: 0, p99: 1))
        #expect(level.reasons == ["first token error p99 3 ms, limit 2 ms"])
    }

    @Test func `a level that is not trusted ends the ceiling, whatever comes above`() {
        var (builder, truth) = run(levels: [1, 4, 16])
        for sequence in 100..<110 as Range<Int64> { truth[sequence]?.firstToken += 9_000_000 }
        var result = SelftestResult(of: builder.recorded, truth: truth)
        #expect(result.ceiling?.streams == 1)
        #expect(result.firstUntrusted?.streams == 4)
        var again = SelftestLevel(streams: 4)
        again.requests = 7
        result.replace(with: again)
        #expect(result.ceiling?.streams == 16)
        #expect(result.levels[1].requests == 7)
        builder.recorded.requests[0].outcome = .reset
        #expect(SelftestResult(of: builder.recorded, truth: truth).ceiling == nil)
    }

    @Test func `answers that are unknown to the server or were miscounted are not trusted`() {
        var (builder, truth) = run(levels: [1])
        truth[3] = nil
        truth[4]?.tokens = 9
        let reasons = SelftestResult(of: builder.recorded, truth: truth).levels[0].reasons
        #expect(reasons.contains("1 answers are not in the server's journal"))
        #expect(reasons.contains("1 answers had another token count than was sent"))
        #expect(reasons.count == 2)
        builder.recorded.requests = []
        #expect(SelftestResult(of: builder.recorded, truth: truth).levels[0].reasons.contains("no request to compare"))
    }
}
