import Schedule
import Testing

@Suite struct FastTests {
    @Test func `times are divided by ten and numbers stay`() {
        var ramp = PhaseShape.Ramp(concurrency: [1, 2, 4])
        ramp.minRequests = 30
        guard case .ramp(let fast) = PhaseShape.ramp(ramp).fast() else {
            Issue.record("a ramp became something else")
            return
        }
        #expect(fast.hold == .seconds(3) && fast.settle == .milliseconds(500) && fast.holdMax == .seconds(15))
        #expect(fast.concurrency == [1, 2, 4] && fast.minRequests == 30)
    }

    @Test func `a burst's idle, hold and pause shrink, its width and cycles do not`() {
        guard case .burst(let fast) = PhaseShape.burst(.init(requests: 64)).fast() else {
            Issue.record("a burst became something else")
            return
        }
        #expect(fast.idle == .seconds(6) && fast.hold == .seconds(3) && fast.pause == .milliseconds(200))
        #expect(fast.requests == 64 && fast.cycles == 1 && fast.baseline == .init())
    }

    @Test func `two hours of steady load are cut to thirty seconds, five minutes are not`() {
        func fast(_ duration: Duration) -> Duration? {
            guard case .steady(let steady) = PhaseShape.steady(.init(concurrency: 1, duration: duration)).fast() else {
                return nil
            }
            return steady.duration
        }
        #expect(fast(.seconds(7200)) == .seconds(30))
        #expect(fast(.seconds(200)) == .seconds(20))
    }

    @Test func `the simulated provider gets faster by the same factor`() {
        var scenario = Scenario(name: "x")
        scenario.step = .init(base: .milliseconds(30), perActive: .milliseconds(1))
        scenario.coldStart = .logNormal(median: .seconds(12), sigma: 0.25)
        scenario.idleTimeout = .constant(.seconds(30))
        let fast = scenario.fast().scaled()
        #expect(fast.step == .init(base: .milliseconds(3), perActive: .microseconds(100)))
        #expect(fast.coldStart == .logNormal(median: .milliseconds(1200), sigma: 0.25))
        #expect(fast.idleTimeout == .constant(.seconds(3)))
        #expect(fast.timeScale == 1)
    }

    @Test func `users lose patience and think ten times as fast`() {
        var workload = Workload(source: .synthetic(inputTokens: 100))
        workload.impatience = .init(share: 0.25, after: .uniform(.seconds(2), .seconds(4)))
        workload.conversations = .init(turns: .fixed(4), think: .logNormal(median: .seconds(5), sigma: 0.5))
        let fast = workload.fast()
        #expect(fast.impatience?.after == .uniform(.milliseconds(200), .milliseconds(400)))
        #expect(fast.impatience?.share == 0.25)
        #expect(fast.conversations?.think == .logNormal(median: .milliseconds(500), sigma: 0.5))
        #expect(fast.conversations?.turns == .fixed(4))
        #expect(Workload(source: .synthetic(inputTokens: 1)).fast() == Workload(source: .synthetic(inputTokens: 1)))
    }
}
