import Foundation
import Glibc
import Testing

extension ProgramTests {
    /// `--metrics-port` and `--events`.
    @Suite struct TelemetryTests {
        private static let probe = [
            "probe", "--request-count", "3", "--gap", "100ms", "--max-tokens", "4", "--warmup-request-count", "0",
            "--quiet",
        ]

        @Test func `whoever scrapes a run gets its last figures, and they are the summary's`() throws {
            let folder = try Folder()
            let run = try Spate(
                Self.probe + ["--metrics-port", "0", "-o", folder["run"], "--events", folder["events"]]
            )
            #expect(wait(atMost: 20) { run.errorSoFar.contains("/metrics\n") })
            let told = run.errorSoFar.split(separator: "metrics: http://127.0.0.1:").last?.prefix { $0.isNumber }
            let port = try #require(told.flatMap { UInt16($0) })
            var text = ""
            #expect(
                wait(atMost: 30) {
                    if let seen = localGet("/metrics", ofPort: port) { text = seen }
                    return text.contains("spate_run_over 1\n")
                }
            )
            let ended = try run.end(within: 20)
            let stats = try JSON(file: folder["run/summary.json"])["targets"][0]["phases"][0]["stats"]
            let labels = #"{phase="probe",target="simulated"}"#
            #expect(
                text.contains("spate_output_tokens_total\(labels) \(stats["output_tokens"].int ?? -1)\n"),
                "\(text)"
            )
            #expect(text.contains("spate_ttft_seconds_count\(labels) 3\n"))
            #expect(localGet("/metrics", ofPort: port) == nil, "it is gone with the run")
            let events = try String(contentsOfFile: folder["events"], encoding: .utf8).split(separator: "\n").map {
                try JSON(String($0))
            }
            #expect(events.first?["event"].text == "run_started" && events.last?["event"].text == "run_ended")
            #expect(events.last?["exit_code"].int == Int(ended.status))
            #expect(
                events.count { $0["event"].text == "step_started" } == events.count { $0["event"].text == "step_ended" }
            )
        }

        @Test(arguments: [
            ("--metrics-port", "x", "allowed: PORT or ADDRESS:PORT"), ("--metrics-port", "70000", "allowed"),
            ("--metrics-port", "somewhere:1", "numeric address"), ("--events", "/no/such/folder/e", "No such file"),
        ])
        func `what cannot be served or written is told before anything is sent`(
            flag: String,
            value: String,
            words: String
        ) throws {
            let folder = try Folder()
            let ended = try Spate.run(Self.probe + [flag, value, "-o", folder["run"]])
            #expect([104, 74].contains(ended.status) && ended.all.contains(words), "\(ended.all)")
            #expect(!FileManager.default.fileExists(atPath: folder["run/run.sqlite"]))
        }
    }
}
