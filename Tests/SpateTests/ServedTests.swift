import Foundation
import Glibc
import Testing

extension CommandTests {
    /// What was served, in every API that says it, through the double of its provider: the journal tells the truth.
    @Suite struct ServedTests {
        /// The double, its API's base, the tier that is asked for, and how an answer in the standard tier calls it.
        private static let doubles: [(preset: String, base: String, tier: String, standard: String)] = [
            ("openai", "/v1", "fast", "default"), ("azure", "/v1", "priority", "default"),
            ("groq", "/v1", "flex", "on_demand"), ("cerebras", "/v1", "flex", "default"),
            ("fireworks", "/v1", "priority", "default"), ("openai-compatible", "/v1", "fast", "default"),
            ("anthropic", "/v1", "fast", "standard"), ("google", "/v1beta", "priority", "standard"),
            ("openai-completions", "/v1", "flex", "default"), ("openai-responses", "/v1", "fast", "default"),
        ]

        @Test func `model, tier, server, cache writes and cost of each are the journal's`() throws {
            let folder = try Folder()
            let tiers = ["fast", "priority", "flex"].map { "\($0): {speed: 2, downgraded: 0.3}" }.joined(
                separator: ", "
            )
            let scenario = try folder.write(
                """
                {replicas: 1, slots: 8, prefill: {base: 4ms, per_1k_tokens: 0ms}, step: {base: 1ms}, cached_share: 0.25,
                 serving: {tiers: {\(tiers)}, models: {small-2026-01-01: {weight: 2}, big: {}}, cache_write_share: 0.5,
                 cache_write_1h: true}}
                """,
                to: "scenario.yaml"
            )
            let truth = folder["truth.jsonl"]
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario, "--truth", truth])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            var targets = ""
            for (preset, base, tier, _) in Self.doubles {
                let isAPI = preset.hasPrefix("openai-") && preset != "openai-compatible"
                let double = isAPI ? "" : "/\(preset)"
                targets +=
                    "  - {name: \(preset), \(isAPI ? "api" : "provider"): \(preset), model: \(isAPI ? "simulated" : "m"), key: {env: KEY}, "
                targets +=
                    "tier: \(tier), served_by: {json: /spate/replica}, url: 'http://127.0.0.1:\(port)\(double)\(base)', "
                targets +=
                    "price: {models: {small: {input: 1, cached_input: 0.5, cache_write: 2, cache_write_1h: 3, output: 4, "
                targets +=
                    "tiers: {\(tier): 10}}, big: {input: 7, cache_write: 8, cache_write_1h: 9, output: 11, tiers: {\(tier): 2}}}}}\n"
            }
            let profile = try folder.write(
                """
                targets:
                \(targets)workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: 12}
                warmup: {requests: 0}
                phases: [probe: {requests: 25, gap: 0s}]
                thresholds: ['openai:served_tier.share[tier=fast] > 95 %']
                """,
                to: "doubles.yaml"
            )
            let ended = try Spate.run(
                ["run", profile, "-o", folder["run"], "--quiet"],
                environment: ["KEY": "sk-double"],
                within: 60
            )
            #expect([99, 97].contains(ended.status), "\(ended.all)")
            server.send(SIGTERM)
            _ = try server.end(within: 90)

            let summary = try JSON(file: folder["run/summary.json"])
            let id = try #require(summary["run"]["id"].text)
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
            var journal: [String: JSON] = [:]
            for line in try String(contentsOfFile: truth, encoding: .utf8).split(separator: "\n") {
                let entry = try JSON(String(line))
                if let id = entry["id"].text { journal[id] = entry }
            }
            for (number, (preset, _, tier, standard)) in Self.doubles.enumerated() {
                let place = Comment(rawValue: preset)
                let rows = sheet.rows.filter { $0["target"] == preset }
                #expect(rows.count == 25, place)
                var (dollars, given, small) = (0.0, 0, 0)
                for row in rows {
                    let entry = try #require(journal["\(id)-\(row["sequence"] ?? "")"], place)
                    #expect(row["served_model"] == entry["model"].text, place)
                    #expect(row["served_tier"] == entry["tier"].text, place)
                    #expect([tier, standard].contains(row["served_tier"]), place)
                    #expect(row["served_by"] == "\(entry["replica"].int ?? -1)", place)
                    // Gemini's form has no place for writes, and bills none.
                    let told = preset == "google" ? nil : entry["cache_written_tokens"].int
                    #expect(row["cache_written_tokens"] == told.map { "\($0)" }, place)
                    // Only Anthropic's form tells how long they are kept; the others' writes are all of one price.
                    let forHour = preset == "anthropic" ? entry["cache_written_1h_tokens"].double ?? 0 : 0
                    let written = Double(told ?? 0) - forHour
                    let cached = entry["cached_tokens"].double ?? 0
                    let fresh = (entry["prompt_tokens"].double ?? 0) - cached - written - forHour
                    let output = entry["tokens_sent"].double ?? 0
                    let isSmall = entry["model"].text == "small-2026-01-01"
                    let isGiven = entry["tier"].text == tier
                    if isGiven { given += 1 }
                    if isSmall { small += 1 }
                    let factor = isGiven ? isSmall ? 10.0 : 2 : 1
                    dollars +=
                        isSmall
                        ? factor * (fresh + 0.5 * cached + 2 * written + 3 * forHour + 4 * output)
                        : factor * (7 * fresh + 7 * cached + 8 * written + 9 * forHour + 11 * output)
                }
                #expect((1...24).contains(given) && (1...24).contains(small), place)
                let target = summary["targets"][number]
                #expect(target["tier"].text == tier, place)
                #expect(target["served"]["tiers"][tier].double == Double(given) / 25, place)
                #expect(target["served"]["models"]["small-2026-01-01"].double == Double(small) / 25, place)
                #expect(target["served"]["by"]["0"].double == 1, place)
                let cost = target["totals"]["cost"]["usd"].double ?? -1
                #expect(abs(cost - dollars / 1e6) < 1e-12, place)
                let warning = summary["warnings"].list.compactMap(\.text).first {
                    $0.hasPrefix("\(preset): Asked for tier \(tier)")
                }
                #expect(warning?.contains("served \(standard) in \(100 - 4 * given) % of 25 requests") == true, place)
            }
            let threshold = summary["thresholds"][0]
            #expect(threshold["passed"].bool == false)
            #expect(ended.out.contains("What was served, by tier") && ended.out.contains("What was served, by model"))
        }
    }
}
