import Foundation
import Glibc
import Testing

extension CommandTests {
    /// A simulated double of every preset, speaking its provider's way, driven by the preset as it stands: what spate
    /// says must be what the double's journal says.
    @Suite struct DialectTests {
        /// What is peculiar to each, for whoever reads this; the dialects themselves are in Wire/Serving/ServedDialect.swift.
        private static let doubles: [(preset: String, base: String, peculiarity: String)] = [
            ("openai-compatible", "/v1", "CRLF, `data:` without a space, usage in every chunk, no [DONE]"),
            ("digitalocean", "/v1", "max_completion_tokens only; no reasoning share in the usage"),
            ("fireworks", "/v1", "server times in perf_metrics, some of them text"),
            ("together", "/v1", "role in every chunk, `reasoning`, usage in the finish chunk, finish eos"),
            ("openai", "/v1", "reasoning billed and not shown; max_tokens refused"),
            ("anthropic", "/v1", "x-api-key; input counted in parts at the start; thinking deltas, pings"),
            ("google", "/v1beta", "x-goog-api-key; CRLF; thoughts counted beside the candidates; no [DONE]"),
            ("groq", "/v1", "usage in x_groq too, with times in seconds"),
            ("openrouter", "/v1", "comments before the first event; reasoning twice, counted once"),
            ("deepinfra", "/v1", "plain"),
            ("cerebras", "/v1", "usage and time_info in the finish chunk"),
            ("sambanova", "/v1", "choices null beside the usage"),
            ("mistral", "/v1", "reasoning as content parts; stream_options refused"),
            ("deepseek", "/v1", "keep-alive comments; usage in the finish chunk"),
            ("xai", "/v1", "reasoning outside completion_tokens; a chunk with usage null behind the usage"),
            ("azure", "/v1", "api-key; a filter report without choices comes first"),
            ("novita", "/v1", "plain"), ("nebius", "/v1", "plain"), ("baseten", "/v1", "plain"),
            ("moonshot", "/v1", "usage in the choice; temperature refused"), ("hyperbolic", "/v1", "plain"),
            ("vllm", "/v1", "`reasoning`"), ("sglang", "/v1", "plain"),
            ("tensorrt-llm", "/v1", "a space before each line's end; a role without content"),
            ("llamacpp", "/v1", "comments without words; timings"),
            ("ollama", "", "a line of JSON each; thinking; counts on the last"),
            ("lmstudio", "/v1", "plain"),
            ("tgi", "", "`data:` without a space; an API without reasoning"),
            ("cohere", "/v2", "typed events; counts as floats, read and billed apart; no reasoning share"),
        ]

        /// Those whose API or usage tells no reasoning share.
        private static let silent: Set<String> = ["digitalocean", "ollama", "tgi", "cohere", "openai-compatible"]

        @Test func `TTFT, tokens, outcome and cost of each are the journal's`() throws {
            let folder = try Folder()
            let scenario = try folder.write(
                """
                {replicas: 1, slots: 8, prefill: {base: 30ms, per_1k_tokens: 0ms}, step: {base: 6ms},
                 reasoning_tokens: 3, cached_share: 0.25}
                """,
                to: "scenario.yaml"
            )
            let truth = folder["truth.jsonl"]
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario, "--truth", truth])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })

            let presets = try JSON(Spate.run(["providers", "--json"]).out)
            #expect(Set(Self.doubles.map(\.preset)) == presets.keys.subtracting(["simulated"]))
            var targets = ""
            var prices: [String: (input: Double, cached: Double, output: Double)] = [:]
            for (preset, base, _) in Self.doubles {
                let rows = presets[preset]["prices"]
                let model = rows.keys.min() ?? "any-model"
                if let input = rows[model]["input"].double, let output = rows[model]["output"].double {
                    prices[preset] = (input, rows[model]["cached"].double ?? input, output)
                }
                targets += "  - {name: \(preset), provider: \(preset), model: '\(model)', key: {env: KEY}, "
                targets += "url: 'http://127.0.0.1:\(port)/\(preset)\(base)'}\n"
            }
            let profile = try folder.write(
                """
                targets:
                \(targets)workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: 12}
                warmup: {requests: 0}
                phases: [probe: {requests: 3, gap: 1ms}]
                """,
                to: "doubles.yaml"
            )
            let ended = try Spate.run(
                ["run", profile, "-o", folder["run"], "--quiet"],
                environment: ["KEY": "sk-double"],
                within: 60
            )
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            server.send(SIGTERM)
            _ = try server.end(within: 90)

            let summary = try JSON(file: folder["run/summary.json"])
            let id = try #require(summary["run"]["id"].text)
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
            let journal = try JSONLines(truth)
            for (number, (preset, _, peculiarity)) in Self.doubles.enumerated() {
                let place: Comment = "\(preset): \(peculiarity)"
                let rows = sheet.rows.filter { $0["target"] == preset }
                #expect(rows.count == 3, place)
                var errors: [Double] = []
                var dollars = 0.0
                for row in rows {
                    let entry = try #require(journal["\(id)-\(row["sequence"] ?? "")"], place)
                    #expect(row["outcome"] == "ok_length", "\(place) \(row["detail"] ?? "") \(row["error"] ?? "")")
                    #expect(row["detail"] == nil, place)
                    #expect(row["output_tokens"] == "12" && entry["tokens_sent"].int == 12, place)
                    #expect(row["token_source"] == "usage", place)
                    #expect(row["input_tokens"] == "\(entry["prompt_tokens"].int ?? -1)", place)
                    let cached = preset == "tgi" ? 0 : entry["cached_tokens"].int ?? -1
                    if preset != "tgi" { #expect(row["cached_input_tokens"] == "\(cached)", place) }
                    if Self.silent.contains(preset) {
                        #expect(row["reasoning_tokens"] == nil || preset == "openai-compatible", place)
                    } else {
                        #expect(row["reasoning_tokens"] == "3" && entry["reasoning_tokens"].int == 3, place)
                    }
                    let wait = try #require(row["wait_ms"].flatMap { Double($0) }, place)
                    let first = try #require(entry["first_token"].double, place)
                    errors.append(wait - (first - (entry["received"].double ?? 0)) / 1e6)
                    if let price = prices[preset], let input = entry["prompt_tokens"].int {
                        let fresh = Double(input - cached)
                        dollars += (fresh * price.input + Double(cached) * price.cached + 12 * price.output) / 1e6
                    }
                }
                let median = errors.sorted()[errors.count / 2]
                #expect(abs(median) < 3, "\(place): TTFT is off by \(median) ms")
                let cost = summary["targets"][number]["totals"]["cost"]["usd"].double
                if prices[preset] != nil {
                    #expect(abs((cost ?? -1) - dollars) < 1e-12 + 1e-6 * dollars, place)
                } else {
                    #expect(cost == nil, "an unknown price is not 0: \(place)")
                }
            }
        }
    }
}

/// A journal's entries by request id.
private struct JSONLines {
    private var entries: [String: JSON] = [:]

    init(_ path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let entry = try JSON(String(line))
            if let id = entry["id"].text { entries[id] = entry }
        }
    }

    subscript(id: String) -> JSON? { entries[id] }
}
