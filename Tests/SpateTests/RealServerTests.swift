import Foundation
import Testing

extension ProgramTests {
    /// Conversations with a real server (llama.cpp with `--metrics`, nobody else on it), where SPATE_REALSERVER is its URL:
    /// its own counter is the truth. The gateways before it are in Tests/acceptance.
    @Suite(.serialized) struct RealServerTests {
        static let url = ProcessInfo.processInfo.environment["SPATE_REALSERVER"].map { text in
            text.hasSuffix("/v1") ? String(text.dropLast(3)) : text
        }

        @Test(
            .enabled(if: url != nil, "set SPATE_REALSERVER to the URL of a llama.cpp server"),
            arguments: ["openai-chat", "openai-completions", "openai-responses", "anthropic"]
        )
        func `its counter grows by the tokens that spate reports, in each of its APIs`(api: String) throws {
            let url = try #require(Self.url)
            let folder = try Folder()
            let before = try settled(url)
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "1,4", "--hold", "1s", "--settle", "200ms", "--min-requests", "1",
                    "--input-tokens", "24", "--max-tokens", "24", "--warmup-request-count", "2", "--url", url, "--api",
                    api,
                    "-o", folder["run"], "--quiet",
                ],
                within: 60
            )
            let after = try settled(url)
            let target = try JSON(file: folder["run/summary.json"])["targets"][0]
            let said = ["totals", "warmup", "preflight"].map { target[$0]["output_tokens"].int ?? -1 }
            #expect(said.reduce(0, +) == after - before, "\(said), the counter \(after - before): \(ended.all)")
            #expect(said.allSatisfy { $0 > 0 } && target["token_source"].text == "usage")
            let requests = target["totals"]["requests"]
            // A random model says nothing now and then; that is its answer.
            let empty = target["totals"]["outcomes"]["empty"].int ?? 0
            let answered = (requests["success"].int ?? 0) + empty
            #expect(answered == (requests["scheduled"].int ?? 0) - (requests["excluded"].int ?? 0), "\(ended.all)")
            #expect((target["totals"]["ttft_ms"]["count"].int ?? 0) == requests["success"].int)
        }

        private func counter(_ url: String) throws -> Int {
            let metrics = try #require(URL(string: url + "/metrics"))
            let text = try String(contentsOf: metrics, encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("llamacpp:tokens_predicted_total ") }
            return Int(try #require(line?.split(separator: " ").last.flatMap { Double($0) }))
        }

        /// The counter, once it stands still: it lags the answers a little.
        private func settled(_ url: String) throws -> Int {
            var last = try counter(url)
            for _ in 0..<20 {
                usleep(500_000)
                let value = try counter(url)
                if value == last { return value }
                last = value
            }
            Issue.record("the server is busy with others; its counter does not stand still")
            return last
        }
    }
}
