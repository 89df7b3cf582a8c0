import Foundation
import Testing

extension ProgramTests {
    /// A keep-warm search against the simulated provider, held against its journal.
    @Suite struct KeepwarmTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func run(idle: String, gaps: String, repeat repetitions: Int) throws -> (Spate.Ended, JSON, TruthFile) {
            let profile = """
                name: warm
                targets:
                  - provider: simulated
                    scenario: {from: keepwarm, idle_timeout: \(idle), cold_start: 150ms, prefill: {base: 10ms}, step: {base: 1ms}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 4}
                phases:
                  - keepwarm: {gaps: [\(gaps)], repeat: \(repetitions)}
                """
            let path = try folder.write(profile, to: "warm.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["run"], "--quiet"])
            return (ended, try JSON(file: folder["run/summary.json"]), try TruthFile(folder["run/truth.jsonl"]))
        }

        /// Cold ones among the probes, by gap in ms, from the journal.
        private func coldProbes(_ truth: TruthFile, _ summary: JSON) throws -> Int {
            let id = try #require(summary["run"]["id"].text)
            // 3 to warm up, then probe and follower in turn.
            let order = truth.requests.compactMap { name, request in
                Int(name.dropFirst(id.count + 1)).map { ($0, request.cold) }
            }.sorted { $0.0 < $1.0 }.dropFirst(3)
            return order.enumerated().count { $0.offset % 2 == 0 && $0.element.1 == true }
        }

        @Test func `a fixed idle time lies in the bracket, and the colds are the journal's`() throws {
            let (ended, summary, truth) = try run(idle: "400ms", gaps: "100ms, 250ms, 600ms, 900ms", repeat: 3)
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let result = summary["targets"][0]["phases"][0]["keepwarm"]
            #expect(result["probes"].int == 12)
            #expect(result["warm_up_to_s"].double == 0.25)
            #expect(result["cold_from_s"].double == 0.6)
            #expect(try coldProbes(truth, summary) == 6)
            #expect((100...400).contains(result["cold_penalty_ms"].double ?? 0))
            #expect(ended.out.contains("Keep-warm: 12 probes after pauses"))
            #expect(isForPeople(ended.all))
        }

        @Test func `one that is drawn anew gives a curve, and its interval covers the truth`() throws {
            let (ended, summary, truth) = try run(
                idle: "{uniform: [200ms, 600ms]}",
                gaps: "150ms, 300ms, 400ms, 500ms, 700ms",
                repeat: 3
            )
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let result = summary["targets"][0]["phases"][0]["keepwarm"]
            let colds = result["curve"].list.reduce(0) { $0 + ($1["cold"].int ?? 0) }
            #expect(colds == (try coldProbes(truth, summary)))
            #expect((result["ci"][0].double ?? 0) <= 0.4)
            #expect((result["ci"][1].double ?? .infinity) >= 0.4)
        }

        @Test func `the plan says what it will cost before it starts`() throws {
            let plan = try Spate.run(["keepwarm", "--gaps", "30s,2m,5m", "--repeat", "5", "--dry-run"])
            #expect(plan.status == 0)
            #expect(plan.out.contains("keepwarm: 15 probes"))
            #expect(plan.out.contains("37m30s or more is waiting"), "\(plan.out)")
            #expect(plan.out.contains("requests: 33"))
        }
    }
}
