import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// `spate status`, `pause`, `resume`, `skip` and `stop` from another terminal.
    @Suite struct ControlTests {
        private static let profile = """
            targets: [{provider: simulated, scenario: {replicas: 1, slots: 8, step: {base: 5ms}, prefill: {base: 5ms, per_1k_tokens: 0ms}}}]
            workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 8}
            warmup: {requests: 1}
            phases:
              - {steady: {concurrency: 2, for: 3s, settle: 200ms}}
              - {rate: {rps: 10, for: 60s}}
            """

        @Test func `a run is asked, paused, resumed, skipped and stopped by its folder`() throws {
            let folder = try Folder()
            let profile = try folder.write(Self.profile, to: "profile.yaml")
            // Longer than a socket's path may be.
            let place = folder[String(repeating: "a-long-name-", count: 12)]
            let run = try Spate(["run", profile, "-o", place, "--quiet"])
            func ask(_ words: String...) throws -> Spate.Ended { try Spate.run(words + [place]) }
            #expect(wait(atMost: 20) { (try? ask("status", "--json").out.contains("\"steady\"")) ?? false })
            var facts = stat()
            #expect(stat(place + "/control.sock", &facts) == 0 && facts.st_mode & 0o777 == 0o600)

            #expect(try ask("pause").out.contains("paused"))
            #expect(try ask("pause").status == 104)
            #expect(wait(atMost: 10) { (try? JSON(ask("status", "--json").out)["in_flight"].int) == 0 })
            let before = try JSON(ask("status", "--json").out)
            #expect(
                before["state"].text == "paused" && before["phase"].text == "steady" && before["concurrency"].int == 2
            )
            usleep(700_000)
            let after = try JSON(ask("status", "--json").out)
            #expect(after["requests_started"].int == before["requests_started"].int)
            #expect((after["paused_s"].double ?? 0) > 0.6)
            #expect(try ask("status").out.contains("paused for"))
            #expect(try ask("resume").out.contains("goes on"))
            #expect(try ask("resume").status == 104)

            #expect(wait(atMost: 20) { (try? JSON(ask("status", "--json").out)["phase"].text) == "rate" })
            #expect(try ask("skip").status == 0)
            let ended = try run.end(within: 30)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            #expect(access(place + "/control.sock", F_OK) != 0)
            #expect(try ask("status").status == 104)

            let phases = try JSON(file: place + "/summary.json")["targets"][0]["phases"]
            let kinds = (0..<2).map { phases[$0]["incidents"].list.compactMap { $0["kind"].text } }
            #expect(kinds[0].contains("pause") && kinds[1].contains("skip"), "\(ended.all)")
            let step = phases[0]["steps"][0]
            #expect(abs((step["window_s"].double ?? 0) - 2.6) <= 0.4, "\(step["window_s"].double ?? 0)")
            #expect(ended.all.split { $0.isWhitespace }.joined(separator: " ").contains("somebody paused the run for"))
        }

        @Test func `a stop ends the run as an interrupt does`() throws {
            let folder = try Folder()
            let profile = try folder.write(Self.profile, to: "profile.yaml")
            let run = try Spate(["run", profile, "-o", folder["run"], "--quiet"])
            #expect(wait(atMost: 20) { (try? Spate.run(["stop", folder["run"]]).status) == 0 })
            #expect(try run.end(within: 30).status == 105)
            #expect(try JSON(file: folder["run/summary.json"])["run"]["interrupted"].bool == true)
        }

        @Test func `where no run goes on that is said`() throws {
            let folder = try Folder()
            for (place, words) in [(folder["none"], "no such folder"), (folder.path, "no run goes on in this folder")] {
                let ended = try Spate.run(["pause", place])
                #expect(ended.status == 104 && ended.error.contains(words), "\(ended.all)")
            }
        }
    }
}
