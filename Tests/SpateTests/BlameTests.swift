import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// The load generator's own slowness is found, timed and not blamed on the server.
    @Suite struct BlameTests {
        @Test func `a generator that was stopped says so, for how long, and ends with 97`() throws {
            let folder = try Folder()
            let profile = """
                targets:
                  - provider: simulated
                    scenario: {from: slots16, slots: 4, prefill: {base: 20ms}, step: {base: 10ms}}
                workload: {prompts: {synthetic: {input_tokens: 16}}, max_tokens: 16}
                warmup: {requests: 0}
                phases:
                  - steady: {concurrency: 4, for: 4s, settle: 200ms}
                """
            let path = try folder.write(profile, to: "steady.yaml")
            let spate = try Spate(["run", path, "-o", folder["run"], "--quiet"])
            #expect(wait(atMost: 20) { folder.has("run/run.sqlite") })
            usleep(1_500_000)
            let stopped = ContinuousClock().measure {
                spate.send(SIGSTOP)
                usleep(1_000_000)
                spate.send(SIGCONT)
            }
            let ended = try spate.end(within: 30)
            #expect(ended.status == 97, "\(ended.all)")
            #expect(ended.out.hasPrefix("INVALID"))
            let summary = try JSON(file: folder["run/summary.json"])
            #expect(summary["validity"]["verdict"].text == "invalid")
            let incidents = summary["targets"][0]["phases"][0]["incidents"].list
            let lengths = incidents.map { ($0["end_s"].double ?? 0) - ($0["start_s"].double ?? 0) }
            let longest = try #require(lengths.max())
            // The one who stops it is late on a busy machine, too.
            #expect(longest > 0.8 && longest < stopped / .seconds(1) + 0.2, "\(lengths), stopped for \(stopped)")
            let words = incidents.compactMap { $0["detail"].text }.joined()
            #expect(words.contains("client was stopped"), "\(words)")
        }
    }
}
