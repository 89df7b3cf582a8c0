import Schedule
import Testing

@testable import Simulator

@Suite struct ReplyPlanTests {
    private func plans(_ count: Int, _ scenario: Scenario, maxTokens: Int? = 9, ignores: Bool = false) -> [ReplyPlan] {
        (1...count).map {
            ReplyPlan(scenario: scenario, request: $0, maxTokens: maxTokens, ignoresEndOfSequence: ignores)
        }
    }

    @Test func `faults come in the shares that the scenario gives`() {
        let scenario = Scenario.plain {
            $0.failures.rateLimited = 0.05
            $0.failures.serverError = 0.10
            $0.failures.truncated = 0.15
            $0.failures.empty = 0.02
            $0.failures.inbandError = 0.08
            $0.failures.stalled = 0.20
        }
        let count = 20_000
        let plans = plans(count, scenario)
        let shares: [(ReplyPlan.Fault?, Double)] = [
            (.rateLimited, 0.05), (.serverError, 0.10), (.truncated, 0.15), (.empty, 0.02), (.inbandError, 0.08),
            (.stalled, 0.20), (nil, 0.40),
        ]
        for (fault, share) in shares {
            let seen = Double(plans.count { $0.fault == fault }) / Double(count)
            let error = (share * (1 - share) / Double(count)).squareRoot()
            #expect(abs(seen - share) < 4.5 * error, "\(String(describing: fault))")
        }
    }

    @Test func `a request's draws depend on nothing but seed and number`() {
        let scenario = Scenario.plain {
            $0.stopsAfter = 1...100
            $0.failures.stalled = 0.5
        }
        #expect(plans(200, scenario, maxTokens: 200) == plans(200, scenario, maxTokens: 200))
        var other = scenario
        other.seed = 99
        #expect(plans(200, scenario, maxTokens: 200) != plans(200, other, maxTokens: 200))
        // Another rate changes who fails, never how long the answers are.
        var healthy = scenario
        healthy.failures = .init()
        #expect(
            plans(200, scenario, maxTokens: 200).map(\.answerTokens)
                == plans(200, healthy, maxTokens: 200).map(\.answerTokens)
        )
    }

    @Test func `lengths are drawn evenly from the whole range`() {
        let lengths = plans(10_000, .plain { $0.stopsAfter = 1...4 }, maxTokens: 10).map(\.answerTokens)
        for length in 1...4 { #expect(abs(lengths.count { $0 == length } - 2500) < 200) }
        #expect(lengths.allSatisfy { (1...4).contains($0) })
    }

    @Test(arguments: [
        (Int?.some(9), false, 9, "length"), (nil, false, 256, "stop"), (.some(2), true, 2, "length"),
        (.some(5), true, 3, "stop"), (.some(3), true, 3, "length"),
    ])
    func `the finish reason says whether the limit or the model ended it`(
        maxTokens: Int?,
        stopsAtThree: Bool,
        tokens: Int,
        reason: String
    ) {
        let plan = plans(1, .plain { $0.stopsAfter = stopsAtThree ? 3...3 : nil }, maxTokens: maxTokens)[0]
        #expect(plan.tokens == tokens && plan.finishReason == reason)
    }
}

@Suite struct EmissionLagTests {
    @Test func `a quantile is never below the true one and at most an eighth above`() {
        var lag = EmissionLag()
        var values: [Int64] = []
        var state: UInt64 = 7
        for _ in 0..<5000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let value = Int64(state >> 40) >> Int64(state % 24)
            values.append(value)
            lag.add(nanoseconds: value)
        }
        values.sort()
        for fraction in [0.01, 0.5, 0.9, 0.99, 1] {
            let rank = max(1, Int((fraction * 5000).rounded(.up)))
            let truth = values[rank - 1]
            #expect(lag.quantile(fraction) >= truth)
            #expect(Double(lag.quantile(fraction)) <= Double(truth) * 1.125 + 1, "\(fraction)")
        }
        #expect(lag.greatest == values.last)
        #expect(EmissionLag().quantile(0.5) == 0)
    }
}
