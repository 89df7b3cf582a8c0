import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    @Suite struct CheckTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        /// A simulated provider as a server of its own, with habits.
        private func serving(_ habits: String, _ body: (String) throws -> Void) throws {
            let scenario = try folder.write(
                "{from: steady, time_scale: 0.05, habits: \(habits)}\n",
                to: "s-\(UUID().uuidString).yaml"
            )
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer {
                server.send(SIGKILL)
                _ = try? server.end(within: 30)
            }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            try body("http://127.0.0.1:\(port)")
        }

        private func properties(_ target: JSON) -> [String: String] {
            var found: [String: String] = [:]
            for one in target["properties"].list { found[one["property"].text ?? ""] = one["verdict"].text }
            return found
        }

        @Test func `a good target is checked, priced before, and ends with 0`() throws {
            try serving("{}") { url in
                let ended = try Spate.run(["check", "--url", url, "--json"], within: 20)
                #expect(ended.status == 0, "\(ended.all)")
                let target = try JSON(ended.out)["targets"][0]
                #expect(target["usable"].bool == true && target["model"].text == "simulated")
                #expect(properties(target)["streams"] == "ok" && properties(target)["max_tokens"] == "ok")
                #expect(target["answers"]["requests"]["success"].int == 3)
                #expect(target["usd"].value is NSNull)  // no price given: not known, and not 0
                #expect(ended.error.hasPrefix("check of "))
                #expect(ended.error.contains("cost unknown (no price given)"))
                #expect(isForPeople(ended.error))
            }
        }

        @Test func `a required property that fails is 98, and says which`() throws {
            try serving("{delivery: buffered}") { url in
                let ended = try Spate.run(["check", "--url", url], within: 20)
                #expect(ended.status == 98, "\(ended.all)")
                #expect(ended.out.contains("UNUSABLE"))
                let words = ended.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                #expect(words.contains("in 1 read: something on the way holds the stream back"), "\(words)")
            }
        }

        @Test func `targets of a profile, the simulated one among them, make a matrix`() throws {
            let profile = try folder.write(
                """
                targets:
                  - {name: one, provider: simulated, scenario: {from: steady, time_scale: 0.05}, price: {input: 1, output: 4}}
                  - name: two
                    provider: simulated
                    scenario: {from: steady, time_scale: 0.05, habits: {ignores_cap: 80}}
                phases: [{probe: {requests: 1, gap: 0s}}]
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(["check", profile], within: 20)
            #expect(ended.status == 98, "\(ended.all)")
            #expect(ended.out.contains("80 tokens came"))
            #expect(ended.out.contains("UNUSABLE"))
        }

        @Test func `a wrong model shows the server's words, for the check as for the run`() throws {
            try serving("{}") { url in
                let checked = try Spate.run(["check", "--url", url, "--model", "gpt-nonsense"], within: 20)
                #expect(checked.status == 98)
                #expect(checked.out.contains("the model `gpt-nonsense` does not exist"))
                let run = try Spate.run(
                    [
                        "probe", "--request-count", "2", "--gap", "0s", "--url", url, "--model", "gpt-nonsense", "-o",
                        folder["x"],
                    ],
                    within: 20
                )
                #expect(run.status == 98)
                #expect(run.error.contains("the model `gpt-nonsense` does not exist"))
                #expect(!folder.has("x"))
            }
        }

        @Test func `what a look learns is used by the run, and said`() throws {
            try serving("{refuses: [temperature, max_tokens]}") { url in
                let arguments = [
                    "probe", "--request-count", "3", "--gap", "0s", "--max-tokens", "4", "--url", url, "--quiet",
                ]
                let ended = try Spate.run(arguments + ["-o", folder["run"]], within: 20)
                let summary = try JSON(file: folder["run/summary.json"])
                #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
                let target = summary["targets"][0]
                #expect(target["totals"]["requests"]["success"].int == 3)
                // The models, two refusals, an answer, three to size prompts.
                #expect(target["preflight"]["requests"].int == 7)
                #expect(target["preflight"]["output_tokens"].int == 19)
                let notes = target["notes"].list.compactMap(\.text).joined(separator: "; ")
                #expect(
                    notes.contains("it refused temperature 0")
                        && notes.contains("max_completion_tokens is sent instead")
                )

                let blind = try Spate.run(
                    arguments + ["-o", folder["blind"], "--no-preflight", "--model", "simulated"],
                    within: 20
                )
                #expect(blind.status == 98, "\(blind.all)")
            }
        }

        @Test func `the preset's own way to switch reasoning off is tried, not its API's`() throws {
            // vLLM's is a member of the chat template; this server takes no other.
            try serving("{thinks: 8, refuses: [reasoning_effort]}") { url in
                let arguments = ["check", "--url", url, "--model", "simulated", "--json"]
                let ended = try Spate.run(arguments + ["--provider", "vllm"], within: 20)
                #expect(ended.status == 0, "\(ended.all)")
                let found = try JSON(ended.out)["targets"][0]["properties"].list.first {
                    $0["property"].text == "reasoning"
                }
                #expect(
                    found?["verdict"].text == "ok"
                        && found?["seen"].text?.hasSuffix("switched off, it does not") == true
                )
            }
        }

        @Test func `a model that is known always to reason is not asked to stop`() throws {
            try serving("{thinks: 8, thinks_always: true}") { url in
                let profile = try folder.write(
                    """
                    providers:
                      mine: {base_url: '\(url)', auth: none, key_optional: true, model_rules: [{match: simul, reasoning_off: never}]}
                    targets: [{provider: mine, model: simulated}]
                    phases: [probe: {requests: 1, gap: 0s}]
                    """,
                    to: "always.yaml"
                )
                let target = try JSON(Spate.run(["check", profile, "--json"], within: 20).out)["targets"][0]
                let found = target["properties"].list.first { $0["property"].text == "reasoning" }
                #expect(
                    found?["seen"].text?.hasSuffix("the preset knows that it always does") == true,
                    "\(found?["seen"].text ?? "")"
                )
                #expect(target["requests"].int == 4)  // three answers and a wrong model
            }
        }

        @Test func `what is to be checked must be said`() throws {
            let ended = try Spate.run(["check"])
            #expect(ended.status == 104 && ended.error.contains("--url URL or --provider NAME"))
        }

        @Test(arguments: [["probe", "--request-count", "2"], ["check"]])
        func `an interrupt while a silent server is waited for does not wait for it`(words: [String]) throws {
            let asked = Mutex(false)
            let server = ScriptedServer.answering { _ in
                asked.withLock { $0 = true }
                usleep(15_000_000)
                return nil
            }
            let child = try Spate(
                words + ["--url", server.url, "--model", "m"] + (words == ["check"] ? [] : ["-o", folder["i"]])
            )
            #expect(wait(atMost: 20) { asked.withLock { $0 } })
            let before = child.elapsed
            child.send(SIGINT)
            let ended = try child.end(within: 20)
            #expect(ended.status == 105, "\(ended.all)")
            #expect(ended.seconds - before < 8, "the server would have taken 15 s")
            #expect(!folder.has("i"))
        }
    }
}
