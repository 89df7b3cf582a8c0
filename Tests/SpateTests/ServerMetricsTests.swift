import Foundation
import Synchronization
import TestSupport
import Testing

extension ProgramTests {
    /// The servers' own metrics beside a run.
    @Suite struct ServerMetricsTests {
        private static let profile = """
            targets:
              - provider: simulated
                metrics: /metrics
                scenario: {replicas: 1, slots: 4, step: {base: 50ms}, prefill: {base: 5ms, per_1k_tokens: 0ms}}
            workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 8}
            warmup: {requests: 2}
            phases: [ramp: {concurrency: [2, 8], hold: 8s, settle: 100ms, min_requests: 1}]
            """

        @Test func `the simulated provider's counters, its journal and the summary agree, and its queue is told`()
            throws
        {
            let folder = try Folder()
            let profile = try folder.write(Self.profile, to: "profile.yaml")
            let ended = try Spate.run(["run", profile, "-o", folder["run"], "--quiet"])
            let target = try JSON(file: folder["run/summary.json"])["targets"][0]
            let compared = target["server"]["reconciled"]
            #expect(compared["agrees"].bool == true, "\(ended.all)")
            let journal = try TruthFile(folder["run/truth.jsonl"]).requests
            #expect(compared["output_tokens"]["server"].int == journal.values.reduce(0) { $0 + $1.tokens })
            #expect(compared["prompt_tokens"]["server"].int == journal.values.reduce(0) { $0 + $1.promptTokens })
            #expect(compared["requests"]["server"].int == journal.values.count { $0.outcome == "completed" })
            let steps = target["phases"][0]["steps"]
            #expect(
                steps[0]["server"]["waiting"]["max"].double == 0 && steps[0]["server"]["running"]["max"].double == 2
            )
            // Four of eight wait, less those that a busy machine has under way between two answers of 400 ms.
            #expect(
                steps[1]["server"]["running"]["max"].double == 4
                    && (steps[1]["server"]["waiting"]["mean"].double ?? 0) > 2
            )
            let said = ended.all.split { $0.isWhitespace }.joined(separator: " ").lowercased()
            #expect(said.contains("requests wait in the server's own queue from 8 streams on"), "\(ended.all)")
        }

        @Test func `the key goes to the target's own origin alone, and no text of the server brings it into a file`()
            throws
        {
            let folder = try Folder()
            let key = "sk-canary-5a1e77c2d09b"
            let heads = Mutex<[String]>([])
            let other = ScriptedServer.answering { request in
                heads.withLock { $0.append("other " + request) }
                return ScriptedServer.answer(
                    "200 OK",
                    "text/plain",
                    "llamacpp:requests_processing 1\nx{k=\"\(key)\"} 1\n"
                )
            }
            let own = ScriptedServer.answering { request in
                if request.hasPrefix("GET /metrics") {
                    heads.withLock { $0.append("own " + request) }
                    return ScriptedServer.answer(
                        "200 OK",
                        "text/plain",
                        "llamacpp:requests_processing 2\nx{k=\"\(key)\"} 1\n"
                    )
                }
                if request.hasPrefix("GET") {
                    return ScriptedServer.answer("200 OK", "application/json", #"{"data":[{"id":"m"}]}"#)
                }
                return ScriptedServer.answer(
                    "200 OK",
                    "text/event-stream",
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
                )
            }
            let ended = try Spate.run(
                [
                    "probe", "--request-count", "2", "--gap", "1ms", "--url", own.url, "--model", "m", "--key-env",
                    "CANARY", "-o", folder["run"],
                ]
                    + [
                        "--metrics-url", "http://127.0.0.1:\(other.port)/metrics", "--metrics-url",
                        "http://127.0.0.1:\(own.port)/metrics",
                    ]
                    + ["--metrics-url", "/metrics", "--header", "X-Team: load", "--quiet"],
                environment: ["CANARY": key]
            )
            let seen = heads.withLock { $0 }
            #expect(seen.contains { $0.hasPrefix("own ") } && seen.contains { $0.hasPrefix("other ") }, "\(ended.all)")
            for head in seen {
                let isOwn = head.hasPrefix("own ")
                #expect(head.contains(key) == isOwn && head.contains("X-Team: load") == isOwn, "\(head)")
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: folder["run"]) {
                let text = String(decoding: try folder.bytes(of: "run/\(name)"), as: UTF8.self)
                #expect(!text.contains(key), "\(name)")
            }
        }
    }
}
