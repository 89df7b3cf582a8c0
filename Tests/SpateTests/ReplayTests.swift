import Foundation
import Testing

extension ProgramTests {
    /// A small trace against the simulated provider, which counts four bytes of a prompt as a token.
    @Suite struct ReplayTests {
        private static let scenario = """
            targets:
              - provider: simulated
                scenario: {from: slots16, slots: 64, prefill: {base: 5ms, per_1k_tokens: 0ms}, step: {base: 1ms, per_active: 0ms}}
            warmup: {requests: 1}
            """

        /// Five at once, then one every 100 ms; prompts that share blocks.
        private static func mooncake() -> String {
            (0..<20).map { index in
                let tokens = 700 + index * 13
                let at = index < 5 ? 0 : (index - 4) * 1000
                let blocks = "[0, \(index % 3 + 1)]"
                return
                    "{\"timestamp\": \(at), \"input_length\": \(tokens), \"output_length\": \(3 + index), \"hash_ids\": \(blocks)}"
            }.joined(separator: "\n")
        }

        @Test(arguments: ["1", "2"])
        func `rows read are requests, tokens and instants of the trace`(loops: String) throws {
            let folder = try Folder()
            let trace = try folder.write(Self.mooncake(), to: "small.jsonl")
            let profile = try folder.write(
                Self.scenario + "\nphases:\n  - replay: {trace: \(trace), speed: 10, limit: 12s}\n",
                to: "profile.yaml"
            )
            let ended = try Spate.run(
                ["run", profile, "-o", folder["run"], "--quiet", "--full", "--loops", loops],
                within: 40
            )
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let phase = summary["targets"][0]["phases"][0]
            let step = phase["steps"][0]
            let sent = (0..<16).map { 700 + $0 * 13 }  // 0 to 11 s: 4 at 0, and the rest up to 11 s
            #expect(phase["kind"].text == "replay")
            #expect(step["trace"]["rows_read"].int == 20)
            #expect(step["trace"]["due"].int == 16)
            #expect(step["trace"]["dropped"]["after_limit"].int == 4)
            #expect(step["stats"]["requests"]["success"].int == 16)
            #expect(step["stats"]["requests"]["useful"].int == 16)
            #expect(step["stats"]["input_tokens"].int == sent.reduce(0, +))
            #expect(step["stats"]["output_tokens"].int == (0..<16).reduce(0) { $0 + 3 + $1 })
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
            let due = sheet.rows.filter { $0["phase_kind"] == "replay" }.compactMap {
                $0["scheduled_ms"].flatMap(Double.init)
            }
            let first = try #require(due.min())
            let planned = (0..<16).map { $0 < 5 ? 0 : Double($0 - 4) * 100 }
            #expect(zip(due.sorted(), planned).allSatisfy { abs($0 - first - $1) < 0.001 })
            #expect(ended.out.contains("20 rows read = 16 due + 4 left out (4 after limit)."), "\(ended.out)")
        }

        /// Twelve users ask four times each, by turns; a router sends what is marked alike to one of four replicas, and each of
        /// these remembers what it has read.
        @Test func `the sessions of a trace are conversations again: one mark, and one beginning`() throws {
            let folder = try Folder()
            let rows = (0..<48).map { index in
                "{\"at_ms\": \(index * 25), \"input_tokens\": \(200 + index / 12 * 100), \"output_tokens\": 4, \"session\": \"u\(index % 12)\"}"
            }
            let trace = try folder.write(rows.joined(separator: "\n"), to: "talk.jsonl")
            let profile = try folder.write(
                """
                targets:
                  - provider: simulated
                    scenario:
                      {from: steady, replicas: 4, jitter: 0, prefill: {base: 1ms, per_1k_tokens: 0ms}, step: {base: 1ms, per_active: 0ms},
                       serving: {router: {header: X-Session-ID}}}
                workload: {max_tokens: 4, conversation: {turns: 1, session: {header: X-Session-ID}}}
                warmup: {requests: 0}
                phases: [{replay: {trace: \(trace)}}]
                """,
                to: "profile.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            let summary = try JSON(file: folder["run/summary.json"])
            let journal = try String(contentsOfFile: folder["run/truth.jsonl"], encoding: .utf8).split(separator: "\n")
                .map { try JSON(String($0)) }.filter { $0["prompt_tokens"].double ?? 0 > 0 }
            #expect(journal.count == 48)
            let cached = journal.reduce(0.0) { $0 + ($1["cached_tokens"].double ?? 0) }
            let share = cached / journal.reduce(0.0) { $0 + ($1["prompt_tokens"].double ?? 0) }
            let cache = summary["targets"][0]["cache"]
            #expect(abs((cache["told_share"].double ?? 0) - share) < 1e-9)
            // 200, 300 and 400 tokens of 300, 400 and 500, in pieces of 64 bytes; the first 200 are new.
            let expected = 900.0 / 1400
            #expect(
                abs((cache["planned_share"].double ?? 0) - expected) < 1e-3 && abs(share - expected) < 0.05,
                "\(share)"
            )
        }

        @Test func `a recorded run can be replayed`() throws {
            let folder = try Folder()
            let first = try folder.write(
                Self.scenario
                    + "\nworkload: {prompts: {synthetic: {input_tokens: 40}}, max_tokens: 6}\nphases:\n"
                    + "  - rate: {rps: 30, for: 1s}\n",
                to: "first.yaml"
            )
            let recorded = try Spate.run(["run", first, "-o", folder["one"], "--quiet"], within: 40)
            let before = try JSON(file: folder["one/summary.json"])["targets"][0]["phases"][0]["stats"]
            let second = try folder.write(
                Self.scenario + "\nphases:\n  - replay: {trace: \(folder["one"]), speed: 2}\n",
                to: "second.yaml"
            )
            let replayed = try Spate.run(["run", second, "-o", folder["two"], "--quiet"], within: 40)
            #expect([0, 97].contains(recorded.status) && [0, 97].contains(replayed.status), "\(replayed.all)")
            let after = try JSON(file: folder["two/summary.json"])["targets"][0]["phases"][0]["stats"]
            for key in ["input_tokens", "output_tokens"] { #expect(after[key].int == before[key].int) }
            #expect(after["requests"]["scheduled"].int == before["requests"]["scheduled"].int)
        }

        @Test func `a bad trace is refused with its line before anything is sent`() throws {
            let folder = try Folder()
            let trace = try folder.write("TIMESTAMP,ContextTokens,GeneratedTokens\nnever,1,1\n", to: "bad.csv")
            let ended = try Spate.run(["replay", trace, "--format", "azure", "-o", folder["run"]])
            #expect(ended.status == 104)
            #expect(ended.error.contains("\(trace):2: TIMESTAMP: read \"never\""), "\(ended.error)")
            #expect(!FileManager.default.fileExists(atPath: folder["run"]))
        }
    }
}
