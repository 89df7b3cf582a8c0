import Schedule
import Testing
import Ticks

@Suite struct KeepwarmTests {
    private func keepwarm(_ gaps: [Double], repeat repetitions: Int) -> PhaseShape.Keepwarm {
        var keepwarm = PhaseShape.Keepwarm(gaps: gaps.map { .seconds($0) })
        keepwarm.repetitions = repetitions
        return keepwarm
    }

    @Test func `every round has each gap once, in an order that the seed decides`() {
        let search = keepwarm([30, 120, 300, 600], repeat: 6)
        let order = search.order(seed: 7)
        let rounds = (0..<6).map { Array(order[(4 * $0)..<(4 * $0 + 4)]) }
        for round in rounds { #expect(Set(round) == Set(search.gaps)) }
        #expect(order == search.order(seed: 7))
        #expect(order != search.order(seed: 8))
        #expect(Set(rounds).count > 1, "rounds differ")
    }

    @Test func `a probe comes its gap after the end of the one before, and another right behind it`() throws {
        let search = keepwarm([10, 40], repeat: 3)
        let stages = PhaseShape.keepwarm(search).stages(grace: .seconds(30), seed: 3)
        let run = VirtualRun(stages, server: VirtualServer(slots: 1, service: .seconds(2)))
        var ends = at(6)  // of the three requests that warm it up
        for (place, gap) in search.order(seed: 3).enumerated() {
            let (probe, next) = (run.requests[3 + 2 * place], run.requests[4 + 2 * place])
            #expect(probe.dispatched == ends.advanced(by: gap))
            #expect(next.dispatched == probe.ended)
            #expect(probe.measured && next.measured)
            ends = next.ended
        }
        #expect(run.requests.count == 3 + 2 * 6)
        #expect(run.mostInFlight(from: .zero, to: at(1000)) == 1)
    }

    @Test func `a quick look divides the gaps and the provider's times alike`() {
        let fast = PhaseShape.keepwarm(keepwarm([30, 600], repeat: 4)).fast(by: 100)
        #expect(fast == .keepwarm(keepwarm([0.3, 6], repeat: 4)))
        var scenario = Scenario(name: "s")
        scenario.idleTimeout = .uniform(.seconds(250), .seconds(500))
        guard case .uniform(let least, let greatest)? = scenario.fast(by: 100).scaled().idleTimeout else {
            Issue.record("another law")
            return
        }
        // A hundredth has no exact binary form.
        #expect(least > .milliseconds(2499) && least < .milliseconds(2501))
        #expect(greatest > .milliseconds(4999) && greatest < .milliseconds(5001))
    }
}
