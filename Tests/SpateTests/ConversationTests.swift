import Foundation
import Testing

extension ProgramTests {
    /// Conversations over sockets, held against the provider's journal.
    @Suite struct ConversationTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private struct Turn {
            var conversation: Int
            var turn: Int
            var row: [String: String]
            var truth: TruthFile.Request
        }

        /// Runs it; gives the requests of conversations, each with what the journal says of it.
        private func run(
            _ phases: String,
            conversation: String,
            cached: Double = 0,
            flags: [String] = []
        ) throws -> (
            summary: JSON, out: String, turns: [Turn]
        ) {
            // 4 ms for each ten tokens of the prompt, nothing for the load: the first token's time is known.
            let profile = """
                name: talk
                targets:
                  - provider: simulated
                    scenario: {from: steady, jitter: 0, slots: 64, prefill: {base: 10ms, per_1k_tokens: 400ms}, step: {base: 2ms, per_active: 0ms}, cached_share: \(cached)}
                workload:
                  prompts: {synthetic: {input_tokens: 40}}
                  max_tokens: 20
                  conversation: \(conversation)
                warmup: {requests: 2}
                phases: [\(phases)]
                """
            let path = try folder.write(profile, to: "talk.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["run"], "--quiet", "--full"] + flags)
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let journal = try TruthFile(folder["run/truth.jsonl"]).requests
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            let turns = rows.compactMap { row -> Turn? in
                guard let conversation = row["conversation"].flatMap({ Int($0) }),
                    let turn = row["turn"].flatMap({ Int($0) }),
                    let truth = journal["\(id)-\(row["sequence"] ?? "")"]
                else { return nil }
                return Turn(conversation: conversation, turn: turn, row: row, truth: truth)
            }
            return (summary, ended.out, turns)
        }

        private func inOrder(_ turns: [Turn]) -> [Int: [Turn]] {
            Dictionary(grouping: turns, by: \.conversation).mapValues { $0.sorted { $0.turn < $1.turn } }
        }

        @Test
        func
            `each turn brings what was said, after its user has thought, and the first token waits for the longer prompt`()
            throws
        {
            let (summary, out, turns) = try run(
                "{steady: {concurrency: 3, for: 4s, settle: 0s}}",
                conversation: "{turns: 4, think: 100ms}",
                flags: ["--loops", "2"]
            )
            let phase = summary["targets"][0]["phases"][0]
            let conversations = inOrder(turns)
            #expect(conversations.count >= 9)
            #expect(turns.count + 2 == (try TruthFile(folder["run/truth.jsonl"])).requests.count)
            for (number, turns) in conversations {
                #expect(turns.map(\.turn) == Array(1...turns.count), "conversation \(number)")
                for (turn, next) in zip(turns, turns.dropFirst()) {
                    // The question before, its answer and the new question: 40 and 20 and 40 tokens, about, and each
                    // question without a nonce is a few longer in words.
                    let growth = next.truth.promptTokens - turn.truth.promptTokens
                    #expect((50...75).contains(growth), "\(growth) more tokens at turn \(next.turn)")
                    let ended = ["scheduled_ms", "dispatch_lag_ms", "ended_ms"]
                        .reduce(0) { $0 + (Double(turn.row[$1] ?? "") ?? 0) }
                    let due = (Double(next.row["scheduled_ms"] ?? "") ?? 0) - ended
                    // From the end as the loop saw it, which is a moment after the bytes came.
                    #expect((99.9...110).contains(due), "thought \(due) ms")
                    #expect(Double(turn.row["think_ms"] ?? "") == 100)
                    #expect(next.truth.received > turn.truth.received)
                }
            }
            // By turn: the counts are those of the journal, and the median of TTFT is the model's for that prompt.
            let table = phase["steps"][0]["turns"].list
            #expect(table.map { $0["turn"].int } == [1, 2, 3, 4])
            for (place, entry) in table.enumerated() {
                let own = turns.filter { $0.turn == place + 1 }.map { Double($0.truth.promptTokens) }.sorted()
                let input = entry["input_tokens_per_request"]["p50"].double ?? 0
                #expect(abs(input - own[(own.count - 1) / 2]) <= 3)
                let model = 10 + 0.4 * input + 2
                let ttft = entry["ttft_ms"]["p50"].double ?? 0
                #expect((model - 2...model + 12).contains(ttft), "turn \(place + 1): \(ttft) ms, model \(model) ms")
                #expect(entry["cached_share"].double == nil || entry["cached_share"].double == 0)
            }
            let counts = phase["conversations"]
            let parts = ["finished", "broken", "left"].compactMap { counts[$0].int }
            #expect(counts["begun"].int == conversations.count && counts["begun"].int == parts.reduce(0, +))
            #expect(counts["broken"].int == 0)
            #expect(out.contains("Each stream is a user in a conversation"), "\(out)")
            // Three users, in flight or thinking: the level was held.
            let held =
                (phase["steps"][0]["mean_in_flight"].double ?? 0) + (phase["steps"][0]["mean_thinking"].double ?? 0)
            #expect(abs(held - 3) < 0.06, "\(held)")
        }

        @Test func `arrivals begin conversations, and what is due is counted by them`() throws {
            let (summary, _, turns) = try run(
                "{rate: {rps: 10, for: 3s, arrivals: constant}}",
                conversation: "{turns: {uniform: [1, 3]}, think: {uniform: [50ms, 150ms]}}",
                cached: 0.5
            )
            let step = summary["targets"][0]["phases"][0]["steps"][0]
            let conversations = inOrder(turns)
            #expect(conversations.count == 30)
            #expect(abs((step["offered_rps"].double ?? 0) - 10) < 0.01)
            #expect(turns.count > 45)
            #expect(step["stats"]["requests"]["scheduled"].int == turns.count)
            for (number, turns) in conversations {
                #expect(turns.map(\.turn) == Array(1...turns.count), "conversation \(number)")
            }
            #expect(Set(conversations.values.map(\.count)) == [1, 2, 3])
            for turn in step["turns"].list { #expect(abs((turn["cached_share"].double ?? 0) - 0.5) < 0.02) }
        }

        @Test func `a job that keeps its answers has one for each prompt, and says so before anything is sent`() throws
        {
            let path = try folder.write(
                "workload: {conversation: {turns: 3}}\nphases: [{batch: {requests: 4, concurrency: 1, answers: true}}]\n",
                to: "bad.yaml"
            )
            let ended = try Spate.run(["run", path, "-o", folder["none"]])
            #expect(ended.status == 104)
            #expect(ended.error.contains("bad.yaml:1: workload.conversation"), "\(ended.error)")
            #expect(ended.error.contains("a batch that keeps its answers"), "\(ended.error)")
            #expect(!folder.has("none"))
        }

        @Test(arguments: [
            "{burst: {requests: 6, idle: 300ms, hold: 1s, repeat: 1, baseline: {concurrency: 1, requests: 4}}}",
            "{batch: {requests: 30, concurrency: 5}}", "{probe: {requests: 9, gap: 20ms}}",
            "{keepwarm: {gaps: [100ms, 200ms], repeat: 3}}",
            "{rate: {rps: 20, for: 2s, max_concurrency: 3}}",
            "{rate: {rps: 20, for: 2s, max_concurrency: 3, overflow: shed}}",
            "{replay: {trace: trace.csv, format: azure}}",
        ])
        func `in every shape each question carries what was said before it`(phase: String) throws {
            var rows = ["TIMESTAMP,ContextTokens,GeneratedTokens"]
            for place in 0..<10 { rows.append("2024-05-10 00:00:0\(place / 5).\(place % 5)00000,60,8") }
            let trace = try folder.write(rows.joined(separator: "\n") + "\n", to: "trace.csv")
            let (summary, _, turns) = try run(
                phase.replacingOccurrences(of: "trace.csv", with: trace),
                conversation: "{turns: 3, think: 20ms}"
            )
            let conversations = inOrder(turns)
            #expect(conversations.values.contains { $0.count == 3 }, "\(conversations.mapValues(\.count))")
            for (number, turns) in conversations {
                #expect(turns.map(\.turn) == Array(1...turns.count), "conversation \(number)")
                for (turn, next) in zip(turns, turns.dropFirst()) {
                    // Question and answer of before, and the new question.
                    let answer = phase.contains("replay") && turn.turn == 1 ? 8 : 20
                    let growth = next.truth.promptTokens - turn.truth.promptTokens
                    #expect((answer + 30...answer + 55).contains(growth), "\(growth) more tokens at turn \(next.turn)")
                    #expect(next.truth.received > turn.truth.received)
                }
            }
            let counts = summary["targets"][0]["phases"][0]["conversations"]
            // What is shed never reached the server.
            if !phase.contains("shed") { #expect(counts["begun"].int == conversations.count, "\(counts)") }
            let cache = summary["targets"][0]["cache"]
            #expect((cache["planned_share"].double ?? 0) > 0.3, "\(cache)")
        }
    }
}
