import Testing
import Ticks

@testable import Schedule

@Suite struct RunPlanTests {
    static func plan(
        seed: UInt64 = 1,
        shapes: [PhaseShape] = [
            .ramp(.init(concurrency: [1, 2, 4])), .idle(.seconds(60)), .burst(.init(requests: 16)),
        ],
        warmup: Int = 3,
        grace: Duration = .seconds(30),
        change: (inout Workload) -> Void = { _ in }
    ) -> RunPlan {
        var workload = Workload(source: .synthetic(inputTokens: 512))
        change(&workload)
        return RunPlan(seed: seed, workload: workload, warmupRequests: warmup, shapes: shapes, grace: grace)
    }

    @Test func `a ramp is its levels and a drain`() {
        let ramp = Self.plan().phases[1]
        #expect(ramp.stages.map(\.kind) == [.level, .level, .level, .drain])
        #expect(ramp.stages.map(\.concurrency) == [1, 2, 4, 0])
        let window = ClosedLoad.Window(
            hold: .seconds(30),
            settle: .seconds(5),
            minRequests: 25,
            holdMax: .seconds(150)
        )
        #expect(ramp.stages[2].load == .closed(ClosedLoad(4, .time(window))))
    }

    @Test(arguments: [([1, 2, 4], [1, 2, 4, 2, 1, 0]), ([3], [3, 0]), ([1, 8, 2], [1, 8, 2, 8, 1, 0])])
    func `up and down is the levels, and again from the last but one back to the first`(levels: [Int], visits: [Int]) {
        var ramp = PhaseShape.Ramp(concurrency: levels)
        ramp.direction = .upDown
        #expect(PhaseShape.ramp(ramp).stages(grace: .seconds(1)).map(\.concurrency) == visits)
    }

    @Test(arguments: [(1, 25), (12, 25), (13, 26), (32, 64), (499, 998), (500, 1000), (5000, 1000)])
    func `the automatic minimum is twice the level, at least 25 and at most 1,000`(concurrency: Int, expected: Int) {
        #expect(PhaseShape.automaticMinimum(concurrency: concurrency) == expected)
    }

    @Test func `warm-ups come once, before the first phase that they do not spoil`() {
        #expect(Self.plan().phases.map(\.name) == ["warmup", "ramp", "idle", "burst"])
        let burst = PhaseShape.burst(.init(requests: 4))
        #expect(Self.plan(shapes: [burst, .idle(.seconds(1))]).phases.map(\.name) == ["burst", "idle"])
        let both = Self.plan(shapes: [burst, .probe(.init(requests: 5)), .probe(.init(requests: 5))])
        #expect(both.phases.map(\.name) == ["burst", "warmup", "probe", "probe-2"])
        #expect(Self.plan(warmup: 0).phases.map(\.kind) == [.ramp, .idle, .burst])
    }

    @Test func `every phase but an idle time ends with a drain`() {
        for phase in Self.plan().phases where phase.kind != .idle { #expect(phase.stages.last?.load == .drain) }
    }

    @Test func `a steady phase is one level that lasts as long as it says`() throws {
        let phase = Self.plan(shapes: [.steady(.init(concurrency: 32, duration: .seconds(7200)))], warmup: 0).phases[0]
        let level = try #require(phase.stages[0].closed?.window)
        #expect(phase.stages[0].concurrency == 32)
        #expect(level.hold == .seconds(7200) && level.holdMax == level.hold && level.minRequests == 0)
    }

    @Test func `bins are fine enough for twenty in the shortest window`() {
        func ramp(_ hold: Duration, _ settle: Duration) -> Duration {
            var ramp = PhaseShape.Ramp(concurrency: [1])
            ramp.hold = hold
            ramp.settle = settle
            return Self.plan(shapes: [.ramp(ramp)], warmup: 0).phases[0].binWidth
        }
        #expect(ramp(.seconds(30), .seconds(5)) == .seconds(1))
        #expect(ramp(.seconds(20), .seconds(5)) == .milliseconds(100))
        #expect(ramp(.milliseconds(2400), .milliseconds(500)) == .milliseconds(10))
    }

    // MARK: the hash

    @Test func `the same seed and shapes give the same hash`() {
        #expect(Self.plan().scheduleSHA256 == Self.plan().scheduleSHA256)
        #expect(Self.plan().scheduleSHA256.count == 64)
    }

    @Test func `any change of seed, shape or workload changes the hash`() {
        var ramp = PhaseShape.Ramp(concurrency: [1, 2, 4])
        ramp.hold = .milliseconds(30_001)
        var burst = PhaseShape.Burst(requests: 16)
        burst.connections = .warm
        let plans: [RunPlan] = [
            Self.plan(),
            Self.plan(seed: 2),
            Self.plan(warmup: 2),
            Self.plan(grace: .seconds(31)),
            Self.plan(shapes: [.ramp(ramp), .idle(.seconds(60)), .burst(.init(requests: 16))]),
            Self.plan(shapes: [.ramp(.init(concurrency: [1, 2, 4])), .idle(.seconds(60)), .burst(burst)]),
            Self.plan(shapes: [.ramp(.init(concurrency: [1, 2, 4])), .idle(.seconds(61)), .burst(.init(requests: 16))]),
            Self.plan(shapes: [.ramp(.init(concurrency: [1, 2, 4])), .burst(.init(requests: 16))]),
            Self.plan { $0.source = .synthetic(inputTokens: 513) },
            Self.plan { $0.source = .list([Prompt("a"), Prompt("b")]) },
            Self.plan { $0.source = .list([Prompt("ab")]) },
            Self.plan { $0.source = .list([Prompt("b"), Prompt("a")]) },
            Self.plan { $0.source = .list([Prompt(messages: [.init(role: "system", content: "a")])]) },
            Self.plan { $0.cache = .allow },
            Self.plan { $0.maxTokens = .fixed(255) },
            Self.plan { $0.maxTokens = .uniform(1, 256) },
            Self.plan { $0.temperature = nil },
            Self.plan { $0.temperature = 0.5 },
            Self.plan { $0.ignoreEOS = true },
            Self.plan { $0.reasoning = .off },
            Self.plan { $0.extraBody = "{}" },
        ]
        #expect(Set(plans.map(\.scheduleSHA256)).count == plans.count)
    }

    @Test func `timeouts and limits do not change the hash`() {
        var plan = Self.plan()
        plan.timeouts.total = .seconds(1)
        plan.limits.maxRequests = 7
        #expect(plan.scheduleSHA256 == Self.plan().scheduleSHA256)
    }

    @Test func `the canonical text says each fact on a line`() {
        let text = Self.plan(shapes: [.probe(.init(requests: 2))], warmup: 1).canonicalText
        #expect(
            text == """
                spate.schedule/2
                seed 1
                prompts synthetic 512
                cache avoid
                max_tokens 256
                temperature 0.0
                ignore_eos false
                reasoning default
                phase warmup warmup
                stage warmup closed slots=1 requests=1 unmeasured grace=30000000000
                stage drain grace=30000000000
                phase probe probe
                stage probe closed slots=1 requests=2 gap=3000000000 grace=30000000000
                stage drain grace=30000000000

                """
        )
    }
}
