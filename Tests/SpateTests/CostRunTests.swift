import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// Cost, limits and retries end to end, against the simulated provider's journal.
    @Suite struct CostRunTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func run(_ profile: String, _ more: String...) throws -> (
            ended: Spate.Ended, summary: JSON, truth: TruthFile
        ) {
            let path = try folder.write(profile, to: "p.yaml")
            let ended = try Spate.run(["run", path, "-o", folder["run"], "--quiet", "--full"] + more, within: 40)
            return (ended, try JSON(file: folder["run/summary.json"]), try TruthFile(folder["run/truth.jsonl"]))
        }

        /// Half of the answers are all thinking: caps from 4 to 12, and 8 tokens of thought ahead of each answer.
        @Test func `thinking that leaves no answer is paid for by the useful ones`() throws {
            let (ended, summary, truth) = try run(
                """
                targets:
                  - provider: simulated
                    price: {input: 2, output: 8}
                    scenario: {from: steady, time_scale: 0.02, habits: {thinks: 8}}
                workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: {uniform: [4, 12]}}
                warmup: {requests: 0}
                phases: [{probe: {requests: 60, gap: 0s}}]
                """
            )
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let totals = summary["targets"][0]["totals"]
            let wasted = try #require(totals["outcomes"]["reasoning_only"].int)
            let useful = try #require(totals["requests"]["useful"].int)
            #expect(wasted > 10 && useful > 10 && wasted + useful == 60)
            #expect(
                totals["requests"]["success"].int == 60 && totals["requests"]["failed"].int == 0,
                "cut by the cap, not broken"
            )
            // The journal's own tokens, at $2 and $8 a million.
            let paid = truth.requests.values.reduce(0.0) {
                $0 + (2 * Double($1.promptTokens) + 8 * Double($1.tokens)) / 1e6
            }
            let cost = totals["cost"]
            #expect(abs((cost["usd"].double ?? 0) - paid) < 1e-12)
            let each = try #require(cost["usd_per_useful_result"].double)
            #expect(abs(each - paid / Double(useful)) < 1e-12)
            let interval = cost["usd_per_useful_ci"]
            #expect((interval[0].double ?? .infinity) < each && (interval[1].double ?? 0) > each)
            let lost = truth.requests.values.filter { $0.tokens <= 8 }
                .reduce(0.0) { $0 + (2 * Double($1.promptTokens) + 8 * Double($1.tokens)) / 1e6 }
            #expect(abs((cost["usd_not_useful"].double ?? 0) - lost) < 1e-12)
            #expect(ended.out.contains("One useful answer cost $"))
            #expect(ended.out.contains("\(useful) of 60 were useful"))
        }

        @Test func `a rate limit is kept to with retries, told, and both latencies are apart`() throws {
            let (ended, summary, truth) = try run(
                """
                targets:
                  - provider: simulated
                    scenario:
                      from: steady
                      prefill: {base: 10ms, per_1k_tokens: 0ms}
                      step: {base: 2ms, per_active: 0ms}
                      habits: {rate_limit: {requests: 10, per: 600ms}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 4}
                warmup: {requests: 0}
                retries: 4
                phases: [{probe: {requests: 30, gap: 0s}}]
                """
            )
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            let target = summary["targets"][0]
            let totals = target["totals"]
            let retries = totals["retries"]
            #expect(totals["requests"]["success"].int == 30 && totals["requests"]["failed"].int == 0)
            let throttled = try #require(totals["requests"]["throttled"].int)
            #expect(throttled >= 2 && throttled == truth.requests.values.count { $0.outcome == "rejected" })
            #expect(retries["requests"].int == 30 && retries["attempts"].int == 30 + throttled)
            #expect(retries["perceived"]["availability"]["value"].double == 1)
            #expect((retries["first_attempt"]["availability"]["value"].double ?? 1) < 1)
            let (first, seen) = (retries["first_attempt"]["ttft_ms"]["max"], retries["perceived"]["ttft_ms"]["max"])
            #expect((seen.double ?? 0) > 2 * (first.double ?? .infinity))
            let limit = target["rate_limits"]["limits"][0]
            #expect(limit["name"].text == "requests" && limit["limit"].int == 10 && limit["least_remaining"].int == 0)
            #expect(target["rate_limits"]["retry_after"].int == throttled)
            let page = try String(contentsOfFile: folder["run/report.html"], encoding: .utf8)
            let data = try #require(
                page.split(separator: "id=\"page-data\">").last?.split(separator: "</script>").first
            )
            let drawn = try JSON(String(data))["charts"]["targets"][0]
            #expect(drawn["series"]["again"].list.compactMap(\.int).reduce(0, +) == throttled)
            #expect(drawn["limits"][0]["allowed"].int == 10)
            #expect(drawn["limits"][0]["left"].list.compactMap(\.int).min() == 0)
            for text in ["Rate limits", "Retries", "as users see it"] { #expect(ended.out.contains(text), "\(text)") }
        }

        @Test func `a run that was killed has what the server said of its limits`() throws {
            let path = try folder.write(
                """
                targets:
                  - {provider: simulated, scenario: {from: steady, time_scale: 0.1, habits: {rate_limit: {requests: 100000, per: 1h}}}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 4}
                warmup: {requests: 0}
                phases: [{steady: {concurrency: 2, for: 30s}}]
                """,
                to: "killed.yaml"
            )
            let spate = try Spate(["run", path, "-o", folder["killed"], "--quiet"])
            // What a target said of its limits is stored every few seconds.
            let isStored = wait(atMost: 25) {
                let report = try? Spate.run(["report", folder["killed"], "--json"])
                let limits = (try? JSON(report?.out ?? ""))?["targets"][0]["rate_limits"]["limits"].list ?? []
                return !limits.isEmpty
            }
            #expect(isStored)
            spate.send(SIGKILL)
            #expect(try spate.end(within: 20).status == -SIGKILL)
            let summary = try JSON(try Spate.run(["report", folder["killed"], "--json"]).out)
            #expect(summary["run"]["complete"].bool == false)
            let limit = summary["targets"][0]["rate_limits"]["limits"][0]
            #expect(limit["name"].text == "requests" && limit["limit"].int == 100_000)
            let left = try #require(limit["least_remaining"].int)
            #expect(left < 100_000 && left > 90_000)
        }

        @Test func `an empty purse ends the run with 98 and the server's words`() throws {
            let (ended, summary, truth) = try run(
                """
                targets: [{provider: simulated, scenario: {from: steady, time_scale: 0.02, habits: {quota_after: 5}}}]
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 4}
                warmup: {requests: 0}
                retries: 3
                phases: [{probe: {requests: 500, gap: 0s}}]
                """
            )
            #expect(ended.status == 98, "\(ended.all)")
            // After a success it takes 20 refusals in a row: five answers, then those.
            #expect(truth.requests.count == 25)
            let target = summary["targets"][0]
            #expect(target["unusable"].bool == true)
            #expect(target["given_up"].text?.contains("You exceeded your current quota") == true)
            let words = ended.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("You exceeded your current quota"))
        }

        @Test func `a cap on money is not overshot by any attempt`() throws {
            let (ended, summary, truth) = try run(
                """
                targets:
                  - {provider: simulated, price: {input: 0, output: 100}, scenario: {from: steady, time_scale: 0.02, failures: {rate_limited: 0.3}}}
                workload: {prompts: {synthetic: {input_tokens: 64}}, max_tokens: 16}
                warmup: {requests: 0}
                retries: 3
                limits: {max_cost: $0.05}
                phases: [{steady: {concurrency: 4, for: 20s}}]
                """
            )
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["stopped_by"].text == "max_cost")
            let paid = truth.requests.values.reduce(0.0) {
                $0 + 100 * Double($1.tokens) / 1e6
            }
            // A refused attempt gives back what was reserved for it. At the end one more answer ($0.0016) did not fit,
            // and at most three others in flight may have been refused afterwards.
            #expect(paid <= 0.05 && paid > 0.05 - 4 * 0.0016, "\(paid)")
            #expect(truth.requests.values.count { $0.outcome == "rejected" } > 3)
        }

        @Test func `a target that fails is given up, ends the run with 98, and the others run on`() throws {
            let path = try folder.write(
                """
                targets:
                  - name: bad
                    provider: simulated
                    scenario: {from: steady, time_scale: 0.02, failures: {server_error: 1}}
                    breaker: {after: 200ms}
                  - {name: good, provider: simulated, scenario: {from: steady, time_scale: 0.02}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 4}
                warmup: {requests: 0}
                phases: [{probe: {requests: 250, gap: 0s}}]
                """,
                to: "two.yaml"
            )
            let ended = try Spate.run(["run", path, "-o", folder["two"], "--quiet"], within: 40)
            #expect(ended.status == 98, "\(ended.all)")
            let targets = try JSON(file: folder["two/summary.json"])["targets"].list
            #expect(targets.map { $0["unusable"].bool } == [true, false])
            let words = targets[0]["given_up"].text ?? ""
            #expect(words.contains("requests failed in") && words.hasSuffix("without a success or a token"), "\(words)")
            #expect((50..<250).contains(try TruthFile(folder["two/truth-1.jsonl"]).requests.count))
            #expect(targets[1]["totals"]["requests"]["success"].int == 250)
            #expect(try TruthFile(folder["two/truth-2.jsonl"]).requests.count == 250)
        }
    }
}
