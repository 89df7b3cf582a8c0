import Foundation
import Testing

extension ProgramTests {
    /// Planned and told shares of the input, against a provider that remembers the beginnings of prompts and says so in its
    /// journal.
    @Suite struct PrefixCacheTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private static let scenario =
            "{from: steady, name: cached, replicas: 1, jitter: 0, prefill: {base: 1ms, per_1k_tokens: 0ms}, "
            + "step: {base: 1ms, per_active: 0ms}, serving: {router: random}}"

        private struct Run {
            var summary: JSON
            var out: String
            var journal: [JSON]

            /// By the journal, of the requests that count: the first `apart` are warm-ups.
            func share(apart: Int) -> Double {
                let counted = journal.sorted { ($0["received"].double ?? 0) < ($1["received"].double ?? 0) }
                    .dropFirst(apart)
                let sum = { (name: String) in counted.reduce(0.0) { $0 + ($1[name].double ?? 0) } }
                return sum("cached_tokens") / sum("prompt_tokens")
            }

            var cache: JSON { summary["targets"][0]["cache"] }
            var warnings: [String] {
                summary["warnings"].list.compactMap(\.text).filter { $0.contains("prefix cache") }
            }
        }

        private func run(_ name: String, _ workload: String, _ phases: String, scenario: String = scenario) throws
            -> Run
        {
            let path = try folder.write(
                """
                targets: [{provider: simulated, scenario: \(scenario)}]
                workload: \(workload)
                warmup: {requests: 0}
                phases: [\(phases)]
                """,
                to: "\(name).yaml"
            )
            let ended = try Spate.run(["run", path, "-o", folder[name], "--quiet"], within: 60)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            let lines = try String(contentsOfFile: folder["\(name)/truth.jsonl"], encoding: .utf8).split(
                separator: "\n"
            )
            return Run(
                summary: try JSON(file: folder["\(name)/summary.json"]),
                out: ended.out,
                journal: try lines.map { try JSON(String($0)) }.filter { $0["prompt_tokens"].double ?? 0 > 0 }
            )
        }

        @Test func `a shared prefix is planned, told as the journal has it, and primed once where that is asked for`()
            throws
        {
            let prompts = "synthetic: {input_tokens: 400, shared_prefix: 0.5}"
            let probe = "{probe: {requests: 30, gap: 0s}}"
            for primes in [false, true] {
                let run = try run(
                    "primed-\(primes)",
                    "{prompts: {\(prompts), prime: \(primes)}, max_tokens: 4}",
                    probe
                )
                #expect(run.journal.count == (primes ? 31 : 30))
                let told = try #require(run.cache["told_share"].double)
                #expect(abs(told - run.share(apart: primes ? 1 : 0)) < 1e-9)
                let planned = try #require(run.cache["planned_share"].double)
                // Half of the text, of 30 or of 29 requests; the provider counts in blocks of 64 bytes.
                let expected = 0.5 * (primes ? 1 : 29.0 / 30)
                #expect(abs(planned - expected) < 0.03 && abs(planned - told) < 0.04, "\(planned) \(told)")
                #expect(run.cache["requests"].int == 30 && run.warnings.isEmpty)
                #expect(run.summary["targets"][0]["warmup"]["requests"].int == (primes ? 1 : 0))
                #expect(run.summary["targets"][0]["totals"]["requests"]["scheduled"].int == 30)
                #expect(
                    run.out.contains("The plan repeats 4")
                        || run.out.contains("The plan repeats 5")
                )
            }
            let plan = try Spate.run(["run", folder["primed-true.yaml"], "--dry-run"]).out
            #expect(plan.contains("prime: 1 request with the beginning that prompts share, not measured"), "\(plan)")
            #expect(plan.contains("requests: 31\n"), "\(plan)")
            let limited = try Spate.run(
                ["run", folder["primed-true.yaml"], "--set", "limits.max_requests=30", "-o", folder["limited"]]
            )
            #expect(
                limited.status == 104 && limited.error.contains("max_requests"),
                "what primes counts: \(limited.error)"
            )
        }

        @Test func `over shards each primes, and the plan counts it as often`() throws {
            let path = try folder.write(
                """
                workload: {prompts: {synthetic: {input_tokens: 400, shared_prefix: 0.5}, prime: true}, max_tokens: 4}
                warmup: {requests: 0}
                phases: [{probe: {requests: 30, gap: 0s}}]
                """,
                to: "shards.yaml"
            )
            let words = ["run", path, "--url", "http://127.0.0.1:9", "--model", "m", "--shard", "1/4", "--dry-run"]
            let plan = try Spate.run(words).out
            #expect(plan.contains("prime: 1 request of each shard with the beginning that prompts share"), "\(plan)")
            #expect(plan.contains("requests: 34\n"), "\(plan)")
            #expect(try Spate.run(words + ["--set", "limits.max_requests=34"]).status == 0)
            let limited = try Spate.run(words + ["--set", "limits.max_requests=33"])
            #expect(limited.status == 104 && limited.error.contains("over 4 shards the plan asks for at least 34"))
        }

        @Test func `when a run goes on, what its prompts share is sent again before them`() throws {
            let path = try folder.write(
                """
                targets: [{provider: simulated, scenario: \(Self.scenario.replacing("base: 1ms", with: "base: 10ms"))}]
                workload: {prompts: {synthetic: {input_tokens: 400, shared_prefix: 0.5}, prime: true}, max_tokens: 4}
                warmup: {requests: 0}
                phases: [{probe: {requests: 40, gap: 20ms}}]
                """,
                to: "long.yaml"
            )
            let spate = try Spate(["run", path, "-o", folder["long"], "--quiet"])
            #expect(wait(atMost: 20) { (try? TruthFile(folder["long/truth.jsonl"]).requests.count) ?? 0 >= 12 })
            spate.send(SIGINT)
            #expect(try spate.end(within: 20).status == 105)
            let before = try TruthFile(folder["long/truth.jsonl"]).requests.count
            let ended = try Spate.run(["run", "--resume", folder["long"], "--quiet"], within: 60)
            let summary = try JSON(file: folder["long/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let lines = try String(contentsOfFile: folder["long/truth-resumed-1.jsonl"], encoding: .utf8)
                .split(separator: "\n").map { try JSON(String($0)) }.filter { $0["prompt_tokens"].double ?? 0 > 0 }
                .sorted { ($0["received"].double ?? 0) < ($1["received"].double ?? 0) }
            // The first alone finds nothing kept: it is what primes.
            #expect(lines.first?["cached_tokens"].int == 0)
            #expect(lines.count > 10 && lines.dropFirst().allSatisfy { ($0["cached_tokens"].int ?? 0) > 100 })
            let target = summary["targets"][0]
            #expect(target["warmup"]["requests"].int == 2)
            let counted = target["totals"]["requests"]["success"].int ?? 0
            #expect((40...41).contains(counted) && before + lines.count - 2 - counted <= 1, "\(before) \(lines.count)")
        }

        @Test func `prompts sent again are planned, and a cache that was warm before the run is told`() throws {
            let list = (0..<30).map { "'\($0): \(String(repeating: "tell me more of it ", count: 40))'" }
            let scenario = try folder.write(Self.scenario, to: "scenario.yaml")
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let path = try folder.write(
                """
                targets: [{name: mine, url: 'http://127.0.0.1:\(port)', model: simulated}]
                workload: {prompts: {list: [\(list.joined(separator: ", "))], cache: allow}, max_tokens: 4}
                warmup: {requests: 0}
                phases: [{probe: {requests: 60, gap: 0s}}]
                """,
                to: "list.yaml"
            )
            var told: [Double] = []
            for name in ["first", "again"] {
                let ended = try Spate.run(["run", path, "-o", folder[name], "--quiet", "--no-preflight"], within: 60)
                let summary = try JSON(file: folder["\(name)/summary.json"])
                let cache = summary["targets"][0]["cache"]
                // The second thirty are the first again; of these, 1 and 10 to 19 begin with the same digit.
                let planned = cache["planned_share"].double ?? 0
                #expect((0.5..<0.51).contains(planned), "\(planned): \(ended.all)")
                told.append(cache["told_share"].double ?? -1)
                let warnings = summary["warnings"].list.compactMap(\.text).filter { $0.contains("may have warmed it") }
                #expect(warnings.count == (name == "again" ? 1 : 0), "\(warnings)")
            }
            #expect(abs(told[0] - 0.5) < 0.03 && told[1] > 0.95, "\(told)")
        }

        @Test func `what other replicas have read is planned and not told, and no reason is picked`() throws {
            let run = try run(
                "lost",
                "{prompts: {synthetic: {input_tokens: 200}}, max_tokens: 4, conversation: {turns: 4}}",
                "{probe: {requests: 60, gap: 0s}}",
                scenario: Self.scenario.replacingOccurrences(of: "replicas: 1", with: "replicas: 4")
            )
            let told = try #require(run.cache["told_share"].double)
            #expect(abs(told - run.share(apart: 0)) < 1e-9)
            #expect((run.cache["planned_share"].double ?? 0) > told + 0.1)
            #expect(
                run.warnings.count == 1 && run.warnings[0].contains("the counts do not tell which"),
                "\(run.warnings)"
            )
        }

        @Test(arguments: [
            ("{prompts: {synthetic: {input_tokens: 64}, prime: true}}", "no two prompts begin alike"),
            ("{prompts: {list: [one, two], prime: true}}", "no two prompts begin alike"),
            ("{prompts: {list: [one, two], cache: allow, prime: true}}", "no two prompts begin alike"),
            ("{prompts: {synthetic: {input_tokens: 64}, prime: perhaps}}", "allowed: true or false"),
        ])
        func `where nothing is shared there is nothing to prime`(workload: String, problem: String) throws {
            let path = try folder.write("workload: \(workload)\nphases: [{probe: {requests: 1}}]\n", to: "none.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["none"]])
            #expect(ended.status == 104 && ended.error.contains("workload.prompts.prime"), "\(ended.error)")
            #expect(ended.error.contains(problem), "\(ended.error)")
        }
    }
}
