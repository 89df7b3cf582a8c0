import Measurement
import Testing
import Ticks

@Suite struct FindResultTests {
    /// The visits of a search for `ttft.p95 < 1s` between 1 and `to`, each with 200 requests whose TTFT is given; TTFTs
    /// of a hundred streams' server with 16 slots of half a second are 0.5 s max(1, N / 16).
    private func run(_ levels: [Int], to: Int, change: (inout RunResultBuilder) -> Void = { _ in }) -> FindResult? {
        var builder = RunResultBuilder()
        builder.recorded.run.find = "ttft.p95 <= 1s"
        builder.recorded.run.findFrom = 1
        builder.recorded.run.findTo = to
        let phase = builder.phase(.ramp, from: 0, to: Int64(levels.count) * 300_000)
        for (place, level) in levels.enumerated() {
            let start = Int64(place) * 300_000
            let end = start + 290_000
            let step = builder.step(
                .level,
                of: phase,
                level,
                from: start,
                settled: start,
                windowEnded: end,
                drained: end
            )
            for number in 0..<200 as Range<Int64> {
                builder.request(step, at: start + 1000 * number, ttft: max(500, Int64(level) * 500 / 16))
            }
        }
        change(&builder)
        return builder.result.targets[0].phases[0].find
    }

    @Test func `the stored visits give the search's answer again`() {
        let found = run([1, 2, 4, 8, 16, 32, 40, 36, 34, 33, 32, 33], to: 40)
        #expect(found?.answer == 32)
        #expect(found?.firstBeyond == 33)
        #expect(found?.isComplete == true)
        #expect(found?.visits.map(\.verdict).filter { $0 == .pass }.count == 7)
        #expect(found?.visits.allSatisfy { $0.inside + $0.outside == 200 } == true)
    }

    @Test func `a search that was cut short has no answer`() {
        let found = run([1, 2, 4, 8], to: 40)
        #expect(found?.isComplete == false)
        #expect(found?.answer == nil)
        #expect(found?.visits.count == 4)
    }

    @Test func `failed requests break the promise and cancelled ones are no evidence`() {
        let found = run([1, 1], to: 1) { builder in
            for place in 0..<100 { builder.recorded.requests[place].outcome = .reset }
            for place in 200..<210 { builder.recorded.requests[place].outcome = .cancelled }
        }
        #expect(found?.visits.map(\.verdict) == [.fail, .pass])
        #expect(found?.visits.map(\.inside) == [100, 190])
        #expect(found?.visits.map(\.outside) == [100, 0])
        #expect(found?.answer == nil)
    }

    @Test func `a run that searched for nothing finds nothing`() {
        #expect(run([1, 2], to: 2) { $0.recorded.run.find = nil } == nil)
    }

    @Test(arguments: ["ttft.p95 > 1s", "ttft < 1s", "ttft.mean < 1s", "error_rate < 1%", "ramp.ttft.p95 < 1s"])
    func `only a percentile of a time bounded from above is a promise of single requests`(expression: String) {
        #expect(throws: ThresholdError.self) { try RequestPromise(parsing: expression) }
    }
}
