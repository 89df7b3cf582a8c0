import Foundation
import Glibc
import TestSupport
import Testing

extension CommandTests {
    /// What is asked of answers beyond their speed.
    @Suite struct AnswerTests {
        private static let scenario = "{replicas: 1, slots: 8, prefill: {base: 20ms}, step: {base: 4ms}, jitter: 0}"

        @Test func `an answer that is not what its prompt expects is a success and of no use`() throws {
            let folder = try Folder()
            _ = try folder.write(
                """
                {"prompt": "one", "expect": {"contains": "The time"}}
                {"prompt": "two", "expect": {"regex": "^The [a-z]+ of"}}
                {"prompt": "three", "expect": {"json": true}}
                {"prompt": "four", "expect": {"min_chars": 5000}}
                """,
                to: "prompts.jsonl"
            )
            let profile = try folder.write(
                """
                targets: [{provider: simulated, scenario: \(Self.scenario)}]
                workload: {prompts: {file: prompts.jsonl, cache: allow}, max_tokens: 300, expect: {contains: never}}
                warmup: {requests: 0}
                phases: [probe: {requests: 8, gap: 1ms}]
                """.replacing("jitter: 0}", with: "jitter: 0, stops_after: [20, 20]}"),
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 30)
            let summary = try JSON(file: folder["run/summary.json"])
            let totals = summary["targets"][0]["totals"]
            #expect(totals["requests"]["success"].int == 8, "\(ended.all)")
            #expect(totals["requests"]["useful"].int == 4)
            let sheet = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out)
            #expect(sheet.rows.count { $0["detail"] == "unexpected" && $0["useful"] == "0" } == 4)
            #expect(summary["warnings"].list.contains { $0.text?.contains("4 of 8 answers were not what") == true })
            // The simulated model always says the same.
            #expect(totals["answers"]["prompts"].int == 4)
            #expect(totals["answers"]["answers"].int == 8)
            #expect(totals["answers"]["distinct_share"].double == 0)
            // The resolved profile asks the same again.
            let again = try Spate.run(["run", folder["run/profile.yaml"], "--print-profile"])
            #expect(again.out == String(decoding: try folder.bytes(of: "run/profile.yaml"), as: UTF8.self))
        }

        /// Prompts of the user's, cut by their cap, and synthetic ones: the other way round by word.
        @Test(arguments: [
            ("{list: [one, two]}", "", 0), ("{list: [one, two]}", ", length_is_useful: true", 4),
            ("{synthetic: {input_tokens: 8}}", "", 4),
            ("{synthetic: {input_tokens: 8}}", ", length_is_useful: false", 0),
        ]) func `whether an answer that its cap cut is of use can be said`(prompts: String, word: String, useful: Int)
            throws
        {
            let folder = try Folder()
            let profile = try folder.write(
                """
                targets: [{provider: simulated, scenario: {from: steady, time_scale: 0.02}}]
                workload: {prompts: \(prompts), max_tokens: 4\(word)}
                warmup: {requests: 0}
                phases: [probe: {requests: 4, gap: 0s}]
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 30)
            let totals = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]
            #expect(totals["outcomes"]["ok_length"].int == 4, "\(ended.all)")
            #expect(totals["requests"]["useful"].int == useful)
            let again = try Spate.run(["run", folder["run/profile.yaml"], "--print-profile"])
            #expect(again.out == String(decoding: try folder.bytes(of: "run/profile.yaml"), as: UTF8.self))
        }

        @Test func `answers that differ at temperature 0 are told`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { request in
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                // One in four is another model's.
                let number = request.utf8.reduce(0) { $0 &+ Int($1) }
                let text = number % 2 == 0 ? "four" : "five"
                return ScriptedServer.answer(
                    "200 OK",
                    "text/event-stream",
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":\"stop\"}]}\n\n"
                        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n"
                )
            }
            let profile = try folder.write(
                """
                workload: {prompts: {list: [What is two and two?], cache: allow}}
                warmup: {requests: 0}
                phases: [probe: {requests: 12, gap: 1ms}]
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(
                ["run", profile, "--url", server.url, "-o", folder["run"], "--quiet"],
                within: 30
            )
            let summary = try JSON(file: folder["run/summary.json"])
            let answers = summary["targets"][0]["totals"]["answers"]
            #expect(answers["prompts"].int == 1, "\(ended.all)")
            #expect(answers["answers"].int == 12)
            #expect(answers["distinct"].int == 2)
            #expect(answers["distinct_share"].double == 1.0 / 11)
            #expect(summary["warnings"].list.contains { $0.text?.contains("2 different ones to 1 prompts") == true })
        }

        @Test func `a model that spends its whole budget on reasoning is reasoning_only, not useful, and billed`()
            throws
        {
            let folder = try Folder()
            let scenario = try folder.write(
                Self.scenario.replacing("jitter: 0", with: "reasoning_tokens: 50"),
                to: "s.yaml"
            )
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let profile = try folder.write(
                """
                targets: [{url: 'http://127.0.0.1:\(port)', model: simulated, price: {input: 1, output: 10}}]
                workload: {prompts: {synthetic: {input_tokens: 40}}, max_tokens: {uniform: [30, 80]}}
                warmup: {requests: 0}
                phases: [probe: {requests: 12, gap: 1ms}]
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"]], within: 30)
            let totals = try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]
            let spent = try #require(totals["outcomes"]["reasoning_only"].int, "\(ended.all)")
            let useful = try #require(totals["requests"]["useful"].int)
            #expect(spent + useful == 12)
            #expect(spent > 0 && useful > 0)
            #expect(
                ended.out.contains("\(spent) of 12 answers were cut by max_tokens before a word of the answer came")
            )
            // Every request is billed, the useful ones bear it.
            let input = Double(totals["input_tokens"].int ?? 0)
            let output = Double(totals["output_tokens"].int ?? 0)
            let dollars = (input + 10 * output) / 1e6
            #expect(abs((totals["cost"]["usd"].double ?? 0) - dollars) < 1e-9)
            #expect(abs((totals["cost"]["usd_per_useful_result"].double ?? 0) - dollars / Double(useful)) < 1e-9)
        }

        @Test func `answers asked for in one piece have an end and no first token, in every API`() throws {
            let folder = try Folder()
            let scenario = try folder.write(Self.scenario, to: "s.yaml")
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let apis = [
                "openai-chat", "openai-completions", "openai-responses", "anthropic", "gemini", "gemini-interactions",
                "ollama", "tgi", "cohere-v2",
            ]
            let targets = apis.map { "{name: \($0), url: '127.0.0.1:\(port)', api: \($0), model: simulated}" }
            let profile = try folder.write(
                """
                targets: [\(targets.joined(separator: ", "))]
                workload: {prompts: {synthetic: {input_tokens: 40}}, max_tokens: 10, stream: false}
                warmup: {requests: 0}
                phases: [probe: {requests: 3, gap: 1ms}]
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            let summary = try JSON(file: folder["run/summary.json"])
            for (number, api) in apis.enumerated() {
                let totals = summary["targets"][number]["totals"]
                #expect(totals["outcomes"]["ok_length"].int == 3, "\(api): \(ended.all)")
                #expect(totals["output_tokens"].int == 30, "\(api)")
                #expect(totals["e2e_ms"]["count"].int == 3, "\(api)")
                #expect((totals["e2e_ms"]["min"].double ?? 0) >= 50, "\(api)")
                for figure in ["ttft_ms", "ttfv_ms", "tpot_ms", "itl_ms", "decode_tps", "wait_ms"] {
                    #expect(totals[figure]["count"].int ?? 0 == 0, "\(api) \(figure)")
                }
            }
            #expect(summary["warnings"].list.contains { $0.text?.contains("asked for in one piece") == true })
        }

        @Test func `--no-stream asks for answers in one piece`() throws {
            let ended = try Spate.run(["probe", "--request-count", "2", "--no-stream", "--print-profile"])
            #expect(ended.out.contains("\n  stream: false\n"))
        }
    }
}
