import Schedule
import Testing
import Ticks

@Suite struct PlanEstimateTests {
    @Test func `a ramp's requests follow from its holds and the time of an answer`() {
        var ramp = PhaseShape.Ramp(concurrency: [1, 4])
        ramp.settle = .zero
        let plan = RunPlanTests.plan(shapes: [.ramp(ramp)], warmup: 3) { $0.maxTokens = .fixed(100) }
        let estimate = plan.estimate(answer: .seconds(1))
        // Three warm-ups; 30 rounds of 1 and one more; 30 rounds of 4 and one more.
        #expect(estimate.requests == 3 + 31 + 124)
        #expect(estimate.requestsLeast == 3 + 25 + 25)
        #expect(estimate.outputTokens == estimate.requests * 100)
        #expect(estimate.inputTokens == estimate.requests * 512)
        #expect(estimate.peakInFlight == 4)
        #expect(estimate.duration == .seconds(3 + 31 + 31))
    }

    @Test func `a level is prolonged for its minimum, at most to hold_max`() {
        let plan = RunPlanTests.plan(shapes: [.ramp(.init(concurrency: [1]))], warmup: 0)
        // 25 requests of 4 s after 5 s of settling; 25 of 10 s would need 255 s.
        #expect(plan.estimate(answer: .seconds(4)).duration == .seconds(105 + 4))
        #expect(plan.estimate(answer: .seconds(10)).duration == .seconds(150 + 10))
    }

    @Test func `a burst's requests are baseline, edge and control with their holds`() {
        var burst = PhaseShape.Burst(requests: 64)
        burst.cycles = 3
        let estimate = RunPlanTests.plan(shapes: [.burst(burst)], warmup: 0).estimate(answer: .seconds(2))
        // A hold of 30 s is 15 rounds of 2 s, the wave being the first, and one that may begin at its very end.
        #expect(estimate.requests == 3 * (25 + 2 * 64 * 16))
        #expect(estimate.requestsLeast == 3 * (25 + 64 + 64))
        #expect(estimate.duration == .seconds(3 * (50 + 60 + 32 + 2 + 32)))
        #expect(estimate.peakInFlight == 64)
    }

    @Test func `probes take their answers and the gaps between`() {
        let estimate = RunPlanTests.plan(shapes: [.probe(.init(requests: 75))], warmup: 0).estimate(answer: .seconds(1))
        #expect(estimate.requests == 75 && estimate.requestsLeast == 75)
        #expect(estimate.duration == .seconds(75 + 74 * 3))
    }

    @Test func `what a prompt brings besides its text is in the bound of its tokens`() {
        var tools = Prompt("abcd")
        tools.extraBody = String(repeating: "x", count: 400)
        let plan = RunPlanTests.plan(shapes: [.probe(.init(requests: 10))], warmup: 0) {
            $0.source = .list([Prompt("abcd"), tools])
        }
        #expect(plan.estimate(answer: .seconds(1)).inputTokens == 10 * 101)
    }

    @Test func `absurd plans saturate instead of trapping`() {
        let steady = PhaseShape.steady(.init(concurrency: .max / 2, duration: .seconds(31_622_400)))
        let estimate = RunPlanTests.plan(shapes: [steady, steady], warmup: 0).estimate(answer: .nanoseconds(1))
        #expect(estimate.requests == .max && estimate.outputTokens == .max)
    }
}
