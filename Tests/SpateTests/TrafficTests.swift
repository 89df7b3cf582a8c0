import Foundation
import Testing

extension CommandTests {
    /// Mixed traffic over sockets, held against the provider's journal.
    @Suite struct TrafficTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        @Test func `lengths drawn are those that the provider was asked for, and users who give up are counted`() throws
        {
            let profile = """
                name: traffic
                seed: 11
                targets:
                  - provider: simulated
                    price: {input: 1, output: 2}
                    scenario: {from: steady, prefill: {base: 5ms, per_1k_tokens: 0ms}, step: {base: 5ms, per_active: 0ms}}
                workload:
                  kind: chat
                  prompts:
                    mix:
                      - {weight: 1, synthetic: {input_tokens: {list: [50, 100]}}, max_tokens: {list: [4, 8]}}
                      - {weight: 1, synthetic: {input_tokens: 400, shared_prefix: 0.5}, max_tokens: 60}
                  cancel: {share: 0.25, after: 120ms}
                warmup: {requests: 0}
                phases:
                  - probe: {requests: 60, gap: 0s}
                """
            let path = try folder.write(profile, to: "traffic.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["run"], "--quiet"])
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let journal = try TruthFile(folder["run/truth.jsonl"]).requests
            let caps = journal.values.map(\.tokens)
            // Answers of 60 tokens take 305 ms: a quarter of those users have gone by then. The short ones are done.
            let cancelled = journal.values.count { $0.outcome == "cancelled" }
            let outcomes = summary["targets"][0]["totals"]["outcomes"]
            #expect((1...20).contains(cancelled))
            #expect(outcomes["cancelled"].int == cancelled)
            #expect(Set(journal.values.filter { $0.outcome == "completed" }.map(\.tokens)) == [4, 8, 60])
            #expect(caps.count { $0 <= 8 } > 15 && caps.count { $0 > 8 } > 15)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            #expect(rows.count { $0["detail"] == "user" } == cancelled)
            // The same seed and profile ask for the same again.
            let again = try Spate.run(["run", path, "-o", folder["again"], "--quiet"])
            #expect(again.status == (try JSON(file: folder["again/summary.json"])).statusOfSoundRun)
            func asked(_ name: String) throws -> [String] {
                RequestSheet(try Spate.run(["report", folder[name], "--csv"]).out).rows
                    .filter { $0["outcome"] != "cancelled" }
                    .sorted { Int($0["sequence"] ?? "") ?? 0 < Int($1["sequence"] ?? "") ?? 0 }
                    .map { "\($0["sequence"] ?? "") \($0["input_tokens"] ?? "") \($0["output_tokens"] ?? "")" }
            }
            let (first, second) = (Set(try asked("run")), Set(try asked("again")))
            #expect(first.intersection(second).count > 40)
            #expect(first.union(second).count <= 60)
            // The report leads with what matters for chat.
            #expect(ended.out.contains("What matters for chat"))
            let lead = summary["workload"]
            #expect(lead["kind"].text == "chat")
            #expect(
                lead["primary"].list.map { $0["metric"].text }
                    == ["ttft_ms.p50", "ttft_ms.p95", "ttft_ms.cv_percent", "availability", "e2e_ms.p95", "e2e_ms.p99"]
            )
            #expect(
                lead["primary"][0]["value"].double
                    == summary["targets"][0]["phases"][0]["stats"]["ttft_ms"]["p50"].double
            )
            #expect(lead["primary"][3]["value"].double == 1)
        }
    }
}
