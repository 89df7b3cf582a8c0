import Schedule
import Testing
import Ticks

@testable import Profile

@Suite struct ProfileReaderTests {
    /// The contract's example, as far as it is built.
    static let contract = """
        name: ramp-then-burst
        targets:
          - {name: do, provider: digitalocean, model: [openai-gpt-oss-120b, kimi-k2.6], price: {input: 0.1, output: 0.7}}
          - {name: mine, url: http://127.0.0.1:8080/v1, model: m, api: openai-chat, key: {env: MY_KEY}, price: {per_hour: $2.50}}
        workload:
          prompts: {synthetic: {input_tokens: 512}, cache: avoid}
          max_tokens: 256
          temperature: 0
          ignore_eos: false
          reasoning: default
        warmup: {requests: 3}
        phases:
          - ramp:   {concurrency: [1, 2, 4, 8, 16, 32], hold: 30s, settle: 5s, min_requests: auto, hold_max: 150s}
          - idle:   60s
          - burst:  {requests: 64, repeat: 3, idle: 60s, hold: 30s, baseline: {concurrency: 1, requests: 25}, control: true, connections: cold}
          - steady: {concurrency: 32, for: 2h}
          - probe:  {requests: 75, gap: 3s}
        order: interleaved
        windows: {count: 1, every: 2h}
        timeouts: {connect: 10s, first_token: 120s, idle: 60s, total: 10m}
        drain: {grace: 30s}
        limits: {max_requests: 20000, max_output_tokens: 5_000_000, max_cost: $5, max_in_flight: 5000}
        retries: 0
        slo: {ttft: 500ms, tpot: 50ms, e2e: 30s}
        thresholds: ['ramp.ttft.p95[concurrency=16] < 500ms', 'error_rate < 1%', 'ramp.retention[concurrency=16] > 0.6']
        output: {dir: results, html: true, requests: failures}
        """

    @Test func `the contract's example is read whole`() throws {
        let profile = try read(Self.contract)
        #expect(profile.name == "ramp-then-burst")
        #expect(profile.targets.map(\.name) == ["do/openai-gpt-oss-120b", "do/kimi-k2.6", "mine"])
        #expect(profile.targets[2].price.perHour == 2.5 && profile.targets[2].price.tokens == nil)
        #expect(profile.phases.map(\.kind) == [.ramp, .idle, .burst, .steady, .probe])
        var ramp = PhaseShape.Ramp(concurrency: [1, 2, 4, 8, 16, 32])
        ramp.holdMax = .seconds(150)
        #expect(profile.phases[0] == .ramp(ramp))
        #expect(profile.phases[1] == .idle(.seconds(60)))
        var burst = PhaseShape.Burst(requests: 64)
        burst.cycles = 3
        #expect(profile.phases[2] == .burst(burst))
        #expect(profile.phases[3] == .steady(.init(concurrency: 32, duration: .seconds(7200))))
        #expect(profile.phases[4] == .probe(.init(requests: 75)))
        #expect(
            profile.limits == Limits(maxRequests: 20_000, maxOutputTokens: 5_000_000, maxCost: 5, maxInFlight: 5000)
        )
        #expect(profile.timeouts == Timeouts() && profile.grace == .seconds(30))
        #expect(profile.objectives.ttft == .milliseconds(500) && profile.objectives.e2e == .seconds(30))
        #expect(profile.output.requests == .failures)
        #expect(profile.thresholds.count == 3 && profile.thresholds[1] == "error_rate < 1%")
        #expect(profile.workload == Workload(source: .synthetic(inputTokens: 512)))
    }

    @Test func `what is left out has the contract's defaults`() throws {
        let profile = try read(ramp)
        #expect(profile.name == "p")
        #expect(profile.workload.maxTokens == .fixed(256) && profile.workload.temperature == 0)
        #expect(profile.warmupRequests == 3 && profile.seed == 1)
        #expect(profile.output.requests == .all && profile.output.html)
        #expect(profile.limits == Limits() && profile.limits.maxInFlight == 5000)
        guard case .ramp(let ramp) = profile.phases[0] else {
            Issue.record("no ramp")
            return
        }
        #expect(ramp.hold == .seconds(30) && ramp.settle == .seconds(5) && ramp.holdMax == .seconds(150))
        #expect(ramp.minRequests == nil)
    }

    @Test(arguments: [
        ("{from: 1, to: 64, factor: 2}", [1, 2, 4, 8, 16, 32, 64]),
        ("{from: 1, to: 100}", [1, 2, 4, 8, 16, 32, 64, 100]),
        ("{from: 2, to: 5, factor: 1.1}", [2, 3, 4, 5]), ("{from: 3, to: 3}", [3]),
        ("{from: 1, to: 50, factor: 10}", [1, 10, 50]), ("{concurrency: [4, 2, 1]}", [4, 2, 1]),
        ("{concurrency: 8}", [8]),
    ])
    func `levels come from a list or a range, which ends with its end`(yaml: String, levels: [Int]) throws {
        guard case .ramp(let ramp) = try read(phases("  - ramp: \(yaml)\n")).phases[0] else {
            Issue.record("no ramp")
            return
        }
        #expect(ramp.concurrency == levels)
    }

    @Test func `limits.max_in_flight sets how wide a phase may be`() throws {
        let text = phases("  - burst: {requests: 9000}\n") + "limits: {max_in_flight: 9000}\n"
        #expect(try read(text).plan().phases[0].stages[2].concurrency == 9000)
    }

    @Test func `a baseline can be left out and a control switched off`() throws {
        guard
            case .burst(let burst) = try read(phases("  - burst: {requests: 4, baseline: none, control: false}\n"))
                .phases[0]
        else {
            Issue.record("no burst")
            return
        }
        #expect(burst.baseline == nil && !burst.control)
    }

    @Test func `a profile without a name is called after its file, fit for a folder`() throws {
        let catalogue = try ProviderCatalogue.builtIn()
        func name(_ file: String) throws -> String {
            try ProfileDocument(text: ramp, file: file).profile(catalogue: catalogue).name
        }
        #expect(try name("Profiles/my ramp.yaml") == "my-ramp")
        #expect(try name("x/ünï.yml") == "-n-")
    }

    // MARK: flags

    @Test func `--set replaces a value, and one that is not there yet`() throws {
        let profile = try read(ramp) {
            try $0.set("phases.0.ramp.hold", yaml: "10s", from: "--set")
            try $0.set("workload.max_tokens", yaml: "{uniform: [1, 9]}", from: "--set")
            try $0.set("phases.1.idle", yaml: "5s", from: "--set")
        }
        guard case .ramp(let ramp) = profile.phases[0] else {
            Issue.record("no ramp")
            return
        }
        #expect(ramp.hold == .seconds(10) && ramp.holdMax == .seconds(50))
        #expect(profile.workload.maxTokens == .uniform(1, 9))
        #expect(profile.phases[1] == .idle(.seconds(5)))
    }

    @Test func `a fault in a flag's value names the flag`() {
        #expect(
            problems(ramp) { try $0.set("phases.0.ramp.hold", yaml: "10", from: "--set phases.0.ramp.hold=10") } == [
                "--set phases.0.ramp.hold=10: phases.0.ramp.hold: read \"10\"; allowed: a duration such as 250ms, 10s, 5m or 2h; "
                    + "a unit is missing"
            ]
        )
        #expect(
            problems(ramp) { try $0.set("phases.4.idle", yaml: "1s", from: "--set") } == [
                "--set: phases.4: read \"4\" in a list of 1; allowed: a position from 0 to 0, or 1 for a new one"
            ]
        )
        #expect(
            problems(ramp + "seed: 1\n") { try $0.set("seed.x", yaml: "1", from: "--set") }
                == ["--set: seed.x: seed is a value, not a map; set seed itself"]
        )
        #expect(
            problems(ramp) { try $0.set("phases..x", yaml: "1", from: "--set") }
                == ["--set: phases..x: read \"phases..x\"; allowed: a path such as phases.0.ramp.hold"]
        )
        #expect(
            problems(ramp) { try $0.set("seed", yaml: "[1", from: "--set") }.first?.hasPrefix("--set: not YAML") == true
        )
    }

    @Test func `a profile can be made of flags alone`() throws {
        var document = ProfileDocument(shortcut: "burst")
        try document.set("phases.0.burst.requests", yaml: "200", from: "--size")
        try document.set("phases.0.burst.idle", yaml: "5m", from: "--idle")
        document.target.url = "127.0.0.1:9"
        let profile = try document.profile(catalogue: try ProviderCatalogue.builtIn())
        #expect(profile.name == "burst")
        var burst = PhaseShape.Burst(requests: 200)
        burst.idle = .seconds(300)
        #expect(profile.phases == [.burst(burst)])
    }

    @Test func `a text set as text is taken as it is`() throws {
        let profile = try read(ramp) {
            try $0.set("thresholds", text: "[ttft.p95] < 1s", from: "--threshold")
            try $0.set("targets", yaml: "[{url: 'h:1'}]", from: "--url")
            try $0.set("targets.0.model", text: "{a: b}", from: "--model")
        }
        #expect(profile.thresholds == ["[ttft.p95] < 1s"])
        #expect(profile.targets[0].model == "{a: b}")
    }

    @Test func `the place of a value can be asked for`() throws {
        let document = try ProfileDocument(text: Self.contract, file: "p.yaml")
        #expect(document.place(of: "thresholds.1").description == "p.yaml:25")
        #expect(document.place(of: "phases.3.steady.for").description == "p.yaml:16")
    }

    @Test func `--fast divides times of profile and scenario, and refuses a real target`() throws {
        let fast = try read(ramp).fast()
        guard case .ramp(let ramp) = fast.phases[0], case .simulated(let scenario) = fast.targets[0].location else {
            Issue.record("no ramp on the simulated provider")
            return
        }
        #expect(ramp.hold == .seconds(3))
        #expect(abs(scenario.timeScale - 0.1) < 1e-12)
        let real = try read(Self.contract)
        let error = #expect(throws: ProfileError.self) { try real.fast() }
        #expect(
            error?.description
                == "--fast: targets.0: do/openai-gpt-oss-120b is a real target, whose times cannot be scaled; "
                + "--fast is for the simulated one"
        )
    }
}
