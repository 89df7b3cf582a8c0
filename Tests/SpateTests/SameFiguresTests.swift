import Foundation
import Testing

@testable import Report

extension ProgramTests {
    /// One run, read in every way there is: all tell the same figures.
    @Suite struct SameFiguresTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func report(_ flags: String...) throws -> String {
            let ended = try Spate.run(["report", folder["run"]] + flags)
            #expect(ended.status == 0, "\(flags): \(ended.error)")
            return ended.out.replacing("\u{A0}", with: " ")
        }

        /// As a stranger reads the file: the values of each row of an answer of sqlite3.
        private func sql(_ query: String) throws -> [Double] {
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            shell.arguments = ["sqlite3", "-readonly", folder["run/run.sqlite"], query]
            let pipe = Pipe()
            shell.standardOutput = pipe
            try shell.run()
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            shell.waitUntilExit()
            return String(decoding: data, as: UTF8.self).split { "|\n".contains($0) }.compactMap { Double($0) }
        }

        /// Nearest rank.
        private func quantile(_ percent: Int, _ values: [Double]) -> Double? {
            values.isEmpty ? nil : values.sorted()[(values.count * percent + 99) / 100 - 1]
        }

        @Test
        func `terminal, page, JSON, CSV, Markdown, JUnit, GitHub, histogram, SQL and other tools' keys tell the same`()
            throws
        {
            let profile = try folder.write(
                """
                name: same
                targets: [{provider: simulated, price: {input: 1, output: 3}, scenario: {from: steady, time_scale: 0.2}}]
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
                warmup: {requests: 2}
                phases: [{ramp: {concurrency: [3], hold: 500ms, settle: 50ms, min_requests: 40, hold_max: 5s}}]
                thresholds: ['ramp.ttft.p50[concurrency=3] < 0.001ms', 'ramp.ttft.p95[concurrency=3] < 0.001ms', 'ramp.e2e.p95[concurrency=3] < 0.001ms', 'ramp.output_tokens_per_second[concurrency=3] > 100000000']
                """,
                to: "p.yaml"
            )
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"], within: 40)
            #expect([97, 99].contains(ended.status), "\(ended.all)")

            // The numbers.
            let summary = try JSON(try report("--json"))
            #expect(
                try JSON(file: folder["run/summary.json"])["targets"][0]["totals"]["output_tokens"].int
                    == summary["targets"][0]["totals"]["output_tokens"].int
            )
            let phase = try #require(summary["targets"][0]["phases"].list.first { $0["kind"].text == "ramp" })
            let stats = phase["steps"][0]["stats"]
            let success = try #require(stats["requests"]["success"].int)
            #expect(success >= 40)
            let p50 = try #require(stats["ttft_ms"]["p50"].double)
            let p95 = try #require(stats["ttft_ms"]["p95"].double)
            let e2e = try #require(stats["e2e_ms"]["p95"].double)
            let speed = try #require(stats["output_tokens_per_second"].double)
            let tokens = try #require(stats["output_tokens"].int)

            // SQL and CSV hold the requests themselves.
            let measured = "FROM request_ms WHERE measured AND phase_kind = 'ramp' AND outcome IN ('ok', 'ok_length')"
            let ttft = try sql("SELECT ttft_ms \(measured)")
            #expect(ttft.count == success)
            #expect(try sql("SELECT sum(output_tokens) \(measured)") == [Double(tokens)])
            let rows = RequestSheet(try report("--csv")).rows.filter {
                $0["measured"] == "1" && $0["phase_kind"] == "ramp" && ["ok", "ok_length"].contains($0["outcome"])
            }
            let lists = [
                (ttft, try sql("SELECT e2e_ms \(measured)")),
                (
                    rows.compactMap { $0["ttft_ms"].flatMap(Double.init) },
                    rows.compactMap { $0["e2e_ms"].flatMap(Double.init) }
                ),
            ]
            for (waits, whole) in lists {
                #expect(waits.count == success && whole.count == success)
                #expect(abs((quantile(50, waits) ?? 0) - p50) < 1e-6 && abs((quantile(95, waits) ?? 0) - p95) < 1e-6)
                #expect(abs((quantile(95, whole) ?? 0) - e2e) < 1e-6)
            }
            #expect(rows.compactMap { $0["output_tokens"].flatMap(Int.init) }.reduce(0, +) == tokens)

            // What is written for readers rounds them in one way.
            let plain = { (text: String) in text.replacing("\u{A0}", with: " ") }
            let waits = [p50, p95, e2e].map { plain(Figure.duration(milliseconds: $0)) }
            let texts = [
                "terminal": try report("--full"), "Markdown": try report("--markdown"),
                "GitHub": try report("--github"),
                "page": try report("--html", "-o", "-"), "JUnit": try report("--junit"),
            ]
            for (name, text) in texts where name != "JUnit" {
                for figure in waits + [Figure.rate(speed)] { #expect(text.contains(figure), "\(name) lacks \(figure)") }
            }
            // A threshold's value has three figures and the unit that was written.
            let values = [p50, p95, e2e].map { "value \(Figure.plain($0))ms" } + ["value \(Figure.plain(speed))"]
            for value in values { #expect(texts["JUnit"]?.contains(value) == true, "JUnit lacks \(value)") }
            let ladder = try report("--hist")
            for figure in ["p50 " + waits[0], "p95 " + waits[1]] { #expect(ladder.contains(figure), "\(figure)") }

            // The page's own numbers are summary.json's.
            let embedded = try #require(
                texts["page"]?.components(separatedBy: "id=\"page-data\">").last?.components(separatedBy: "</script>")
                    .first
            )
            let shown = try JSON(embedded)["summary"]["targets"][0]["phases"].list.first { $0["kind"].text == "ramp" }
            #expect(shown?["steps"][0]["stats"]["ttft_ms"]["p95"].double == p95)

            // By other tools' formulas, but of the same requests.
            let vllm = try JSON(try report("--compat", "vllm"))[0]
            #expect(vllm["completed"].int == success && vllm["total_output_tokens"].int == tokens)
            let mean = try #require(stats["ttft_ms"]["mean"].double)
            #expect(abs((vllm["mean_ttft_ms"].double ?? 0) - mean) < 1e-6)
            let aiperf = try JSON(try report("--compat", "aiperf"))[0]
            #expect(abs((aiperf["time_to_first_token"]["avg"].double ?? 0) - mean) < 1e-6)
            let guidellm = try JSON(try report("--compat", "guidellm"))[0]
            #expect(
                abs((guidellm["metrics"]["time_to_first_token_ms"]["successful"]["mean"].double ?? 0) - mean) < 1e-6
            )
        }
    }
}
