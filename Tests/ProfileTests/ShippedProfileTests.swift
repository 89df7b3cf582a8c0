import Glibc
import Profile
import Schedule
import Testing
import Ticks

@Suite struct ShippedProfileTests {
    static let names = [
        "ramp", "burst", "consistency", "soak", "rate", "batch-compare", "demo", "batch", "keepwarm", "chat", "rag",
        "production", "conversation", "tiers", "gateway",
    ]

    private func shipped(_ name: String) throws -> Profile {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let document = try ProfileDocument(file: "/\(folder)/Profiles/\(name).yaml")
        return try document.profile(catalogue: try ProviderCatalogue.builtIn())
    }

    private func scenario(_ profile: Profile) throws -> Scenario {
        guard case .simulated(let scenario) = profile.targets[0].location else { throw Unexpected() }
        return scenario.scaled()
    }

    /// How long a request takes when so many are in flight: its prefill and steps, and its turn where slots are short.
    private func answer(_ profile: Profile, inFlight: Int) throws -> Duration {
        guard case .synthetic(let inputTokens) = profile.workload.source else { throw Unexpected() }
        let scenario = try scenario(profile)
        let slots = scenario.slotsPerReplica
        let steps = scenario.step.duration(active: min(inFlight, slots)) * profile.workload.maxTokens.greatest
        let turns = (inFlight + slots * scenario.replicasMax - 1) / (slots * scenario.replicasMax)
        return (scenario.prefill.duration(promptTokens: inputTokens) + steps) * max(1, turns)
    }

    /// A slow cold start: two standard deviations of a log-normal above its median. Zero where there is none.
    private func coldStart(_ profile: Profile) throws -> Duration {
        let scenario = try scenario(profile)
        guard scenario.replicasMin == 0, case .logNormal(let median, let sigma) = scenario.coldStart else {
            return .zero
        }
        return median * exp(2 * sigma)
    }

    /// Length of a run against the simulated provider, each stage with the answers of its width.
    private func length(_ profile: Profile) throws -> Duration {
        let plan = profile.plan()
        let cold = try coldStart(profile)
        var total = Duration.zero
        var last = Duration.zero  // the answer that a drain waits for
        for stage in plan.phases.flatMap(\.stages) {
            var part = plan
            part.phases = [PhasePlan(name: "part", kind: .ramp, stages: [stage])]
            let answer = try answer(profile, inFlight: max(1, stage.concurrency))
            total += part.estimate(answer: answer).duration
            switch stage.kind {
            case .warmup, .baseline: total += cold
            case .edge: total += max(.zero, cold - (stage.plannedLength ?? .zero))
            case .drain: total += last
            case .level, .idle, .control, .pause, .batch, .rewarm, .probe, .arrivals: break
            }
            last = stage.kind == .drain ? .zero : answer
        }
        return total
    }

    private struct Unexpected: Error {}

    @Test(arguments: names)
    func `it reads, runs against the simulated provider and reads back the same`(name: String) throws {
        let profile = try shipped(name)
        #expect(profile.name == name)
        #expect(profile.targets.count == (["batch-compare": 2, "tiers": 3, "gateway": 3][name] ?? 1))
        #expect(profile.targets.allSatisfy { $0.isSimulated })
        let again = try ProfileDocument(text: profile.resolvedYAML(), file: "again.yaml")
            .profile(catalogue: try ProviderCatalogue.builtIn())
        #expect(again == profile)
    }

    @Test(arguments: names)
    func `with --fast it takes under a minute`(name: String) throws {
        let fast = try shipped(name).fast()
        let length = try length(fast) * fast.targets.count
        #expect(length < .seconds(55), "\(length)")  // five seconds for starting up and reporting
    }

    @Test func `the demo is a ramp and a burst and takes under a minute as it stands`() throws {
        let demo = try shipped("demo")
        let length = try length(demo)
        #expect(length < .seconds(55), "\(length)")
        #expect(demo.phases.map(\.kind) == [.ramp, .burst])
    }

    @Test func `the replay's trace comes with it, and is read whole`() throws {
        let profile = try shipped("replay")
        guard case .replay(let replay) = profile.phases[0] else { throw Unexpected() }
        #expect(replay.count == 442 && replay.trace.rowsRead == 442)
        #expect(replay.trace.inputTokens == 236_239 && replay.trace.outputTokens == 33_446)
        #expect(try length(profile.fast()) < .seconds(55))
        let again = try ProfileDocument(text: profile.resolvedYAML(), file: "again.yaml")
            .profile(catalogue: try ProviderCatalogue.builtIn())
        #expect(again == profile)
    }

    @Test(arguments: ["ramp", "demo"])
    func `every level of the ramp can see its 25 requests before hold_max`(name: String) throws {
        for profile in [try shipped(name), try shipped(name).fast()] {
            for stage in profile.plan().phases.flatMap(\.stages) {
                guard let level = stage.closed?.window, stage.kind == .level else { continue }
                let rounds = (level.minRequests + stage.concurrency - 1) / stage.concurrency
                let answer = try answer(profile, inFlight: stage.concurrency)
                #expect(level.settle + answer * (rounds + 1) < level.holdMax, "\(name), level \(stage.concurrency)")
                #expect(level.minRequests >= 25)
            }
        }
    }

    @Test func `a burst's idle time is longer than the scenario keeps a replica`() throws {
        for name in ["burst", "demo"] {
            for profile in [try shipped(name), try shipped(name).fast()] {
                guard case .simulated(let scenario) = profile.targets[0].location,
                    let keeps = scenario.scaled().idleTimeout
                else { throw Unexpected() }
                for case .burst(let burst) in profile.phases { #expect(burst.idle > keeps.median) }
            }
        }
    }
}
