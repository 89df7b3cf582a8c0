import Foundation
import Glibc
import TestSupport
import Testing

extension ProgramTests {
    /// Conversations with a real server (llama.cpp with `--metrics`, nobody else on it), where SPATE_REALSERVER is its URL:
    /// its own counter is the truth. The gateways before it are in Tests/acceptance. SPATE_REALSERVER_EMBEDDINGS is one that
    /// was started with `--embeddings`.
    @Suite(.serialized) struct RealServerTests {
        static let url = address("SPATE_REALSERVER")
        static let embedder = address("SPATE_REALSERVER_EMBEDDINGS")

        private static func address(_ variable: String) -> String? {
            ProcessInfo.processInfo.environment[variable].map { $0.hasSuffix("/v1") ? String($0.dropLast(3)) : $0 }
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

        @Test(.enabled(if: embedder != nil, "set SPATE_REALSERVER_EMBEDDINGS to the URL of a llama.cpp server"))
        func `its counter of prompts grows by the input that spate reports of embeddings`() throws {
            let url = try #require(Self.embedder)
            let folder = try Folder()
            let before = try settled(url, Self.promptCounter)
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "1,4", "--hold", "1s", "--settle", "200ms", "--min-requests", "1",
                    "--input-tokens", "24", "--inputs-per-request", "3", "--warmup-request-count", "2", "--url", url,
                    "--api", "embeddings", "--model", "any", "--no-preflight", "-o", folder["run"], "--quiet",
                ],
                within: 60
            )
            let after = try settled(url, Self.promptCounter)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            let said = rows.reduce(0) { $0 + (Int($1["input_tokens"] ?? "") ?? 0) }
            #expect(said > 0 && said == after - before, "\(ended.all)")
            #expect(rows.allSatisfy { $0["outcome"] == "ok" && $0["vectors"] == "3" && $0["useful"] == "1" })
        }

        private static let answerCounter = "llamacpp:tokens_predicted_total"
        private static let promptCounter = "llamacpp:prompt_tokens_total"

        private func counter(_ url: String, _ name: String) throws -> Int {
            let text = try Self.get("/metrics", from: url)
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return Int(try #require(line?.split(separator: " ").last.flatMap { Double($0) }))
        }

        private static func get(_ path: String, from url: String) throws -> String {
            let port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
            return try #require(localGet(path, ofPort: port), "nobody listens at \(url)")
        }

        /// The counter, once it stands still: it lags the answers a little.
        private func settled(_ url: String, _ name: String = answerCounter) throws -> Int {
            var last = try counter(url, name)
            for _ in 0..<20 {
                usleep(500_000)
                let value = try counter(url, name)
                if value == last { return value }
                last = value
            }
            Issue.record("the server is busy with others; its counter does not stand still")
            return last
        }
    }
}
