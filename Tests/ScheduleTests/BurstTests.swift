import Schedule
import Testing
import Ticks

@Suite struct BurstTests {
    private func burst(_ requests: Int, cycles: Int = 1) -> PhaseShape.Burst {
        var burst = PhaseShape.Burst(requests: requests)
        burst.cycles = cycles
        burst.idle = .seconds(20)
        burst.hold = .seconds(5)
        burst.baseline = .init(concurrency: 2, requests: 10)
        return burst
    }

    private func run(
        _ burst: PhaseShape.Burst,
        slots: Int = 100,
        service: Duration = .milliseconds(500),
        loops: Int = 1
    )
        -> (stages: [Stage], run: VirtualRun)
    {
        let stages = PhaseShape.burst(burst).stages(grace: .seconds(30))
        return (stages, VirtualRun(stages, server: VirtualServer(slots: slots, service: service), loops: loops))
    }

    @Test func `a cycle is baseline, idle, edge, drain, pause, control, drain`() {
        let stages = PhaseShape.burst(burst(8, cycles: 2)).stages(grace: .seconds(30))
        let cycle: [StageKind] = [.baseline, .idle, .edge, .drain, .pause, .control, .drain]
        #expect(stages.map(\.kind) == cycle + cycle)
        #expect(stages.map(\.burst) == Array(repeating: 0, count: 7) + Array(repeating: 1, count: 7))
        #expect(stages[4].load == .wait(.seconds(2)))
    }

    @Test func `without control and baseline a cycle is idle, edge, drain`() {
        var burst = burst(8)
        burst.baseline = nil
        burst.control = false
        #expect(PhaseShape.burst(burst).stages(grace: .zero).map(\.kind) == [.idle, .edge, .drain])
    }

    @Test func `the baseline sends its requests in a closed loop and all are measured`() {
        let (_, run) = run(burst(8))
        #expect(run.measured(of: 0).count == 10)
        #expect(run.requests(of: 0).count == 10)
        #expect(run.passages[0].quiet == at(2.5))  // five rounds of two, half a second each
    }

    @Test func `nothing is in flight and nothing starts during the idle time`() throws {
        let (_, run) = run(burst(8))
        let (start, end) = (run.passages[1].started, try #require(run.passages[1].quiet))
        #expect(end.nanoseconds(since: start) == 20_000_000_000)
        #expect(run.requests(of: 1).isEmpty)
        #expect(run.leastInFlight(from: start, to: end) == 0)
        #expect(run.mostInFlight(from: start.advanced(byNanoseconds: 1), to: end) == 0)
    }

    @Test func `the edge starts all its requests at one instant, ranked from 0`() {
        let (_, run) = run(burst(8))
        let wave = run.requests(of: 2).filter { $0.rank != nil }
        #expect(wave.map(\.rank) == Array(0..<8))
        #expect(
            wave.allSatisfy { $0.dispatched == run.passages[2].started && $0.scheduled == $0.dispatched && $0.measured }
        )
    }

    @Test func `during the hold each completion starts another, and none after it`() throws {
        let (_, run) = run(burst(8))
        let release = run.passages[2].started
        let end = release.advanced(by: .seconds(5))
        #expect(run.leastInFlight(from: release, to: end) == 8)
        #expect(run.mostInFlight(from: release, to: end) == 8)
        // Ten rounds of half a second: the wave and nine refills; those that end with the hold are not replaced.
        #expect(run.requests(of: 2).count == 80)
        #expect(run.requests(of: 2).allSatisfy { $0.dispatched < end && $0.measured })
        #expect(run.passages[2].closed == end)
    }

    @Test func `the control is the same burst, after a drain and a pause of two seconds`() throws {
        let (_, run) = run(burst(8))
        let drained = try #require(run.passages[3].quiet)
        #expect(run.requests.filter { $0.stage <= 2 }.allSatisfy { $0.ended <= drained })
        #expect(run.passages[5].started == drained.advanced(by: .seconds(2)))
        #expect(run.requests(of: 5).count == run.requests(of: 2).count)
        #expect(run.requests(of: 5).filter { $0.rank != nil }.map(\.rank) == Array(0..<8))
    }

    @Test func `an edge without hold sends its wave and no more`() {
        var burst = burst(8)
        burst.hold = .zero
        let (_, run) = run(burst)
        #expect(run.requests(of: 2).count == 8)
        #expect(run.passages[2].closed == run.passages[2].started)
    }

    @Test func `an edge waits for all of its wave, beyond hold and grace`() throws {
        // A cold start of 60 s: hold 5 s and grace 30 s are over long before the first answer.
        var burst = burst(8)
        burst.baseline = nil
        let stages = PhaseShape.burst(burst).stages(grace: .seconds(30))
        let run = VirtualRun(stages, server: VirtualServer(slots: 8, service: .seconds(60)))
        #expect(run.passages[1].quiet == run.passages[1].started.advanced(by: .seconds(60)))
    }

    @Test func `two loops release one wave with each rank once`() {
        let (_, run) = run(burst(9), loops: 2)
        let wave = run.requests(of: 2).filter { $0.rank != nil }
        #expect(wave.compactMap(\.rank).sorted() == Array(0..<9))
        #expect(Set(wave.map(\.dispatched)).count == 1)
        #expect(wave.count { $0.loop == 0 } == 5)
    }
}

@Suite struct OneAtATimeTests {
    @Test func `probes go one at a time, each a gap after the end of the one before`() {
        let stage = Stage.oneByOne(.probe, 5, gap: .seconds(3), grace: .seconds(30))
        let run = VirtualRun([stage], server: VirtualServer(slots: 4, service: .milliseconds(500)), loops: 2)
        #expect(run.requests.map(\.dispatched) == [at(0), at(3.5), at(7), at(10.5), at(14)])
        #expect(run.requests.map(\.scheduled) == run.requests.map(\.dispatched))
        #expect(run.requests.allSatisfy { $0.measured && $0.loop == 0 })
        #expect(run.passages[0].closed == at(14.5))
    }

    @Test func `warm-ups go one at a time and are not measured`() {
        let stage = Stage.oneByOne(.warmup, 3, grace: .seconds(30))
        let run = VirtualRun([stage], server: VirtualServer(slots: 4, service: .seconds(1)), loops: 2)
        #expect(run.requests.map(\.dispatched) == [at(0), at(1), at(2)])
        #expect(run.requests.allSatisfy { !$0.measured })
        #expect(run.passages[0].quiet == at(3))
        #expect(run.passages[0].closed == nil)
    }

    @Test func `a drain ends when nothing is in flight, or after the grace`() {
        let level = Stage(.level, .closed(.init(2, .time(.init(hold: .seconds(1))))), grace: .seconds(2))
        let drain = Stage.drain(grace: .seconds(2))
        let quick = VirtualRun([level, drain], server: VirtualServer(slots: 2, service: .milliseconds(400)))
        #expect(quick.passages[1].quiet == quick.requests.map(\.ended).max())
        let stuck = VirtualRun([level, drain], server: VirtualServer(slots: 2, service: .seconds(400)))
        #expect(stuck.passages[1].quiet == at(5))  // 1 s, the level's grace, the drain's grace
    }
}
