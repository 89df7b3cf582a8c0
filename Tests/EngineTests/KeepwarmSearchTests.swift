import Measurement
import Schedule
import Simulator
import Testing
import Ticks

/// A keep-warm search over hours of virtual time against the simulated provider's model: true idle times of minutes.
@Suite struct KeepwarmSearchTests {
    /// Runs the stages one request at a time; waits are what the model gives, labels what it says or, without them, what
    /// the waits look like.
    private struct Search {
        private var model: ServerModel
        private var now = Instant.zero
        private(set) var recorded = RecordedRun()
        private(set) var truth: [Bool] = []  // of the probes: cold

        init(_ scenario: Scenario, gaps: [Double], repeat repetitions: Int, seed: UInt64, told: Bool) {
            model = ServerModel(scenario: scenario, start: .zero)
            var keepwarm = PhaseShape.Keepwarm(gaps: gaps.map { .seconds($0) })
            keepwarm.repetitions = repetitions
            recorded.run.complete = true
            var target = TargetRecord()
            (target.id, target.name) = (1, "model")
            recorded.targets = [target]
            var phase = PhaseRecord()
            (phase.id, phase.target, phase.kind, phase.name) = (1, 1, .keepwarm, "keepwarm")
            phase.started = 0
            for (place, stage) in PhaseShape.keepwarm(keepwarm).stages(grace: .seconds(30), seed: seed).enumerated() {
                run(stage, step: place + 1, told: told)
            }
            phase.ended = now.nanoseconds
            recorded.phases = [phase]
        }

        var result: KeepwarmResult? { RunResult(of: recorded).targets[0].phases[0].keepwarm }

        private mutating func run(_ stage: Stage, step id: Int, told: Bool) {
            var step = StepRecord()
            (step.id, step.phase, step.ordinal) = (id, 1, id)
            step.kind = stage.kind
            step.started = now.nanoseconds
            step.settled = now.nanoseconds
            step.gap = stage.afterIdle?.nanoseconds
            step.idle = step.gap
            now = now.advanced(by: stage.plannedPause ?? .zero)
            for _ in 0..<(stage.closed?.budget ?? 0) { ask(step: id, isProbe: stage.kind == .probe, told: told) }
            step.drained = now.nanoseconds
            recorded.steps.append(step)
        }

        private mutating func ask(step: Int, isProbe: Bool, told: Bool) {
            var request = RequestRecord()
            request.sequence = Int64(recorded.requests.count)
            request.step = step
            request.measured = true
            request.scheduled = now.nanoseconds
            request.dispatchLag = 0
            request.written = 0
            request.outcome = .ok
            let sent = now
            var events: [ServerModel.Event] = []
            model.advance(to: now, into: &events)
            events.removeAll()
            _ = model.admit(promptTokens: 64, tokens: 8, arrived: now, into: &events)
            var isOver = false
            while !isOver, let due = model.nextDeadline {
                model.advance(to: due, into: &events)
                for event in events {
                    switch event {
                    case .dequeued(_, _, let cold, _):
                        if isProbe { truth.append(cold) }
                        if told { request.reportedCold = cold }
                    case .tokens(_, _, let isLast, let instant):
                        request.firstToken = request.firstToken ?? instant.nanoseconds(since: sent)
                        request.lastToken = instant.nanoseconds(since: sent)
                        if isLast { isOver = true }
                        now = instant
                    default: break
                    }
                }
                events.removeAll()
            }
            request.ended = request.lastToken
            recorded.requests.append(request)
        }
    }

    private func scenario(_ idle: DurationDistribution, seed: UInt64 = 1) -> Scenario {
        var scenario = Scenario(name: "keepwarm")
        scenario.replicasMin = 0
        scenario.coldStart = .logNormal(median: .seconds(12), sigma: 0.25)
        scenario.idleTimeout = idle
        scenario.jitter = 0.1
        scenario.seed = seed
        return scenario
    }

    @Test(arguments: [true, false], [UInt64(1), 2, 3])
    func `a server that is let go after 300 s is bracketed, told or inferred`(told: Bool, seed: UInt64) throws {
        let search = Search(
            scenario(.constant(.seconds(300)), seed: seed),
            gaps: [30, 120, 240, 290, 310, 600],
            repeat: 5,
            seed: seed,
            told: told
        )
        let result = try #require(search.result)
        #expect(result.isInferred == !told)
        #expect(result.warmUpToSeconds == 290 && result.coldFromSeconds == 310)
        #expect(result.curve.map(\.cold) == [0, 0, 0, 0, 5, 5])
        let interval = try #require(result.interval)
        #expect((interval.lower ?? 0) <= 300 && (interval.upper ?? .infinity) >= 300)
        #expect(search.truth.count == 30)
        // A cold start of 12 s (median) is what a cold probe pays.
        #expect((8_000...18_000).contains(try #require(result.coldPenaltyMilliseconds)))
    }

    @Test(arguments: [true, false])
    func `where the time is drawn anew the interval covers half the probes' gap in 19 of 20 searches`(told: Bool) throws
    {
        var covered = 0
        var estimates: [Double] = []
        for seed in UInt64(1)...20 {
            let search = Search(
                scenario(.uniform(.seconds(240), .seconds(420)), seed: seed),
                gaps: [210, 250, 290, 330, 370, 410, 450],
                repeat: 4,
                seed: seed,
                told: told
            )
            let result = try #require(search.result)
            #expect(result.curve.reduce(0) { $0 + $1.cold } == search.truth.count { $0 }, "seed \(seed)")
            let interval = try #require(result.interval)
            if (interval.lower ?? 0) <= 330, (interval.upper ?? .infinity) >= 330 { covered += 1 }
            if let median = result.medianSeconds { estimates.append(median) }
        }
        #expect(covered >= 19, "\(covered) of 20")
        // 28 probes each: 330 ± 40 for the middle half of the searches.
        let sorted = estimates.sorted()
        #expect(sorted.count == 20)
        #expect(abs(sorted[5] - 330) <= 40 && abs(sorted[15] - 330) <= 40, "\(sorted)")
    }
}
