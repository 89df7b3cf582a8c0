import Foundation
import Glibc
import TestSupport
import Testing

extension CommandTests {
    /// Flags, as scripts and CI use them.
    @Suite struct OptionTests {
        private let folder: Folder
        private let quick: [String]

        init() throws {
            folder = try Folder()
            quick = [
                "ramp", "--concurrency", "2", "--hold", "300ms", "--settle", "50ms", "--hold-max", "500ms",
                "--max-tokens", "8", "--set",
                "targets=[{provider: simulated, scenario: {from: steady, time_scale: 0.05}}]", "--quiet",
            ]
        }

        private func run(_ more: String...) throws -> (ended: Spate.Ended, summary: JSON) {
            let ended = try Spate.run(quick + ["-o", folder["run"]] + more, within: 20)
            return (ended, try JSON(file: folder["run/summary.json"]))
        }

        @Test func `a threshold that fails is 99`() throws {
            let (ended, summary) = try run("--threshold", "ttft.p50 < 1us", "--threshold", "error_rate < 1%")
            #expect(ended.status == (summary.statusOfSoundRun == 97 ? 97 : 99), "\(ended.all)")
            #expect(summary["thresholds"].list.map { $0["passed"].bool } == [false, true])
            #expect(summary["run"]["exit_code"].int == Int(ended.status))
        }

        @Test func `thresholds that hold are 0`() throws {
            let (ended, summary) = try run(
                "--threshold",
                "ttft.p50 < 1h",
                "--threshold",
                "ramp.e2e.p50[concurrency=2] > 1us"
            )
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["thresholds"].list.map { $0["passed"].bool } == [true, true])
        }

        @Test func `json puts the summary on standard output, and nothing else there`() throws {
            let (ended, _) = try run("--json")
            #expect(Array(ended.out.utf8) == (try folder.bytes(of: "run/summary.json")))
        }

        @Test func `a cap on requests is kept to the request and said`() throws {
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "3", "--hold", "30s", "--settle", "50ms", "--min-requests", "5",
                    "--max-tokens", "8", "--max-requests", "20", "--warmup-request-count", "3", "--quiet", "-o",
                    folder["run"], "--set",
                    "targets=[{provider: simulated, scenario: {from: steady, time_scale: 0.05}}]",
                ],
                within: 20
            )
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["stopped_by"].text == "max_requests")
            #expect(summary["targets"][0]["warmup"]["requests"].int == 3)
            // Preflight looks at /models, which the journal does not count.
            #expect(try TruthFile(folder["run/truth.jsonl"]).requests.count == 20)
        }

        @Test func `a dry run shows the plan, sends nothing and makes nothing`() throws {
            let server = ScriptedServer.answering { _ in nil }
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "1,64", "--hold", "5s", "--url", server.url, "--model", "m", "--dry-run",
                    "-o", folder["run"],
                ]
            )
            #expect(ended.status == 0)
            #expect(ended.out.contains("peak concurrency: 64"))
            #expect(ended.out.contains(server.url))
            #expect(server.requests == 0)
            #expect(!folder.has("run"))
        }

        @Test func `a printed profile is read back as it was, settings and all`() throws {
            let first = try Spate.run(
                quick + ["--set", "phases.0.ramp.settle=70ms", "--seed", "9", "--print-profile"]
            )
            #expect(first.status == 0)
            #expect(first.out.contains("settle: 70ms"))
            #expect(first.out.contains("seed: 9"))
            let path = try folder.write(first.out, to: "printed.yaml")
            let second = try Spate.run(["run", path, "--print-profile"])
            #expect(second.out == first.out, "\(second.error)")
        }

        @Test(arguments: [
            ["ramp", "--concurrency", "1"], ["burst", "--size", "4"],
            ["soak", "--concurrency", "1", "--duration", "10s"],
            ["rate", "--request-rate", "5", "--duration", "10s"],
            ["batch", "--request-count", "4", "--concurrency", "2"],
            ["probe", "--request-count", "3"], ["keepwarm", "--gaps", "1s,2s"], ["replay"],
        ])
        func `every shortcut takes the flags of the measured window, and says which change nothing`(words: [String])
            throws
        {
            let row = #"{"at_ms": 0, "input_tokens": 5, "output_tokens": 3}"#
            let trace = words == ["replay"] ? [try folder.write(row + "\n", to: "trace.jsonl")] : []
            let ended = try Spate.run(words + trace + ["--settle", "1s", "--min-requests", "30", "--print-profile"])
            #expect(ended.status == 0, "\(ended.error)")
            #expect(ended.out.contains("settle: 1s") != ended.error.contains("note: --settle changes nothing"))
            #expect(
                ended.out.contains("min_requests: 30") != ended.error.contains("note: --min-requests changes nothing")
            )
        }

        @Test func `the same seed plans the same schedule, another seed another`() throws {
            func plan(_ seed: String) throws -> String {
                let ended = try Spate.run(quick + ["--seed", seed, "--dry-run"])
                return ended.out.components(separatedBy: "schedule ").dropFirst().joined().prefix(12).description
            }
            let one = try plan("1")
            #expect(one.count == 12)
            #expect(try plan("1") == one)
            #expect(try plan("2") != one)
        }

        @Test func `other tools' names for flags are understood`() throws {
            let ended = try Spate.run(
                [
                    "ramp", "-c", "1,2", "--base-url", "http://127.0.0.1:9/v1", "-m", "m", "--backend", "vllm", "--osl",
                    "33", "--num-warmups", "4", "--goodput", "ttft:200 tpot:50 e2el:3000", "--print-profile",
                ]
            )
            #expect(ended.status == 0, "\(ended.error)")
            for words in [
                "concurrency: [1, 2]", "http://127.0.0.1:9/v1", "model: \"m\"", "openai-chat", "max_tokens: 33",
                "requests: 4", "ttft: 200ms", "tpot: 50ms", "e2e: 3s",
            ] { #expect(ended.out.contains(words), "\(words) is not in \(ended.out)") }
        }

        @Test func `results never overwrite each other, and latest is the newest`() throws {
            for _ in 0..<2 {
                _ = try Spate.run(quick + ["--result-dir", folder["results"], "--set", "name=same"], within: 20)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder["results"]).filter { $0 != "latest" }
            #expect(names.count == 2)
            let latest = try FileManager.default.destinationOfSymbolicLink(atPath: folder["results/latest"])
            #expect(latest == names.max { $0.count == $1.count ? $0 < $1 : $0.count < $1.count })
            let dead = try Spate.run(
                [
                    "ramp", "--concurrency", "1", "--hold", "1s", "--url",
                    "http://127.0.0.1:\(ScriptedServer.closedPort())",
                    "--model", "m", "--result-dir", folder["results"],
                ]
            )
            #expect(dead.status == 98)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder["results/latest"]) == latest)
        }

        @Test func `a simulated provider of its own is driven like any server`() throws {
            let truth = folder["truth.jsonl"]
            let scenario = try folder.write("{from: steady, time_scale: 0.05}\n", to: "quick.yaml")
            let server = try Spate(["simulate", "--port", "0", "--scenario", scenario, "--truth", truth])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let port = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let ended = try Spate.run(
                [
                    "ramp", "--concurrency", "2", "--hold", "300ms", "--settle", "50ms", "--hold-max", "500ms",
                    "--max-tokens", "8", "--url", "127.0.0.1:\(port)", "-o", folder["run"], "--quiet",
                ],
                within: 20
            )
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            #expect(summary["run"]["simulated"].bool == false)
            #expect(summary["targets"][0]["url"].text == "http://127.0.0.1:\(port)/v1")
            server.send(SIGTERM)
            #expect(try server.end(within: 30).status == 0)
            let journal = try TruthFile(truth)
            #expect(journal.isClosed)
            let target = summary["targets"][0]
            // The list of models, a short answer, three to size prompts.
            #expect(target["preflight"]["requests"].int == 5)
            #expect(
                journal.requests.values.map(\.tokens).reduce(0, +)
                    == ["totals", "warmup", "preflight"].reduce(0) { $0 + (target[$1]["output_tokens"].int ?? 0) }
            )
        }
    }
}
