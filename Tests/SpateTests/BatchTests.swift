import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// Jobs: each prompt once, also when the generator is killed in the middle.
    @Suite struct BatchTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        /// A job from a file for OpenAI's batch API, on 8 slots of about 0.1 s an answer.
        private func profile(prompts: Int, wide: Int = 8) throws -> String {
            let lines = (0..<prompts).map { index in
                #"{"custom_id":"q-\#(index)","method":"POST","url":"/v1/chat/completions","body":{"model":"any","messages":[{"role":"user","content":"question \#(index)"}],"max_tokens":8}}"#
            }
            _ = try folder.write(lines.joined(separator: "\n") + "\n", to: "job.jsonl")
            return try folder.write(
                """
                name: job
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 8, prefill: {base: 20ms, per_1k_tokens: 0ms}, step: {base: 10ms}}
                workload: {prompts: {file: job.jsonl}}
                warmup: {requests: 2}
                phases:
                  - batch: {concurrency: \(wide)}
                """,
                to: "job.yaml"
            )
        }

        private func customIDs(_ name: String) throws -> [String] {
            try String(contentsOfFile: folder[name], encoding: .utf8).split(separator: "\n").map {
                let line = try JSON(String($0))
                #expect(line["response"]["status_code"].int == 200)
                #expect(line["response"]["body"]["choices"][0]["message"]["content"].text?.isEmpty == false)
                #expect(line["response"]["body"]["usage"]["completion_tokens"].int == 8)
                return line["custom_id"].text ?? ""
            }
        }

        @Test func `a job answers each prompt once, in order, and its tokens are the journal's`() throws {
            let path = try profile(prompts: 60)
            let ended = try Spate.run(
                ["run", path, "-o", folder["run"], "--quiet", "--full", "--answers", folder["out.jsonl"]]
            )
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(try customIDs("out.jsonl") == (0..<60).map { "q-\($0)" })
            let phase = summary["targets"][0]["phases"][0]
            #expect(phase["batch"]["prompts_ended"].int == 60)
            #expect(phase["stats"]["requests"]["success"].int == 60)
            let journal = try TruthFile(folder["run/truth.jsonl"])
            #expect(journal.requests.count == 62, "60 and 2 to warm up")
            #expect(phase["stats"]["output_tokens"].int == 480)
            // 8 rounds of 20 ms and 8 steps of 10 ms at least.
            let makespan = try #require(phase["batch"]["makespan_s"].double)
            #expect(makespan >= 0.8 && makespan < 5)
            #expect(ended.out.contains("60 prompts, 8 at a time, took"))
            #expect(isForPeople(ended.all))
            // Nothing is written over.
            let again = try Spate.run(["run", path, "-o", folder["run2"], "--answers", folder["out.jsonl"]])
            #expect(again.status == 104)
            #expect(again.error.contains("exists already and is not overwritten"))
        }

        @Test func `after SIGKILL the job is finished with --resume, and each prompt is answered once`() throws {
            let path = try profile(prompts: 300)
            let spate = try Spate(["run", path, "-o", folder["run"], "--quiet", "--answers", folder["out.jsonl"]])
            #expect(wait(atMost: 15) { (try? TruthFile(folder["run/truth.jsonl"]).requests.count) ?? 0 > 100 })
            spate.send(SIGKILL)
            #expect(try spate.end(within: 30).status == -SIGKILL)
            let killed = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows.count
            #expect(killed < 302)

            let ended = try Spate.run(["batch", "--resume", folder["run"], "--quiet", "--full"])
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["complete"].bool == true)
            #expect(try customIDs("out.jsonl") == (0..<300).map { "q-\($0)" }, "where the first run was told")
            let phase = summary["targets"][0]["phases"][0]
            #expect(phase["batch"]["prompts_ended"].int == 300)
            #expect(phase["batch"]["interruptions"].int == 1)
            #expect(phase["stats"]["requests"]["success"].int == 300)
            #expect(ended.out.contains("interrupted once"))
            // What was stored before the kill was not asked again: the second provider saw the rest, and 2 warm-ups.
            let second = try TruthFile(folder["run/truth-resumed-1.jsonl"])
            #expect(second.requests.count == 300 - max(0, killed - 2) + 2)
            // 38 rounds of at least 0.1 s; the time between the kill and the resumption is not in it.
            let makespan = try #require(phase["batch"]["makespan_s"].double)
            #expect(makespan >= 3.7)
        }

        @Test func `only the same job goes on, and only one at a time`() throws {
            let path = try profile(prompts: 400)
            let spate = try Spate(["run", path, "-o", folder["run"], "--quiet"])
            #expect(wait(atMost: 15) { (try? TruthFile(folder["run/truth.jsonl"]).requests.count) ?? 0 > 20 })
            let busy = try Spate.run(["batch", "--resume", folder["run"], "--quiet"])
            #expect(busy.status == 104)
            #expect(busy.error.contains("a run is still writing to this folder"))
            spate.send(SIGKILL)
            _ = try spate.end(within: 30)
            _ = try profile(prompts: 401)
            let other = try Spate.run(["run", path, "--resume", folder["run"]])
            #expect(other.status == 104)
            #expect(other.error.contains("its plan is another one"), "\(other.error)")
            let shaped = try Spate.run(["batch", "--resume", folder["run"], "-c", "4"])
            #expect(shaped.status == 104)
        }
    }
}
