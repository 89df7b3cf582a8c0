import Profile
import Schedule
import Testing

@Suite struct ResolvedYAMLTests {
    /// Reads the resolved form of a profile; it must be the same profile with the same plan.
    private func expectRoundTrip(_ profile: Profile) throws {
        let text = profile.resolvedYAML()
        let again = try ProfileDocument(text: text, file: "resolved.yaml").profile(
            catalogue: try ProviderCatalogue.builtIn()
        )
        #expect(again == profile)
        #expect(again.plan().scheduleSHA256 == profile.plan().scheduleSHA256)
        #expect(again.resolvedYAML() == text)
    }

    @Test func `the contract's example reads back the same`() throws {
        try expectRoundTrip(try read(ProfileReaderTests.contract))
    }

    @Test func `every key that can be written reads back the same`() throws {
        let text = #"""
            seed: 77
            targets:
              - name: "odd: [name] #1"
                url: https://h.example:8443/openai
                provider: fireworks
                model: 'm"x'
                key: {command: [pass, show, my key]}
                price: {input: 0.1, cached: 0.01, output: 0.4}
                headers: {X-Team: "a: b"}
                insecure: true
              - provider: simulated
                scenario: {from: serverless, stops_after: [5, 9], idle_timeout: never, failures: {empty: 0.1}, time_scale: 0.05}
            workload:
              prompts:
                cache: allow
                list:
                  - "line\nand \"quotes\" \u2028 \x07 tab\t 😀"
                  - {messages: [{role: system, content: "null"}, {role: user, content: " 12 "}], max_tokens: 3}
              max_tokens: {uniform: [1, 2]}
              temperature: none
              ignore_eos: true
              reasoning: low
              extra_body: {a: [1, 2.5, true, null, "true"], "b c": {d: "x: y"}}
            warmup: {requests: 0}
            phases:
              - ramp: {from: 1, to: 9, hold: 1500ms, settle: 0s, min_requests: 7, hold_max: 1m}
              - idle: 90s
              - burst: {requests: 5, repeat: 2, baseline: none, control: false, connections: preopened, pause: 1s}
              - steady: {concurrency: 2, for: 10s, settle: 1s}
              - probe: {requests: 4, gap: 0s}
            timeouts: {connect: 1s, first_token: 2s, idle: 3s, total: 4s}
            drain: {grace: 0s}
            limits: {max_requests: 100000, max_cost: $7.25}
            slo: {tpot: 33ms}
            thresholds: ['ttft.p95 < 1s']
            output: {dir: "out dir", html: false, requests: sampled}
            """#
        try expectRoundTrip(try read(text))
    }

    @Test func `a profile made fast reads back fast, not faster`() throws {
        try expectRoundTrip(try read(ramp).fast())
    }

    @Test func `a prompts file is named by its whole path`() throws {
        #expect(try !read(ramp).resolvedYAML().contains("file:"))
    }
}
