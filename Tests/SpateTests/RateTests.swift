import Foundation
import Testing

extension ProgramTests {
    /// An open loop of the program against the simulated provider.
    @Suite struct RateTests {
        private static let profile = """
            name: rates
            targets:
              - provider: simulated
                scenario: {from: steady, jitter: 0, prefill: {base: 20ms, per_1k_tokens: 0ms}, step: {base: 1ms, per_active: 0ms}}
            workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 8}
            warmup: {requests: 1}
            phases:
              - rate: {rps: [{rps: 40, for: 1500ms}, {from: 40, to: 80, for: 1s}], settle: 100ms}
              - rate: {rps: 60, for: 1s, arrivals: constant, max_concurrency: 1, overflow: shed}
              - rate: {rps: 50, requests: 47}
            thresholds: ['rate.offered_rps[rps=40] > 5', 'rate.ttft_scheduled.p50 < 5s']
            """

        @Test func `what was due, sent and answered is in the summary, and adds up`() throws {
            let folder = try Folder()
            let file = try folder.write(Self.profile, to: "profile.yaml")
            let ended = try Spate.run(["run", file, "-o", folder["run"], "--quiet", "--loops", "2"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let phases = summary["targets"][0]["phases"].list
            #expect(phases.map { $0["loop"].text } == ["open", "open", "open"])
            #expect(phases[2]["stats"]["requests"]["scheduled"].int == 47)
            let steps = phases[0]["steps"].list
            #expect(steps.map { $0["rps"].double } == [40, 60])
            #expect(steps[1]["rps_range"].list.map(\.double) == [40, 80])
            for step in phases.flatMap({ $0["steps"].list }) {
                let stats = step["stats"]
                for key in ["offered_rps", "sent_rps", "achieved_rps"] {
                    #expect((step[key].double ?? 0) > 0, "\(key)")
                }
                for key in ["ttft_ms", "ttft_scheduled_ms", "e2e_ms", "e2e_scheduled_ms"] {
                    #expect((stats[key]["p50"].double ?? 0) > 0, "\(key)")
                }
                let dispatch = stats["ttft_ms"]["mean"].double ?? 0
                #expect((stats["ttft_scheduled_ms"]["mean"].double ?? 0) >= dispatch)
                let parts = ["success", "failed", "throttled", "excluded"].compactMap { stats["requests"][$0].int }
                #expect(stats["requests"]["scheduled"].int == parts.reduce(0, +))
            }
            let shed = phases[1]["steps"][0]
            #expect(shed["stats"]["requests"]["scheduled"].int == 60)
            #expect(shed["not_sent"].int == shed["stats"]["outcomes"]["not_sent"].int)
            #expect((shed["not_sent"].int ?? 0) > 10)
            #expect(ended.out.contains("TTFT from due"))
            #expect(ended.out.contains("TTFT from sending"))
            // The provider's journal has every request that was sent, and no other.
            let truth = try TruthFile(folder["run/truth.jsonl"])
            let sent = (summary["targets"][0]["totals"]["requests"]["scheduled"].int ?? 0) - (shed["not_sent"].int ?? 0)
            #expect(truth.requests.count == sent + 1)
        }

        @Test(arguments: [
            (["--request-rate", "20", "--arrival-pattern", "gamma", "--burstiness", "0.5"], "arrivals: {gamma: 0.5}"),
            (["--request_rate", "20", "--burstiness", "2"], "arrivals: {gamma: 2.0}"),
            (["--request-rate=2.5", "--max-concurrency", "7"], "max_concurrency: 7, overflow: queue"),
            (["--request-rate", "9", "-c", "7", "--overflow", "shed"], "max_concurrency: 7, overflow: shed"),
        ])
        func `the shortcut knows the names that users of other tools know`(flags: [String], part: String) throws {
            let ended = try Spate.run(["rate", "--duration", "5m", "--print-profile"] + flags)
            #expect(ended.status == 0, "\(ended.error)")
            #expect(ended.out.contains(part), "\(ended.out)")
        }

        @Test func `a dry run shows how many requests a rate makes`() throws {
            let ended = try Spate.run(["rate", "--request-rate", "20", "--duration", "5m", "--dry-run"])
            #expect(ended.status == 0, "\(ended.error)")
            #expect(ended.out.contains("about 6,000 requests at 20 a second for 5m, poisson"), "\(ended.out)")
            let counted = try Spate.run(["rate", "--request-rate", "20", "--num-prompts", "600", "--dry-run"])
            #expect(counted.out.contains(" 600 requests at 20 a second in "), "\(counted.all)")
            #expect(counted.out.contains("requests: 603\n"), "\(counted.out)")
            let folder = try Folder()
            let often = try folder.write(
                "windows: {count: 2, every: 1s}\nphases: [{rate: {rps: 5, for: 9s}}]\n",
                to: "w.yaml"
            )
            let late = try Spate.run(["run", often, "--dry-run"])
            #expect(late.out.contains("so the next begins late"), "\(late.all)")
            for words in [["--duration", "5m", "-n", "5"], []] {
                let refused = try Spate.run(["rate", "--request-rate", "20"] + words)
                #expect(refused.status == 104)
                #expect(refused.error.contains("rate needs one of --duration and --request-count"))
            }
        }
    }
}
