import Testing
import Ticks

@testable import Schedule

/// PRODUCT, Interleaving: a block is a ramp step, a burst cycle, 25 probes, 5 min of steady.
@Suite struct BlockTests {
    private func plan(_ shapes: [PhaseShape], warmup: Int = 3) -> RunPlan {
        RunPlanTests.plan(shapes: shapes, warmup: warmup).inBlocks()
    }

    private func kinds(_ phase: PhasePlan) -> [[StageKind]] {
        (0..<phase.blocks).map { phase.stages(ofBlock: $0).map(\.stage.kind) }
    }

    @Test func `a ramp's step is a block, with the warm-ups before it and a drain behind`() {
        let phase = plan([.ramp(.init(concurrency: [1, 2, 4]))]).phases[0]
        #expect(kinds(phase) == Array(repeating: [.warmup, .drain, .level, .drain], count: 3))
        #expect(phase.stages.filter { $0.kind == .level }.map(\.concurrency) == [1, 2, 4])
        #expect(phase.stages(ofBlock: 1).map(\.ordinal) == [4, 5, 6, 7])
    }

    @Test func `a burst's cycle is a block without warm-ups`() {
        var burst = PhaseShape.Burst(requests: 8)
        burst.cycles = 2
        let phase = plan([.burst(burst), .probe(.init(requests: 1))]).phases[0]
        let cycle: [StageKind] = [.baseline, .idle, .edge, .drain, .pause, .control, .drain]
        #expect(kinds(phase) == [cycle, cycle])
        #expect(
            phase.stages
                == phase.stages.enumerated().map { index, stage in
                    var stage = stage
                    stage.block = index / 7
                    return stage
                }
        )
    }

    @Test(arguments: [(1, [1]), (25, [25]), (26, [25, 1]), (75, [25, 25, 25])])
    func `25 probes are a block`(requests: Int, expected: [Int]) {
        var probe = PhaseShape.Probe(requests: requests)
        probe.gap = .seconds(2)
        let probes = plan([.probe(probe)]).phases[0].stages.filter { $0.kind == .probe }.compactMap(\.closed)
        #expect(probes.map(\.budget) == expected)
        #expect(probes.allSatisfy { $0.gap == .seconds(2) && $0.slots == 1 })
    }

    @Test(arguments: [
        (120, [120]), (300, [300]), (359, [359]), (360, [300, 60]), (7200, Array(repeating: 300, count: 24)),
    ])
    func `five minutes of a steady load are a block, and its time stays what it was`(seconds: Int, expected: [Int]) {
        let steady = PhaseShape.Steady(concurrency: 4, duration: .seconds(seconds))
        let levels = plan([.steady(steady)]).phases[0].stages.filter { $0.kind == .level }.compactMap(\.closed)
        #expect(levels.map { $0.window?.hold } == expected.map { .seconds($0) })
        #expect(levels.allSatisfy { $0.window?.hold == $0.window?.holdMax && $0.slots == 4 })
    }

    @Test func `the warm-up phase goes, its requests are in the estimate of each block`() {
        let whole = RunPlanTests.plan(shapes: [.ramp(.init(concurrency: [1, 2])), .idle(.seconds(3))])
        let cut = whole.inBlocks()
        #expect(cut.phases.map(\.kind) == [.ramp, .idle])
        let least = { (plan: RunPlan) in plan.estimate(answer: .seconds(1)).requestsLeast }
        #expect(least(whole) == 3 + 25 + 25)
        #expect(least(cut) == 2 * (3 + 25))
        #expect(whole.scheduleSHA256 != cut.scheduleSHA256)
    }

    @Test func `several windows multiply the estimate, and the wait between them is in the time`() {
        var plan = RunPlanTests.plan(shapes: [.steady(.init(concurrency: 1, duration: .seconds(10)))], warmup: 0)
        let one = plan.estimate(answer: .seconds(1))
        plan.windows = TimeWindows(count: 3, every: .seconds(3600))
        let three = plan.estimate(answer: .seconds(1))
        #expect(three.requests == 3 * one.requests)
        #expect(three.duration == .seconds(7200) + one.duration)
    }

    @Test func `cut blocks are dealt to loops like the whole`() {
        let phase = plan([.ramp(.init(concurrency: [3, 8]))]).phases[0]
        for stage in phase.stages {
            let shares = (0..<3).map { stage.segment(loop: $0, of: 3) }
            #expect(shares.allSatisfy { $0.block == stage.block })
            #expect(shares.reduce(0) { $0 + $1.concurrency } == stage.concurrency)
        }
    }
}
