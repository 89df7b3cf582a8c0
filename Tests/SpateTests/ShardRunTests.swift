import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// A run in parts, as processes on one machine, and their merge.
    @Suite struct ShardRunTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func refusal(_ words: String...) throws -> String {
            let ended = try Spate.run(
                ["ramp", "--concurrency", "2", "--url", "http://127.0.0.1:9", "--model", "m"] + words,
                within: 20
            )
            #expect(ended.status == 104, "\(ended.all)")
            return ended.error
        }

        @Test func `what cannot begin together is refused before anything is sent`() throws {
            #expect(try refusal("--shard", "0/2").contains("no common start"))
            #expect(try refusal("--shard", "0/2", "--start-at", "+2s").contains("a different instant"))
            #expect(try refusal("--shard", "2/2", "--start-at", "2099-01-01T00:00:00Z").contains("k from 0 to n - 1"))
            #expect(try refusal("--shard", "0/2", "--start-at", "2020-01-01T00:00:00Z").contains("s ago"))
            #expect(try refusal("--start-at", "soon").contains("allowed: an instant"))
            #expect(try refusal("--rendezvous", "127.0.0.1:7000").contains("say which one this is"))
            #expect(try refusal("--shard", "auto/2", "--start-at", "2099-01-01T00:00:00Z").contains("say --shard k/2"))
            let simulated = try Spate.run(
                ["ramp", "--shard", "0/2", "--start-at", "2099-01-01T00:00:00Z"],
                within: 20
            )
            #expect(simulated.status == 104)
            #expect(simulated.error.contains("a simulated provider of its own"))
        }

        @Test func `shard auto prints what it found`() throws {
            let ended = try Spate(
                ["ramp", "--concurrency", "4", "--url", "http://127.0.0.1:9", "--shard", "auto", "--dry-run"],
                environment: ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "3"]
            ).end(within: 20)
            #expect(ended.error.contains("shard 1/3: SLURM_PROCID=1 of 3 tasks of the step"), "\(ended.all)")
        }

        @Test func `three shards with a rendezvous merge into a run that has every prompt once`() throws {
            let server = try Spate(["simulate", "--port", "0"])
            defer { server.send(SIGKILL) }
            #expect(wait(atMost: 10) { server.outSoFar.hasSuffix("\n") })
            let address = try #require(server.outSoFar.split(separator: ":").last.flatMap { Int($0.dropLast()) })
            let url = "http://127.0.0.1:\(address)"
            let port = Int.random(in: 20_000..<30_000)
            let shards = try (0..<3).map { shard in
                try Spate([
                    "batch", "--request-count", "31", "--concurrency", "7", "--url", url, "--model", "simulated",
                    "--max-tokens", "4",
                    "--quiet", "--no-calibration", "--shard", "\(shard)/3", "--rendezvous", "127.0.0.1:\(port)",
                    "-o", folder["s\(shard)"],
                ])
            }
            for shard in shards {
                let ended = try shard.end(within: 60)
                #expect([0, 97].contains(ended.status), "\(ended.all)")
            }
            let paths = (0..<3).map { folder["s\($0)"] }
            let missing = try Spate.run(["merge", paths[0], paths[2], "-o", folder["none"]], within: 20)
            #expect(missing.status == 104)
            #expect(missing.error.contains("shard 1 of 3 is missing"))
            let merged = try Spate.run(["merge"] + paths + ["-o", folder["whole"]], within: 60)
            #expect([0, 97].contains(merged.status), "\(merged.all)")
            #expect(merged.out.contains("Shards: 3 of 3"))
            let summary = try JSON(file: folder["whole/summary.json"])
            #expect(
                summary["targets"].list[0]["phases"].list.first { $0["kind"].text == "batch" }?["stats"]["requests"][
                    "scheduled"
                ].int == 31
            )
            #expect(summary["shards"]["shards"].list.map { $0["requests"].int } == [11, 10, 10])
            #expect(summary["shards"]["clock_uncertainty_ms"].double == 0)
            let part = try Spate.run(
                ["merge", paths[0], paths[2], "-o", folder["part"], "--allow-missing"],
                within: 60
            )
            #expect(part.out.contains("all figures are of 2/3 of the load"))
        }
    }
}
