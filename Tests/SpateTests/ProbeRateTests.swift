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
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet", "--full"], within: 40)
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

        /// Two slots and a load that keeps six more waiting: whoever asks waits his turn, busy client or not.
        @Test
        func `beside a server that is slow the probes wait as long as the load, and the report says whose wait it is`()
            throws
        {
            let folder = try Folder()
            let profile = try folder.write(
                """
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 2, jitter: 0, prefill: {base: 20ms, per_1k_tokens: 0ms}, step: {base: 2ms, per_active: 0ms}}
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
                warmup: {requests: 1}
                phases:
                  - steady: {concurrency: 8, for: 6s, settle: 500ms, probe_rate: 10}
                """,
                to: "profile.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let probes = summary["targets"][0]["phases"][0]["probes"]
            #expect(probes["verdict"].text == "same", "\(ended.out)")
            #expect((probes["client_share_at_most"].double ?? 1) < 0.5)
            #expect(ended.out.contains("The wait is the server's, or the way's to it"), "\(ended.out)")
            // An answer takes 20 + 15 x 2 ms and two go at once: a newcomer finds eight, and six of them before him.
            let ttft = try #require(probes["ttft_p50_ms"].double)
            #expect((120...260).contains(ttft), "\(ttft) ms")
            // Each probe's own wait is the journal's.
            let journal = try TruthFile(folder["run/truth.jsonl"]).requests
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
                .filter { $0["phase_kind"] == "trickle" && $0["outcome"] == "ok_length" }
            #expect(rows.count >= 10)
            for row in rows {
                let truth = try #require(journal["\(id)-\(row["sequence"] ?? "")"])
                let told = Double(try #require(truth.firstToken) - truth.received) / 1e6
                let measured = (Double(row["ttft_ms"] ?? "") ?? 0) - (Double(row["written_ms"] ?? "") ?? 0)
                #expect(abs(measured - told) < 10, "\(measured) ms, the journal says \(told) ms")
            }
        }
    }
}
