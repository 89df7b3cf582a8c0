import Foundation
import Testing

extension CommandTests {
    /// Synthetic prompts over sockets, counted by providers whose tokens are none of ours.
    @Suite struct CalibrationTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func target(_ name: String, bytesPerToken: Double, template: Int) -> String {
            "  - {name: \(name), provider: simulated, price: {input: 1, output: 2}, scenario: {from: steady, "
                + "prefill: {base: 2ms, per_1k_tokens: 0ms}, step: {base: 2ms, per_active: 0ms}, "
                + "prompt_tokens: {bytes_per_token: \(bytesPerToken), template: \(template)}}}"
        }

        private func profile(_ targets: [String], phase: String = "probe: {requests: 20, gap: 0s}") throws -> String {
            let text = """
                name: sized
                seed: 5
                targets:
                \(targets.joined(separator: "\n"))
                workload: {prompts: {synthetic: {input_tokens: 512}}, max_tokens: 4}
                warmup: {requests: 1}
                phases:
                  - \(phase)
                """
            return try folder.write(text, to: "sized.yaml")
        }

        /// Without the lines that a report is broken into.
        private func said(_ ended: Spate.Ended) -> String {
            ended.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        private func run(_ name: String, _ profile: String, _ flags: String...) throws -> (Spate.Ended, JSON) {
            let ended = try Spate.run(["run", profile, "-o", folder[name], "--quiet", "--full"] + flags)
            let summary = try JSON(file: folder["\(name)/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            return (ended, summary)
        }

        @Test func `512 tokens asked for are 512 by the server's own count, and without calibration they are not`()
            throws
        {
            let file = try profile([target("odd", bytesPerToken: 2.6, template: 40)])
            let (ended, summary) = try run("with", file)
            let length = summary["targets"][0]["prompt_length"]
            #expect(length["asked"].double == 512)
            #expect(abs(length["error"].double ?? 1) < 0.03, "\(length["counted"].double ?? 0)")
            let found = summary["calibration"]
            #expect(found["applied"].bool == true && found["target"].text == "odd")
            #expect(abs((found["template_tokens"].double ?? 0) - 40) < 3)
            // Twelve words of 3.4 letters and their spaces, and a stop, in 13 units.
            #expect(abs((found["tokens_per_word"].double ?? 0) - 1.6) < 0.1)
            // Three requests and the preflight's share of the journal.
            #expect(found["requests"].int == 3)
            #expect(summary["targets"][0]["preflight"]["requests"].int == 3 + 1)
            let journal = try TruthFile(folder["with/truth.jsonl"]).requests
            #expect(journal.count == 3 + 1 + 20, "calibration, warm-up, probes")
            #expect(found["usd"].double ?? 0 > 0)
            #expect(said(ended).contains("Prompts were sized beforehand by odd's own count"))
            #expect(!said(ended).contains("not of the length asked for"))
            // The same from what was stored alone.
            let again = try Spate.run(["report", folder["with"], "--json"])
            #expect(try JSON(again.out)["calibration"]["tokens_per_word"].double == found["tokens_per_word"].double)

            let (plain, without) = try run("without", file, "--no-calibration")
            let off = without["targets"][0]["prompt_length"]
            #expect(off["error"].double ?? 0 > 0.4)
            #expect(off["off_share"].double == 1)
            #expect(said(plain).contains("Prompts are not of the length asked for"))
            #expect(said(plain).contains("one word was taken for one token"))
            #expect(try TruthFile(folder["without/truth.jsonl"]).requests.count == 21)
        }

        @Test func `several targets get the text that the first one was asked about`() throws {
            let file = try profile([
                target("a", bytesPerToken: 2.6, template: 40), target("b", bytesPerToken: 5.2, template: 0),
            ])
            let (ended, summary) = try run("both", file)
            #expect(summary["calibration"]["target"].text == "a")
            let lengths = (0..<2).map { summary["targets"][$0]["prompt_length"] }
            #expect(abs(lengths[0]["error"].double ?? 1) < 0.03)
            // The same bytes, in tokens twice as long, and no template.
            let expected: Double = (512 - 40) / 2
            #expect(abs((lengths[1]["counted"].double ?? 0) - expected) < 10, "\(lengths[1]["counted"].double ?? 0)")
            #expect(said(ended).contains("the same text went to all targets"))
            #expect(said(ended).contains("b: Prompts are not of the length asked for"))
            #expect(!said(ended).contains("a: Prompts are not of the length asked for"))
        }

        @Test func `it is in the plan with its price, keeps within the limits, and a dry run sends nothing`() throws {
            let file = try profile([target("odd", bytesPerToken: 2.6, template: 40)])
            let plan = try Spate.run(["run", file, "--dry-run"])
            #expect(plan.out.contains("calibration of prompts on odd: 3 requests, at most"), "\(plan.out)")
            #expect(!FileManager.default.fileExists(atPath: folder["results"]))
            #expect(try !Spate.run(["run", file, "--dry-run", "--no-calibration"]).out.contains("calibration"))
            // 20 probes and a warm-up: with 21 requests there is no room beside them, with 24 there is.
            let (tight, lean) = try run("tight", file, "--max-requests", "21")
            #expect(lean["calibration"]["applied"].bool == false)
            #expect(lean["calibration"]["problem"].text?.contains("max_requests") == true)
            #expect(said(tight).contains("one word for one token"))
            #expect(lean["targets"][0]["totals"]["requests"]["success"].int == 20)
            let (_, roomy) = try run("roomy", file, "--max-requests", "24")
            #expect(roomy["calibration"]["applied"].bool == true)
            #expect(roomy["targets"][0]["totals"]["requests"]["success"].int == 20)
            #expect(roomy["run"]["stopped_by"].isNull)
        }

        @Test func `a provider that tells no usage keeps the rule of thumb, and the report says so`() throws {
            let silent = target("silent", bytesPerToken: 2.6, template: 40)
                .replacingOccurrences(of: "prompt_tokens:", with: "habits: {tells_usage: false}, prompt_tokens:")
            let (ended, summary) = try run("silent", try profile([silent]))
            #expect(summary["calibration"]["applied"].bool == false)
            #expect(summary["targets"][0]["prompt_length"].isNull)
            #expect(said(ended).contains("it does not report how many tokens a prompt has"))
        }

        @Test func `prompts of a trace have the trace's tokens by the server's count`() throws {
            let rows = (0..<20).map {
                "{\"at_ms\": \($0 * 20), \"input_tokens\": \(300 + 20 * $0), \"output_tokens\": 4}"
            }
            _ = try folder.write(rows.joined(separator: "\n") + "\n", to: "trace.jsonl")
            let file = try profile(
                [target("odd", bytesPerToken: 2.6, template: 40)],
                phase: "replay: {trace: trace.jsonl, format: jsonl}"
            )
            let (_, summary) = try run("replay", file)
            let length = summary["targets"][0]["prompt_length"]
            #expect(length["requests"].int == 20)
            #expect(length["asked"].double == 490)
            #expect(abs(length["error"].double ?? 1) < 0.03, "\(length["counted"].double ?? 0)")
            #expect(length["off_share"].double == 0)
            #expect(summary["calibration"]["requests"].int == 4)
        }
    }
}
