import Foundation
import Glibc
import Testing

extension CommandTests {
    /// Embeddings over sockets, held against the simulated provider's journal.
    @Suite struct EmbeddingTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func profile(_ scenario: String, _ rest: String) throws -> String {
            try folder.write(
                """
                targets:
                  - {provider: simulated, api: openai-embeddings, price: {input: 0.1, output: 0}, scenario: {\(scenario)}}
                workload: {prompts: {synthetic: {input_tokens: 50}}, inputs_per_request: 4}
                \(rest)
                """,
                to: "p.yaml"
            )
        }

        private static let steady =
            "replicas: 1, slots: 8, prefill: {base: 20ms, per_1k_tokens: 50ms}, step: {base: 2ms, per_active: 0ms}, jitter: 0"

        @Test func `a ramp says what the journal says: vectors, input tokens, times, cost, and no first token`() throws
        {
            let profile = try profile(
                Self.steady,
                """
                warmup: {requests: 2}
                phases: [{ramp: {concurrency: [1, 4], hold: 1s, settle: 100ms, min_requests: 5, hold_max: 3s}}]
                """
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet", "--full"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let target = summary["targets"][0]
            let totals = target["totals"]
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
                .filter { $0["step_kind"] != "warmup" }
            let journal = try JournalLines(folder["run/truth.jsonl"])
            var (tokens, vectors) = (0, 0)
            var errors: [Double] = []
            for row in rows {
                let entry = try #require(journal["\(id)-\(row["sequence"] ?? "")"])
                #expect(row["outcome"] == "ok" && row["detail"] == nil && row["useful"] == "1")
                #expect(row["inputs"] == "4" && row["vectors"] == "4" && entry["vectors"].int == 4)
                #expect(row["input_tokens"] == "\(entry["prompt_tokens"].int ?? -1)")
                #expect(row["output_tokens"] == "0" && entry["tokens_sent"].int == 0)
                #expect(row["ttft_ms"] == nil)
                tokens += entry["prompt_tokens"].int ?? 0
                vectors += 4
                let served = ((entry["ended"].double ?? 0) - (entry["received"].double ?? 0)) / 1e6
                if let e2e = row["e2e_ms"].flatMap({ Double($0) }) { errors.append(e2e - served) }
            }
            #expect(rows.count > 60 && errors.count == rows.count)
            let median = errors.sorted()[errors.count / 2]
            #expect(abs(median) < 3, "e2e is off by \(median) ms")
            #expect(totals["requests"]["success"].int == rows.count && totals["requests"]["useful"].int == rows.count)
            #expect(totals["embeddings"].int == vectors && totals["input_tokens"].int == tokens)
            #expect(totals["output_tokens"].int == 0 && target["token_source"].text == "usage")
            #expect(abs((totals["cost"]["usd"].double ?? 0) - Double(tokens) * 0.1 / 1e6) < 1e-12)
            for figure in ["ttft_ms", "ttfv_ms", "wait_ms", "tpot_ms", "itl_ms", "decode_tps", "request_tps"] {
                #expect(totals[figure].value is NSNull, "\(figure)")
            }
            let phase = target["phases"][0]
            #expect(phase["knee"]["bracket"].value == nil)
            for step in phase["steps"].list {
                let level = step["concurrency"].double ?? 0
                let window = step["window_s"].double ?? 1
                let rate = try #require(step["stats"]["embeddings_per_second"].double)
                let requests = try #require(step["stats"]["requests_per_second"].double)
                #expect(abs(rate - 4 * requests) <= 4 * level / window + 1e-9)
                let each = Double(tokens) / Double(vectors)
                let read = try #require(step["stats"]["input_tokens_per_second"].double)
                #expect(abs(read - rate * each) < 0.05 * read)
            }
            let words = ended.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("embeddings/s") && words.contains("embeddings were returned"), "\(ended.out)")
            #expect(!ended.out.contains("asked for in one piece"))
        }

        @Test func `every load shape has a table without a first token`() throws {
            let profile = try profile(
                Self.steady,
                """
                warmup: {requests: 1}
                phases:
                  - probe: {requests: 3, gap: 1ms}
                  - steady: {concurrency: 2, for: 500ms, settle: 0s}
                  - rate: {rps: [{rps: 20, for: 500ms}, {rps: 40, for: 500ms}], settle: 0s}
                  - burst: {requests: 4, idle: 100ms, hold: 200ms, baseline: {concurrency: 1, requests: 3}, pause: 100ms}
                """
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            let words = ended.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for heading in [
                "Probe: 3 requests", "Steady load: 2 streams", "what happens as requests come faster",
                "Burst: embeddings at once after a pause",
            ] { #expect(words.contains(heading), "\(heading): \(ended.out)") }
            #expect(!words.contains("TTFT"), "\(ended.out)")
        }

        @Test func `each way an answer can fail has the journal's outcome`() throws {
            let failures = "empty: 0.15, inband_error: 0.15, server_error: 0.15, rate_limited: 0.15"
            let profile = try profile(
                "\(Self.steady), failures: {\(failures)}",
                "warmup: {requests: 0}\nphases: [probe: {requests: 80, gap: 0s}]"
            )
            _ = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            let journal = try JournalLines(folder["run/truth.jsonl"])
            let outcomes = [
                "completed": "ok", "empty": "empty", "inband_error": "inband_error", "server_error": "http_5xx",
                "rejected": "rate_limited",
            ]
            for row in rows {
                let entry = try #require(journal["\(id)-\(row["sequence"] ?? "")"])
                #expect(row["outcome"] == outcomes[entry["outcome"].text ?? ""], "\(row)")
            }
            #expect(rows.count == 80 && Set(rows.map { $0["outcome"] }).count == 5)
        }

        @Test func `fewer vectors than inputs are of no use, and said`() throws {
            let profile = try profile(
                "\(Self.steady), habits: {loses_vectors: 1}",
                "warmup: {requests: 0}\nphases: [probe: {requests: 5, gap: 0s}]"
            )
            _ = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 20)
            let summary = try JSON(file: folder["run/summary.json"])
            let totals = summary["targets"][0]["totals"]
            #expect(totals["requests"]["success"].int == 5 && totals["requests"]["useful"].int == 0)
            #expect(totals["embeddings"].int == 15)
            #expect(totals["cost"]["usd_per_useful_result"].value is NSNull)
            #expect(summary["warnings"].list.contains { $0.text?.contains("other than one vector") == true })
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            #expect(rows.allSatisfy { $0["detail"] == "vector_count" && $0["note"] == "3 vectors for 4 inputs" })
        }

        @Test func `where the server tells no count, tokens and cost are unknown`() throws {
            let profile = try profile(
                "\(Self.steady), habits: {tells_usage: false}",
                "warmup: {requests: 0}\nphases: [probe: {requests: 3, gap: 0s}]"
            )
            _ = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 20)
            let summary = try JSON(file: folder["run/summary.json"])
            let target = summary["targets"][0]
            #expect(target["token_source"].value is NSNull && target["totals"]["embeddings"].int == 12)
            #expect(target["totals"]["cost"].value is NSNull && target["totals"]["cost_unknown"].text == "no_usage")
            #expect(summary["warnings"].list.contains { $0.text?.contains("no count of their input") == true })
        }

        @Test(arguments: [("{}", Int32(0), "ok"), ("{loses_vectors: 1}", 98, "failed")])
        func `a check looks at the vectors`(habits: String, status: Int32, verdict: String) throws {
            let scenario = try folder.write("{from: steady, time_scale: 0.05, habits: \(habits)}", to: "s.yaml")
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let ended = try Spate.run(
                ["check", "--url", "127.0.0.1:\(port)", "--api", "embeddings", "--json"],
                within: 20
            )
            #expect(ended.status == status, "\(ended.all)")
            let target = try JSON(ended.out)["targets"][0]
            let found = target["properties"].list.first { $0["property"].text == "vectors" }
            #expect(found?["verdict"].text == verdict && found?["required"].bool == true)
            #expect(target["api"].text == "openai-embeddings" && target["output_tokens"].int == 0)
            #expect(ended.error.contains(" and 0 output tokens"))
            #expect(!target["properties"].list.contains { $0["property"].text == "streams" })
        }

        @Test func `a plan of embeddings costs no output`() throws {
            let ended = try Spate.run(
                [
                    "batch", "--request-count", "10", "--concurrency", "2", "--input-tokens", "100", "--api",
                    "openai-embeddings", "--url", "127.0.0.1:1", "--model", "m", "--dry-run",
                ]
            )
            #expect(ended.status == 0 && ended.out.contains("tokens out: none"), "\(ended.all)")
        }

        private static let cases: [(rest: String, api: String, says: [String])] = [
            ("workload: {inputs_per_request: 4}", "openai-chat", ["inputs_per_request is 4", "openai-embeddings"]),
            ("workload: {expect: {contains: a}}", "openai-embeddings", ["expect", "without text"]),
            ("workload: {conversation: {turns: 2}}", "openai-embeddings", ["conversation", "without text"]),
            ("workload: {ignore_eos: true}", "openai-embeddings", ["ignore_eos", "without text"]),
            ("workload: {inputs_per_request: 0}", "openai-embeddings", ["workload.inputs_per_request", "1 to 100000"]),
            ("workload: {reasoning: off}", "openai-embeddings", ["reasoning"]),
        ]

        @Test(arguments: cases.indices) func `what does not go together is 104`(index: Int) throws {
            let (rest, api, says) = Self.cases[index]
            let profile = try folder.write(
                "targets: [{url: '127.0.0.1:1', model: m, api: \(api)}]\n\(rest)\nphases: [probe: {requests: 1, gap: 0s}]\n",
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile])
            #expect(ended.status == 104, "\(ended.all)")
            for words in says { #expect(ended.error.contains(words), "\(ended.error)") }
        }

        @Test func `a batch sends each prompt by itself`() throws {
            let ended = try Spate.run([
                "batch", "--request-count", "10", "--concurrency", "2", "--api", "openai-embeddings", "--url",
                "127.0.0.1:1", "--model", "m", "--inputs-per-request", "2",
            ])
            #expect(ended.status == 104 && ended.error.contains("allowed with batch and replay: 1"), "\(ended.all)")
        }
    }
}

/// A journal's entries by request id.
struct JournalLines {
    private var entries: [String: JSON] = [:]

    init(_ path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard let entry = try? JSON(String(line)) else { continue }
            if let id = entry["id"].text { entries[id] = entry }
        }
    }

    subscript(id: String) -> JSON? { entries[id] }
}
