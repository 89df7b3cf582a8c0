import Measurement
import Schedule
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

@Suite struct ProgramTests {
    private func target(_ name: String, id: Int, _ shapes: [PhaseShape], warmup: Int = 0) -> EngineTarget {
        EngineTarget(
            id: id,
            name: name,
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1),
            basePath: "/v1",
            model: "m",
            provider: Provider(name: "test"),
            headers: [],
            plan: RunPlan(
                seed: 1,
                workload: Workload(source: .synthetic(inputTokens: 8)),
                warmupRequests: warmup,
                shapes: shapes,
                grace: .seconds(1)
            )
        )
    }

    @Test func `paths are the base URL's with the API's own behind`() {
        let target = target("a", id: 1, [])
        #expect(target.requestPath == "/v1/chat/completions")
        #expect(target.modelsPath == "/v1/models")
    }

    @Test func `a ramp is its levels and a drain, numbered from one`() {
        let program = Program(targets: [target("a", id: 1, [.ramp(.init(concurrency: [1, 2]))], warmup: 3)])
        #expect(program.entries.map(\.stage.kind) == [.warmup, .drain, .level, .level, .drain])
        #expect(program.entries.map(\.step) == [1, 2, 3, 4, 5])
        #expect(program.entries.map(\.phase) == [1, 1, 2, 2, 2])
        #expect(program.entries.map(\.phaseName) == ["warmup", "warmup", "ramp", "ramp", "ramp"])
        #expect(program.entries.map(\.phaseKind) == [.warmup, .warmup, .ramp, .ramp, .ramp])
        #expect(program.entries.map(\.ordinal) == [0, 1, 0, 1, 2])
        #expect(program.entries.map(\.isLastOfPhase) == [false, true, false, false, true])
    }

    private func turns(_ program: Program) -> [[Int]] { program.entries.map { [$0.target, $0.phase, $0.step] } }

    @Test func `one target after the other, and one with fewer phases just ends earlier`() {
        let a = target("a", id: 7, [.ramp(.init(concurrency: [1])), .idle(.seconds(1))])
        let b = target("b", id: 9, [.ramp(.init(concurrency: [2]))])
        let program = Program(targets: [a, b], order: .sequential)
        #expect(turns(program) == [[7, 1, 1], [7, 1, 2], [7, 2, 3], [9, 3, 4], [9, 3, 5]])
        #expect(program.entries.map(\.stage.kind) == [.level, .drain, .idle, .level, .drain])
    }

    @Test func `interleaved targets take turns block by block, each phase of each with one number`() {
        var a = target("a", id: 7, [.ramp(.init(concurrency: [1, 2]))], warmup: 1)
        a.plan = a.plan.inBlocks()
        var b = a
        (b.id, b.name, b.endpoint.port) = (9, "b", 2)
        let program = Program(targets: [a, b])
        let first = program.entries[0].target
        let second = 7 + 9 - first
        #expect(program.entries.map(\.target) == [first, second, second, first].flatMap { [$0, $0, $0, $0] })
        #expect(program.entries.map(\.phase) == [1, 2, 2, 1].flatMap { [$0, $0, $0, $0] })
        #expect(program.entries.map(\.step) == Array(1...16))
        #expect(program.entries.map(\.ordinal) == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7])
        #expect(program.entries.indices.filter { program.entries[$0].isLastOfPhase } == [11, 15])
        // The same prompts for both at the same block.
        #expect(
            program.entries.map(\.firstPrompt) == [
                0, nil, nil, nil, 0, nil, nil, nil, 1_000_003, nil, nil, nil, 1_000_003, nil, nil, nil,
            ]
        )
        #expect(program.twins(before: b) == 0)
    }

    /// Else the server would find in its cache what was asked before the run was cut off, and a user would have two lives.
    @Test func `a turn that was cut off goes on behind its prompts, one that had not begun keeps its own`() throws {
        var a = target("a", id: 7, [.steady(.init(concurrency: 1, duration: .seconds(8)))])
        a.plan = a.plan.inBlocks()
        var b = a
        (b.id, b.name, b.endpoint.port) = (9, "b", 2)
        let whole = Program(targets: [a, b])
        let turns = whole.entries.filter { $0.firstPrompt != nil }
        var stored = RecordedRun()
        stored.requests = (0..<250_000).map { number in
            var request = RequestRecord()
            (request.step, request.sequence) = (turns[1].step, Int64(number))
            return request
        }
        for turn in turns.prefix(2) {
            var phase = PhaseRecord()
            (phase.id, phase.target, phase.name) = (turn.phase, turn.target, turn.phaseName)
            var step = StepRecord()
            (step.id, step.phase, step.block) = (turn.step, turn.phase, turn.stage.block)
            stored.phases.append(phase)
            stored.steps.append(step)
        }
        func resumed() -> [Int64] {
            Program(targets: [a, b], continuing: .init(behind: stored)).entries.compactMap(\.firstPrompt)
        }
        let prompts = turns.compactMap(\.firstPrompt)
        #expect(resumed() == [prompts[0] + 100_000, prompts[1] + 300_000] + prompts.dropFirst(2))
        var resumption = IncidentRecord()
        resumption.kind = .resume
        stored.incidents.append(resumption)
        #expect(resumed()[1] == prompts[1] + 400_000)
    }

    @Test func `the same model at the same place is asked with another nonce`() {
        let three = (1...3).map { target("a", id: $0, [.idle(.seconds(1))]) }
        #expect(three.map(Program(targets: three).twins) == [0, 1, 2])
    }

    @Test func `in parallel each target has a program, and no number comes twice`() {
        let a = target("a", id: 7, [.ramp(.init(concurrency: [1])), .idle(.seconds(1))])
        let b = target("b", id: 9, [.ramp(.init(concurrency: [2]))])
        let programs = Program.all(targets: [a, b], order: .parallel)
        #expect(programs.map(turns) == [[[7, 1, 1], [7, 1, 2], [7, 2, 3]], [[9, 3, 4], [9, 3, 5]]])
    }

    @Test func `time windows repeat the plan, and say when each begins`() {
        var a = target("a", id: 1, [.idle(.seconds(1)), .ramp(.init(concurrency: [1]))])
        a.plan.windows = TimeWindows(count: 2, every: .seconds(60))
        let program = Program(targets: [a])
        #expect(program.entries.map(\.phase) == [1, 2, 2, 3, 4, 4])
        #expect(program.entries.map(\.window) == [0, 0, 0, 1, 1, 1])
        #expect(program.entries.map(\.notBefore) == [nil, nil, nil, .seconds(60), nil, nil])
        #expect(program.entries.map(\.phaseName) == ["idle", "ramp", "ramp", "idle", "ramp", "ramp"])
    }

    @Test func `the edge to make ready is that behind an idle time or a pause`() {
        var burst = PhaseShape.Burst(requests: 8)
        burst.connections = .warm
        let program = Program(targets: [target("a", id: 1, [.burst(burst)])])
        #expect(
            program.entries.map(\.stage.kind) == [.baseline, .idle, .edge, .drain, .pause, .control, .drain]
        )
        let ready = program.entries.indices.map { program.wave(after: $0)?.slots }
        #expect(ready == [nil, 8, nil, nil, 8, nil, nil])
        #expect(program.wave(after: 1)?.wave == .warm)
    }

    @Test func `another target's edge is not made ready`() {
        var burst = PhaseShape.Burst(requests: 8)
        burst.baseline = nil
        let a = target("a", id: 1, [.idle(.seconds(1))])
        let b = target("b", id: 2, [.burst(burst)])
        let program = Program(targets: [a, b], order: .sequential)
        #expect(program.entries.map(\.stage.kind).prefix(3) == [.idle, .idle, .edge])
        #expect(program.wave(after: 0) == nil)
        #expect(program.wave(after: 1)?.slots == 8)
    }
}
