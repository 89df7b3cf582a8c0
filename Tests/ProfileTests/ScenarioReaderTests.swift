import Schedule
import Testing

@testable import Profile

@Suite struct ScenarioReaderTests {
    private func scenario(_ yaml: String) throws -> Scenario {
        let target = try read(ramp + "targets: [{provider: simulated, scenario: \(yaml)}]\n").targets[0]
        guard case .simulated(let scenario) = target.location else {
            Issue.record("not simulated")
            return Scenario(name: "")
        }
        return scenario
    }

    @Test(arguments: ScenarioCatalogue.names)
    func `every built-in scenario reads and has its name`(name: String) throws {
        #expect(try ScenarioCatalogue.scenario(name).name == name)
    }

    @Test func `slots16 is 16 slots with a constant step and nothing random`() throws {
        let slots16 = try ScenarioCatalogue.scenario("slots16")
        #expect(slots16.replicasMin == 1 && slots16.replicasMax == 1 && slots16.slotsPerReplica == 16)
        #expect(slots16.step.duration(active: 1) == slots16.step.duration(active: 16))
        #expect(slots16.jitter == 0 && slots16.failures.total == 0 && slots16.stopsAfter == nil)
    }

    @Test func `serverless scales to zero and starts cold`() throws {
        let serverless = try ScenarioCatalogue.scenario("serverless")
        #expect(serverless.replicasMin == 0 && serverless.replicasMax == 4)
        #expect(serverless.coldStart == .logNormal(median: .seconds(12), sigma: 0.25))
        #expect(serverless.idleTimeout == .constant(.seconds(30)))
    }

    @Test func `a scenario written out is read whole`() throws {
        let scenario = try scenario(
            """
            {name: mine, replicas: {min: 1, max: 3}, slots: 8, cold_start: {uniform: [10s, 90s]}, idle_timeout: 5m, \
            scale_up: {load_per_replica: 6, delay: 2s}, prefill: {base: 10ms, per_1k_tokens: 20ms}, \
            step: {base: 15ms, per_active: 250us}, queue_limit: 50, tokens_per_step: 2, jitter: 0.2, \
            stops_after: [10, 20], time_scale: 0.5, seed: 9, failures: {rate_limited: 0.1, stalled: 0.05}, \
            habits: {delivery: buffered, refuses: [temperature], ignores_cap: 30, tells_usage: false, says_stop: true, \
            thinks: 7, thinks_always: true, retry_after: 3s, rate_limit: {requests: 5, per: 2s}, quota_after: 100, \
            errors_are_html: true}}
            """
        )
        var expected = Scenario(name: "mine")
        expected.replicasMax = 3
        expected.slotsPerReplica = 8
        expected.coldStart = .uniform(.seconds(10), .seconds(90))
        expected.idleTimeout = .constant(.seconds(300))
        expected.scaleUp = .init(loadPerReplica: 6, delay: .seconds(2))
        expected.prefill = .init(base: .milliseconds(10), perThousandTokens: .milliseconds(20))
        expected.step = .init(base: .milliseconds(15), perActive: .microseconds(250))
        expected.queueLimit = 50
        expected.tokensPerStep = 2
        expected.jitter = 0.2
        expected.stopsAfter = 10...20
        expected.timeScale = 0.5
        expected.seed = 9
        expected.failures.rateLimited = 0.1
        expected.failures.stalled = 0.05
        expected.habits.delivery = .buffered
        expected.habits.refuses = ["temperature"]
        expected.habits.ignoresCap = 30
        expected.habits.tellsUsage = false
        expected.habits.saysStop = true
        expected.habits.thinks = 7
        expected.habits.thinksAlways = true
        expected.habits.retryAfter = .seconds(3)
        expected.habits.rateLimit = .init(requests: 5, period: .seconds(2))
        expected.habits.quotaAfter = 100
        expected.habits.errorsAreHTML = true
        #expect(scenario == expected)
        let block = scenario.resolvedYAML().split(separator: "\n").map { "      \($0)\n" }.joined()
        let again = try read(ramp + "targets:\n  - provider: simulated\n    scenario:\n" + block)
        #expect(again.targets[0].location == .simulated(expected))
    }

    @Test func `from takes a scenario and changes what is written`() throws {
        var expected = try ScenarioCatalogue.scenario("serverless")
        expected.timeScale = 0.1
        expected.replicasMax = 2
        #expect(try scenario("{from: serverless, time_scale: 0.1, replicas: {max: 2}}") == expected)
    }

    static let refused: [(String, String)] = [
        ("{slot: 4}", "targets.0.scenario.slot: unknown key"),
        ("{slots: 0}", "targets.0.scenario.slots: read \"0\"; allowed: a whole number from 1 to 100000"),
        ("{replicas: {min: 3, max: 2}}", "targets.0.scenario.replicas: read min 3, max 2; allowed: min up to max"),
        ("{cold_start: {uniform: [9s, 1s]}}", "targets.0.scenario.cold_start.uniform: read the greatest first"),
        ("{cold_start: {log_normal: {sigma: 1}}}", "targets.0.scenario.cold_start.log_normal.median: missing"),
        (
            "{failures: {empty: 0.6, truncated: 0.6}}",
            "targets.0.scenario.failures: the shares add up to 1.2; allowed: at most 1"
        ),
        ("{step: {base: 0ms}}", "targets.0.scenario.step.base: read \"0ms\""),
        ("{from: nowhere/x.yaml}", "targets.0.scenario.from: the file nowhere/x.yaml cannot be read: No such file"),
    ]

    @Test(arguments: refused)
    func `an impossible scenario is refused by key`(yaml: String, message: String) throws {
        let found = problems(ramp + "targets: [{provider: simulated, scenario: \(yaml)}]\n")
        #expect(found.count == 1)
        #expect(try #require(found.first).hasPrefix("p.yaml:2: " + message))
    }
}
