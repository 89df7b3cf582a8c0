import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// Signals: what was measured stays, and nobody is left behind.
    @Suite struct InterruptTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        /// Streams of about 1 s on 4 slots, for longer than any test waits.
        private func begin(tokens: Int = 40) throws -> Spate {
            let profile = """
                name: long
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 4, prefill: {base: 10ms}, step: {base: 20ms}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: \(tokens)}
                warmup: {requests: 0}
                phases:
                  - steady: {concurrency: 4, for: 2m, settle: 0s}
                """
            let path = try folder.write(profile, to: "long.yaml")
            let spate = try Spate(["run", path, "-o", folder["run"], "--full"])
            #expect(wait(atMost: 10) { folder.has("run/run.sqlite") })
            return spate
        }

        private func truth() throws -> TruthFile { try TruthFile(folder["run/truth.jsonl"]) }

        /// The child's id, from the journal's first line.
        private func simulator() -> pid_t {
            var process: pid_t = 0
            _ = wait(atMost: 5) {
                process = (try? truth().processID) ?? 0
                return process > 0
            }
            return process
        }

        @Test(arguments: [SIGINT, SIGTERM])
        func `the first signal drains, reports in full and ends with 105`(signal: Int32) throws {
            let spate = try begin()
            let child = simulator()
            #expect(wait(atMost: 20) { (try? truth().requests.count) ?? 0 >= 4 })
            spate.send(signal)
            let ended = try spate.end(within: 40)
            #expect(ended.status == 105, "\(ended.all)")
            #expect(ended.out.contains("Totals"))
            #expect(isForPeople(ended.all))
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(summary["run"]["interrupted"].bool == true)
            #expect(summary["run"]["complete"].bool == true)
            #expect(summary["run"]["exit_code"].int == 105)
            let requests = summary["targets"][0]["totals"]["requests"]
            #expect((requests["success"].int ?? 0) >= 4)
            #expect(requests["success"].int == requests["scheduled"].int, "those in flight were let finish")
            let journal = try truth()
            #expect(journal.isClosed)
            #expect(journal.requests.count == requests["scheduled"].int)
            #expect(!isAlive(child))
        }

        @Test func `the second signal stops at once with 105, and the rest can be read`() throws {
            let spate = try begin(tokens: 3000)  // a drain would take a minute
            let child = simulator()
            // Before anything is in flight a drain takes no time, and the run ends whole.
            #expect(
                wait(atMost: 20) { (try? Spate.run(["status", folder["run"]]).out.contains("4 in flight")) == true }
            )
            spate.send(SIGINT)
            #expect(wait(atMost: 10) { spate.errorSoFar.contains("press Ctrl-C again to stop at once") })
            #expect(isAlive(spate.processID))
            let before = spate.elapsed
            spate.send(SIGINT)
            let ended = try spate.end(within: 40)
            #expect(ended.status == 105)
            #expect(ended.seconds - before < 20, "a drain would take a minute")
            #expect(wait(atMost: 20) { !isAlive(child) })
            let report = try Spate.run(["report", folder["run"], "--json"])
            #expect(report.status == 0, "\(report.error)")
            #expect(try JSON(report.out)["run"]["complete"].bool == false)
        }

        @Test func `after SIGKILL the report is marked incomplete and lacks at most the last second`() throws {
            let spate = try begin(tokens: 4)  // short answers: some 40 ends a second
            let child = simulator()
            #expect(wait(atMost: 20) { (try? truth().requests.count) ?? 0 > 60 })
            let killed = clock()
            spate.send(SIGKILL)
            #expect(try spate.end(within: 20).status == -SIGKILL)
            #expect(wait(atMost: 20) { !isAlive(child) }, "the simulated provider outlives its parent")
            let report = try Spate.run(["report", folder["run"]])
            #expect(report.status == 0, "\(report.error)")
            #expect(report.out.lowercased().contains("incomplete"))
            let summary = try JSON(try Spate.run(["report", folder["run"], "--json"]).out)
            #expect(summary["run"]["complete"].bool == false)
            let id = try #require(summary["run"]["id"].text)
            let rows = RequestSheet(try Spate.run(["report", folder["run"], "--csv"]).out).rows
            #expect(rows.count > 20)
            // The journal has every request on the clock of this machine: the newest that was stored, and its age at the kill.
            let journal = try truth().requests
            let newest = rows.compactMap { journal["\(id)-\($0["sequence"] ?? "")"]?.received }.max() ?? 0
            #expect(Double(killed - newest) / 1e9 < 1.5)
        }

        private func clock() -> Int64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        }
    }
}
