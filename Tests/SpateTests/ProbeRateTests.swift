import Foundation
import Testing

extension ProgramTests {
    /// Single probes beside a load.
    @Suite struct ProbeRateTests {
        @Test func `probes go on a connection of their own, in no figure of the load`() throws {
            let folder = try Folder()
            let profile = try folder.write(
                """
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 64, prefill: {base: 20ms, per_1k_tokens: 0ms}, step: {base: 1ms, per_active: 0ms}}
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 24}
                warmup: {requests: 1}
                phases:
                  - rate: {rps: 40, for: 2s, arrivals: constant, probe_rate: 20}
                  - idle: 100ms
                """,
                to: "profile.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let target = summary["targets"][0]
            #expect(target["phases"].list.map { $0["kind"].text } == ["rate", "idle"])
            let phase = target["phases"][0]
            #expect(phase["stats"]["requests"]["scheduled"].int == 80)
            #expect(phase["steps"][0]["stats"]["requests"]["scheduled"].int == 80)
            #expect(target["totals"]["requests"]["scheduled"].int == 80)
            let probes = try #require(phase["probes"]["stats"]["requests"]["success"].int)
            #expect((10...40).contains(probes))
            #expect((phase["probes"]["ttft_p50_ms"].double ?? 0) >= 20)
            #expect(["same", "faster", "slower", "undetermined"].contains(phase["probes"]["verdict"].text ?? ""))
            // One at a time, each short; the journal has the load, its warm-up and the probes, and nothing else.
            let truth = try TruthFile(folder["run/truth.jsonl"])
            let all = phase["probes"]["stats"]["requests"]["scheduled"].int ?? 0
            #expect(truth.requests.count == 80 + 1 + all)
            #expect((phase["probes"]["stats"]["output_tokens"].int ?? 0) == 16 * probes)
            #expect(ended.out.contains("single probes on a thread and a connection of their own"), "\(ended.out)")
        }
    }
}
