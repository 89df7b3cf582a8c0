import Foundation
import Testing

extension ProgramTests {
    /// Conversations against four replicas that each remember what they have read: what a session key is worth.
    @Suite struct SessionTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        /// By turn, of the requests that count: the journal's share of the prompt that was cached, and its own wait.
        private func run(_ name: String, session: String, router: String) throws -> (
            summary: JSON, rows: [[String: String]], journal: [String: JSON]
        ) {
            let path = try folder.write(
                """
                targets:
                  - provider: simulated
                    served_by: {header: X-Served-By}
                    scenario:
                      from: steady
                      replicas: 4
                      jitter: 0
                      prefill: {base: 2ms, per_1k_tokens: 40ms}
                      step: {base: 1ms, per_active: 0ms}
                      serving: {router: \(router)}
                workload:
                  prompts: {synthetic: {input_tokens: 400}}
                  max_tokens: 4
                  conversation: {turns: 4, think: 0s\(session)}
                warmup: {requests: 0}
                phases: [{ramp: {concurrency: [4], hold: 2s, settle: 0s, min_requests: 25}}]
                """,
                to: "\(name).yaml"
            )
            let ended = try Spate.run(["run", path, "-o", folder[name], "--quiet"], within: 60)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            var journal: [String: JSON] = [:]
            for line in try String(contentsOfFile: folder["\(name)/truth.jsonl"], encoding: .utf8).split(
                separator: "\n"
            ) {
                let entry = try JSON(String(line))
                if let id = entry["id"].text { journal[id] = entry }
            }
            let sheet = RequestSheet(try Spate.run(["report", folder[name], "--csv"]).out)
            return (try JSON(file: folder["\(name)/summary.json"]), sheet.rows, journal)
        }

        /// The share of cached tokens by turn, from 1, by the journal; each row's facts are held against it on the way.
        private func shares(_ run: (summary: JSON, rows: [[String: String]], journal: [String: JSON])) throws
            -> [Double]
        {
            let id = try #require(run.summary["run"]["id"].text)
            var sums = [(cached: Double, all: Double)](repeating: (0, 0), count: 4)
            var replicas: [String: Set<String>] = [:]
            var waits = [[Double]](repeating: [], count: 4)
            for row in run.rows where row["measured"] == "1" {
                let entry = try #require(run.journal["\(id)-\(row["sequence"] ?? "")"])
                #expect(row["cached_input_tokens"] ?? "0" == "\(entry["cached_tokens"].int ?? -1)")
                #expect(row["served_by"] == "replica-\(entry["replica"].int ?? -1)")
                let turn = try #require(row["turn"].flatMap { Int($0) }) - 1
                if row["outcome"]?.hasPrefix("ok") == true, let first = entry["first_token"].double,
                    let received = entry["received"].double
                {
                    waits[turn].append((first - received) / 1e6)
                }
                sums[turn].cached += entry["cached_tokens"].double ?? 0
                sums[turn].all += entry["prompt_tokens"].double ?? 0
                replicas[row["conversation"] ?? "", default: []].insert(row["served_by"] ?? "")
            }
            let shares = sums.map { $0.all > 0 ? $0.cached / $0.all : 0 }
            let turns = run.summary["targets"][0]["phases"][0]["steps"][0]["turns"].list
            for (turn, share) in zip(turns, shares) { #expect(abs((turn["cached_share"].double ?? 0) - share) < 1e-9) }
            // TTFT by turn: the journal's own time to the first token, and the way there and back.
            for (turn, waits) in zip(turns, waits) {
                let own = waits.sorted()[(waits.count + 1) / 2 - 1]
                let told = turn["ttft_ms"]["p50"].double ?? 0
                #expect(told > own - 0.5 && told < own + 20, "\(told) told, \(own) by the journal")
            }
            return shares
        }

        @Test(arguments: [
            ("header", ", session: {header: x-session-affinity}", "{header: x-session-affinity}"),
            ("body", ", session: {body: prompt_cache_key}", "{body: prompt_cache_key}"),
            ("echo", ", session: {echo: x-session-token}", "{echo: x-session-token}"),
        ])
        func `with its key a conversation stays where its beginning is cached, and its later turns wait less`(
            name: String,
            session: String,
            router: String
        ) throws {
            let kept = try run(name, session: session, router: router)
            let shares = try shares(kept)
            // Turn 2 brings one question of two and an answer, turn 4 three of four.
            #expect(shares[0] == 0 && shares[1] > 0.45 && shares[2] > 0.6 && shares[3] > 0.7, "\(shares)")
            var replicas: [String: Set<String>] = [:]
            for row in kept.rows { replicas[row["conversation"] ?? "", default: []].insert(row["served_by"] ?? "") }
            #expect(replicas.values.allSatisfy { $0.count == 1 })

            let lost = try run(name + "-lost", session: "", router: router)
            let chance = try self.shares(lost)
            #expect(chance[0] == 0 && chance[1] < 0.4, "at random one of four replicas knows it: \(chance)")
            func wait(_ run: (summary: JSON, rows: [[String: String]], journal: [String: JSON])) -> Double {
                run.summary["targets"][0]["phases"][0]["steps"][0]["turns"][3]["ttft_ms"]["p50"].double ?? 0
            }
            // Of 1,600 tokens of the fourth turn a quarter is new: 16 ms of prefill instead of 64.
            #expect(wait(kept) < 0.75 * wait(lost), "\(wait(kept)) against \(wait(lost))")
        }

        @Test func `a tier audit says what fast gives, how often it was served, and what a second costs`() throws {
            let scenario =
                "{from: steady, name: t, jitter: 0, prefill: {base: 2ms, per_1k_tokens: 0ms}, step: {base: 2ms, per_active: 0ms}, "
                + "serving: {tiers: {fast: {speed: 2, downgraded: 0.2}}}}"
            let path = try folder.write(
                """
                targets:
                  - {name: standard, provider: simulated, scenario: \(scenario), price: {input: 1, output: 4, tiers: {fast: 3}}}
                  - {name: fast, provider: simulated, tier: fast, scenario: \(scenario), price: {input: 1, output: 4, tiers: {fast: 3}}}
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 40}
                warmup: {requests: 0}
                phases: [{batch: {requests: 250, concurrency: 8}}]
                """,
                to: "tiers.yaml"
            )
            let ended = try Spate.run(["run", path, "-o", folder["tiers"], "--quiet"], within: 60)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            let summary = try JSON(file: folder["tiers/summary.json"])
            let said = try #require(
                summary["headline"].list.first { $0["text"].text?.contains("times as fast") == true }
            )
            let sentence = try #require(said["text"].text)
            let target = summary["targets"][1]
            let share = try #require(target["served"]["tiers"]["fast"].double)
            #expect(share > 0.7 && share < 0.9)
            let percent = "\((share * 1000).rounded() / 10)".replacingOccurrences(of: ".0", with: "")
            #expect(
                sentence.hasPrefix("fast is ") && sentence.contains("served on \(percent) % of requests, $"),
                "\(sentence)"
            )
            // On a busy machine the sentence carries its caveat.
            let care = said["trust"].text == "disturbed" ? " (with care: the load generator was disturbed)" : ""
            #expect(sentence.hasSuffix(" for each second saved\(care)."), "\(sentence)")
            let words = sentence.split(separator: " ")
            // Four of five at twice the speed: the median is that of the fast ones, some 80 ms against 42.
            let ratio = try #require(Double(words[2]))
            #expect(ratio > 1.5 && ratio < 2.1, "\(sentence)")
        }
    }
}
