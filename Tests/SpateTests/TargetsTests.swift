import Foundation
import Testing

extension ProgramTests {
    /// Several targets in one profile, held against the journals of two simulated providers.
    @Suite struct TargetsTests {
        private struct Served {
            var received: Int64
            var ended: Int64
            var maxTokens: Int
        }

        private func profile(_ order: String, _ phases: String, more: String = "") -> String {
            let scenario =
                "{from: steady, prefill: {base: 10ms, per_1k_tokens: 0ms}, step: {base: 1ms, per_active: 0ms}}"
            return """
                name: two
                targets:
                  - {name: a, provider: simulated, scenario: \(scenario)}
                  - {name: b, provider: simulated, scenario: \(scenario)}
                order: \(order)
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: {uniform: [2, 40]}}
                warmup: {requests: 2}
                phases: [\(phases)]
                \(more)
                """
        }

        private func run(_ profile: String, in folder: Folder) throws -> (JSON, [[Served]]) {
            let file = try folder.write(profile, to: "profile.yaml")
            let ended = try Spate.run(["run", file, "-o", folder["run"], "--quiet"])
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let journals = try [1, 2].map { number in
                try String(contentsOfFile: folder["run/truth-\(number).jsonl"], encoding: .utf8)
                    .split(separator: "\n").compactMap { line -> Served? in
                        let entry = try JSON(String(line))
                        guard entry["id"].text?.hasPrefix("preflight") == false, let received = entry["received"].int,
                            let ended = entry["ended"].int, let most = entry["max_tokens"].int
                        else { return nil }
                        return Served(received: Int64(received), ended: Int64(ended), maxTokens: most)
                    }.sorted { $0.received < $1.received }
            }
            return (summary, journals)
        }

        @Test func `interleaved, they take turns block by block, never at once, and are asked the same`() throws {
            let folder = try Folder()
            let ramp = "ramp: {concurrency: [1, 2, 3], hold: 400ms, settle: 100ms, min_requests: 1, hold_max: 2s}"
            let (summary, journals) = try run(profile("interleaved", ramp), in: folder)
            // A server on a busy machine books an answer's end a little after its client has read it.
            let late: Int64 = 50_000_000
            for a in journals[0] {
                #expect(
                    journals[1].allSatisfy { $0.ended <= a.received + late || a.ended <= $0.received + late },
                    "both were loaded"
                )
            }
            // No answer is cut short, so its length tells which prompt it was.
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
            let asked = { (target: String, level: Int) in
                sheet.rows.filter {
                    $0["target"] == target && $0["step_kind"] == "level" && $0["concurrency"] == "\(level)"
                }.sorted { Int($0["sequence"] ?? "") ?? 0 < Int($1["sequence"] ?? "") ?? 0 }.map { $0["output_tokens"] }
            }
            var first: Set<[String?]> = []
            for level in 1...3 {
                let (a, b) = (asked("a", level), asked("b", level))
                let shared = min(a.count, b.count)
                #expect(shared >= 5)
                #expect(a.prefix(shared) == b.prefix(shared))
                first.insert(Array(a.prefix(5)))
            }
            #expect(first.count == 3, "each block has prompts of its own")
            for target in summary["targets"].list {
                let phases = target["phases"].list
                #expect(phases.map { $0["name"].text } == ["ramp"])
                #expect(phases[0]["blocks"].int == 3)
                #expect(phases[0]["steps"].list.map { $0["concurrency"].int } == [1, 2, 3])
                #expect(target["warmup"]["requests"].int == 6)
                // Three blocks of 0.4 s and what drains; not the other one's turns.
                let seconds = phases[0]["duration_s"].double ?? 0
                #expect(seconds > 1.2 && seconds < 2.2, "\(seconds)")
            }
        }

        @Test func `sequential is one after the other, parallel all at once, each request counted once`() throws {
            let steady = "steady: {concurrency: 2, for: 600ms, settle: 100ms}"
            for order in ["sequential", "parallel"] {
                let folder = try Folder()
                let (summary, journals) = try run(profile(order, steady), in: folder)
                let last = journals[0].map(\.ended).max() ?? 0
                let first = journals[1].first?.received ?? 0
                // A server on a busy machine books an answer's end a little after its client has read it.
                #expect(order == "sequential" ? last <= first + 50_000_000 : last > first)
                for (target, journal) in zip(summary["targets"].list, journals) {
                    let counted =
                        (target["totals"]["requests"]["scheduled"].int ?? 0) + (target["warmup"]["requests"].int ?? 0)
                    #expect(counted == journal.count)
                    #expect(target["warmup"]["requests"].int == 2)
                }
            }
        }

        @Test func `time windows run the plan again at their time`() throws {
            let folder = try Folder()
            let steady = "steady: {concurrency: 1, for: 300ms, settle: 50ms}"
            let (summary, journals) = try run(
                profile("interleaved", steady, more: "windows: {count: 2, every: 2s}"),
                in: folder
            )
            for target in summary["targets"].list {
                #expect(target["phases"].list.map { $0["window"].int } == [0, 1])
            }
            let phases = summary["targets"].list.flatMap { $0["phases"].list }
            func began(_ window: Int) -> Double? {
                phases.filter { $0["window"].int == window }.compactMap { $0["started_s"].double }.min()
            }
            // At its time on the run's clock, not 2 s after the first had ended; where that took longer it is said.
            let (first, second) = (try #require(began(0)), try #require(began(1)))
            let wasLate = summary["warnings"].list.contains { $0.text?.contains("One time window") == true }
            #expect(first < 2 && (wasLate ? second > 2 : abs(second - 2) < 0.001), "\(first) s, \(second) s")
            for (target, journal) in zip(summary["targets"].list, journals) {
                let measured = target["totals"]["requests"]["scheduled"].int ?? 0
                #expect(measured + (target["warmup"]["requests"].int ?? 0) == journal.count)
            }
        }
    }
}
