import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// `--resume` of what is no job: it goes on where it was cut off.
    @Suite struct ResumeTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func profile(_ phases: String) throws -> String {
            try folder.write(
                """
                name: long
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 8, prefill: {base: 10ms}, step: {base: 5ms}, habits: {rate_limit: {requests: 100000, per: 1h}}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 8}
                warmup: {requests: 2}
                phases:
                \(phases)
                """,
                to: "long.yaml"
            )
        }

        private func begin(_ path: String, until requests: Int) throws -> Spate {
            let spate = try Spate(["run", path, "-o", folder["run"], "--quiet"])
            let journal = folder["run/truth.jsonl"]
            #expect(wait(atMost: 20) { (try? TruthFile(journal).requests.count) ?? 0 >= requests })
            return spate
        }

        private func resumes(_ summary: JSON) -> [JSON] {
            summary["targets"][0]["phases"].list.flatMap { $0["incidents"].list }.filter { $0["kind"].text == "resume" }
        }

        @Test func `a rate that was killed goes on with what is due from there on, and each arrival is measured once`()
            throws
        {
            let path = try profile("  - rate: {rps: 40, arrivals: constant, for: 5s}")
            let spate = try begin(path, until: 110)
            spate.send(SIGKILL)
            #expect(try spate.end(within: 30).status == -SIGKILL)
            let ended = try Spate.run(["rate", "--resume", folder["run"], "--quiet", "--full"])
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["complete"].bool == true)
            #expect(resumes(summary).count == 1)
            let rate = summary["targets"][0]["phases"].list.first { $0["kind"].text == "rate" }
            // Two warm-ups; 200 arrivals 25 ms apart, each measured once.
            #expect(rate?["steps"].list.count == 1)
            #expect(rate?["steps"][0]["stats"]["requests"]["scheduled"].int == 200)
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            let measured = sheet.filter { $0["phase"] == "rate" && $0["measured"] == "1" }
            #expect(measured.count == 200, "\(sheet.first ?? [:])")
            #expect(ended.out.contains("The run was cut off after"))
            // What the part before said of limits stays, as far as it was stored when it was killed.
            let second = try TruthFile(folder["run/truth-resumed-1.jsonl"]).requests.count
            #expect((summary["targets"][0]["rate_limits"]["responses"].int ?? 0) > second)
            let again = try Spate.run(["rate", "--resume", folder["run"]])
            #expect(again.status == 104)
            #expect(again.error.contains("came to its end"))
        }

        @Test func `a ramp that was interrupted measures the level anew, and a soak goes on`() throws {
            let path = try profile(
                """
                  - ramp: {concurrency: [1, 2], hold: 1s, settle: 200ms, min_requests: 3}
                  - steady: {concurrency: 2, for: 2s, settle: 200ms}
                """
            )
            let spate = try begin(path, until: 8)
            spate.send(SIGINT)
            #expect(try spate.end(within: 20).status == 105)
            let ended = try Spate.run(["run", "--resume", folder["run"], "--quiet"])
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["interrupted"].bool == false)
            let phases = summary["targets"][0]["phases"].list
            let levels = phases.first { $0["kind"].text == "ramp" }?["steps"].list ?? []
            #expect(levels.compactMap { $0["concurrency"].int } == [1, 2])
            #expect(levels.allSatisfy { ($0["window_s"].double ?? 0) >= 0.7 })
            let steady = phases.first { $0["kind"].text == "steady" }?["steps"][0]
            #expect(abs((steady?["window_s"].double ?? 0) - 1.8) < 0.25)
        }
    }
}
