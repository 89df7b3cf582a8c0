import Measurement
import Testing
import Ticks

@Suite struct UselessnessTests {
    private func sentence(_ outcomes: [(Outcome, useful: Bool, detail: String?)]) -> String? {
        var run = RunResultBuilder()
        let phase = run.phase(.batch, from: 0, to: 10_000)
        let step = run.step(.batch, of: phase, 1, from: 0, settled: 0, windowEnded: 10_000, drained: 10_000)
        for (place, (outcome, useful, detail)) in outcomes.enumerated() {
            run.request(step, at: Int64(place) * 1000) { request in
                request.outcome = outcome
                request.useful = useful
                request.detail = detail
            }
        }
        return run.result.warnings.first { $0.hasPrefix("0 of ") }
    }

    @Test func `a run of which nothing was useful says why`() {
        let cut = (Outcome.okLength, useful: false, detail: String?.none)
        let other = (Outcome.ok, useful: false, detail: String?("unexpected"))
        let failed = (Outcome.http5xx, useful: false, detail: String?.none)
        #expect(
            sentence([cut, cut, cut])
                == "0 of 3 useful: all were cut at max_tokens (length_is_useful: true counts them)."
        )
        #expect(sentence([other, other]) == "0 of 2 useful: all were not what `expect` asks for.")
        #expect(
            sentence([cut, cut, other, failed])
                == "0 of 4 useful: 2 were cut at max_tokens (length_is_useful: true counts them), 1 was not what `expect` asks "
                + "for, 1 failed."
        )
        #expect(sentence([failed]) == "0 of 1 useful: 1 failed.")
        #expect(sentence([cut, (.ok, useful: true, detail: nil)]) == nil)
    }
}
