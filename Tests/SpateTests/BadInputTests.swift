import Foundation
import Testing

extension CommandTests {
    /// What cannot be run is refused before anything is sent or made.
    @Suite struct BadInputTests {
        private static let ramp = ["ramp", "--concurrency", "1", "--hold", "1s"]
        private static let nowhere = ["--url", "http://127.0.0.1:1", "--model", "m"]

        struct Case: Sendable, CustomTestStringConvertible {
            var name: String
            var profile: String?  // written to p.yaml
            var arguments: [String]
            var says: [String]  // all of them in one message

            var testDescription: String { name }
        }

        private static func profile(_ name: String, _ text: String, says: String...) -> Case {
            Case(name: name, profile: text, arguments: ["run", "p.yaml"], says: says)
        }

        private static func concurrency(_ levels: String, says: String...) -> Case {
            Case(
                name: "concurrency \(levels)",
                profile: "phases:\n  - ramp: {hold: 1s, concurrency: \(levels)}\n",
                arguments: ["run", "p.yaml"],
                says: ["p.yaml:2", "phases.0.ramp.concurrency"] + says
            )
        }

        private static func flags(_ name: String, _ arguments: [String], says: String...) -> Case {
            Case(name: name, profile: small, arguments: arguments, says: says)
        }

        private static let small = "phases:\n  - ramp: {concurrency: [1], hold: 1s}\n"
        private static let twoTargets = """
            targets:
              - {name: a, url: http://127.0.0.1:1/v1, model: m}
              - {name: b, url: http://127.0.0.1:1/v1, model: m}
            phases:
              - ramp: {concurrency: [1], hold: 1s}
            """

        static let cases: [Case] = [
            profile(
                "unknown key",
                "phases:\n  - ramp: {concurrency: [1], holt: 1s}\n",
                says: "p.yaml:2",
                "phases.0.ramp.holt",
                "did you mean hold?"
            ),
            profile("unknown top key", small + "wrkload: {}\n", says: "p.yaml:3", "wrkload", "did you mean workload?"),
            profile(
                "wrong unit",
                "phases:\n  - ramp: {concurrency: [1], hold: 3parsecs}\n",
                says: "p.yaml:2",
                "phases.0.ramp.hold",
                "3parsecs",
                "10s"
            ),
            profile("no unit", "phases:\n  - ramp: {concurrency: [1], hold: 30}\n", says: "phases.0.ramp.hold", "30"),
            profile("tab", "phases:\n\t- ramp: {concurrency: [1]}\n", says: "p.yaml:2", "tab"),
            profile("not YAML", "phases: [unclosed\n", says: "p.yaml"),
            profile("empty file", "", says: "p.yaml", "phases"),
            profile("no phase", "phases: []\n", says: "phases"),
            profile(
                "unknown provider",
                "targets:\n  - provider: digitalocaen\n" + small,
                says: "p.yaml:2",
                "digitalocaen",
                "did you mean digitalocean?"
            ),
            profile("prompt file missing", "workload: {prompts: {file: none.jsonl}}\n" + small, says: "none.jsonl"),
            profile(
                "unknown threshold metric in the file",
                small + "thresholds: ['tfft.p95 < 1s']\n",
                says: "p.yaml:3",
                "tfft",
                "did you mean 'ttft'?"
            ),
            concurrency("[]", says: "empty list"),
            concurrency("[0]", says: "\"0\"", "1 to 5000"),
            concurrency("[4, -4]", says: "\"-4\""),
            concurrency("[1000000]", says: "\"1000000\"", "max_in_flight"),
            concurrency("[99999999999999999999999]", says: "99999999999999999999999"),
            concurrency("[1.5]", says: "\"1.5\""),
            concurrency("[two]", says: "\"two\""),
            flags("profile missing", ["run", "nope.yaml"], says: "nope.yaml", "No such file"),
            flags("bare word as URL", ramp + ["--url", "foo"], says: "foo", "https://api.example.com/v1"),
            flags("URL of another scheme", ramp + ["--url", "ftp://127.0.0.1/v1"], says: "ftp"),
            flags("--api-key", ramp + nowhere + ["--api-key", "sk-canary"], says: "--api-key", "--key-env"),
            flags("--api_key=", ramp + nowhere + ["--api_key=sk-canary"], says: "--api-key", "--key-env"),
            flags(
                "secret header",
                ramp + nowhere + ["-H", "Authorization: Bearer sk-canary"],
                says: "Authorization",
                "--key-env"
            ),
            flags("secret header in other case", ramp + nowhere + ["-H", "X-API-KEY: sk-canary"], says: "--key-env"),
            flags("--hold on run", ["run", "p.yaml", "--hold", "3s"], says: "--hold", "spate ramp", "--set"),
            flags("-c on run", ["run", "p.yaml", "-c", "3"], says: "--concurrency", "spate ramp", "--set"),
            Case(
                name: "--url with several targets",
                profile: twoTargets,
                arguments: ["run", "p.yaml", "--url", "http://127.0.0.1:2/v1"],
                says: ["several targets", "a, b", "--target"]
            ),
            Case(
                name: "--target that is none",
                profile: twoTargets,
                arguments: ["run", "p.yaml", "--target", "c"],
                says: ["c", "a, b"]
            ),
            flags(
                "unknown threshold metric",
                ["run", "p.yaml", "--threshold", "tfft.p95 < 1s"],
                says: "tfft.p95 < 1s",
                "did you mean 'ttft'?"
            ),
            flags(
                "threshold on a phase that is not planned",
                ["run", "p.yaml", "--threshold", "rmap.ttft.p95 < 1s"],
                says: "rmap",
                "ramp"
            ),
            flags(
                "threshold on a target that is not there",
                ["run", "p.yaml", "--threshold", "mine:ttft.p95 < 1s"],
                says: "mine",
                "simulated"
            ),
            flags("threshold without a bound", ["run", "p.yaml", "--threshold", "ttft.p95"], says: "no comparison"),
            flags("--fast with a real target", ramp + nowhere + ["--fast"], says: "--fast", "real target"),
            flags(
                "--set of an unknown key",
                ["run", "p.yaml", "--set", "phases.0.ramp.holt=1s"],
                says: "holt",
                "hold?"
            ),
            flags("--set beyond the list", ["run", "p.yaml", "--set", "phases.7.ramp.hold=1s"], says: "phases.7"),
            flags("--set without a value", ["run", "p.yaml", "--set", "seed"], says: "path=value"),
            flags("no loop", ["run", "p.yaml", "--loops", "0"], says: "--loops 0"),
            flags("loops that are no number", ["run", "p.yaml", "--loops", "many"], says: "--loops", "many"),
            flags(
                "variable without a key",
                ramp + nowhere + ["--key-env", "SPATE_UNSET"],
                says: "SPATE_UNSET",
                "not set"
            ),
            flags("key file missing", ramp + nowhere + ["--key-file", "none.key"], says: "none.key", "No such file"),
            flags("two keys", ramp + nowhere + ["--key-file", "a", "--key-env", "B"], says: "give one"),
            flags(
                "a plan that must exceed its cap",
                ramp + ["--max-requests", "20"],
                says: "limits.max_requests",
                "20",
                "at least"
            ),
            flags("unknown subcommand", ["frobnicate"], says: "frobnicate", "--help"),
            flags("unknown flag", ["run", "p.yaml", "--turbo"], says: "--turbo"),
            flags("run without a profile", ["run"], says: "<profile>"),
            flags("report of nothing", ["report", "nope"], says: "nope", "no such file"),
            flags("report of a file that is no run", ["report", "p.yaml"], says: "p.yaml"),
            flags(
                "unknown scenario",
                ["simulate", "--scenario", "stedy"],
                says: "the scenario cannot be played",
                "--scenario: read \"stedy\": no scenario of that name",
                "slots16",
                "did you mean steady?"
            ),
            flags(
                "unknown figure of retries",
                ["run", "p.yaml", "--threshold", "retries.percieved.availability > 1"],
                says: "did you mean 'retries.perceived.availability'?"
            ),
            flags("port out of range", ["simulate", "--port", "99999"], says: "99999", "65535"),
            flags(
                "much for another machine",
                ["soak", "--concurrency", "100", "--duration", "1h", "--url", "https://192.0.2.1/v1", "--model", "m"],
                says: "--yes",
                "peak concurrency: 100"
            ),
            flags(
                "key over plain http to another machine",
                ramp + ["--url", "http://192.0.2.1/v1", "--model", "m", "--key-env", "HOME"],
                says: "--allow-plaintext-key"
            ),
        ]

        @Test(arguments: cases)
        func `bad input is refused with 104, in words, before anything is made`(_ bad: Case) throws {
            let folder = try Folder()
            if let profile = bad.profile { _ = try folder.write(profile, to: "p.yaml") }
            let ended = try Spate.run(bad.arguments, in: folder.path, within: 20)
            #expect(ended.status == 104, "\(ended.all)")
            #expect(ended.out.isEmpty)
            for words in bad.says { #expect(ended.error.contains(words), "\(words) is not in: \(ended.error)") }
            #expect(isForPeople(ended.error), "\(ended.error)")
            #expect(!ended.all.contains("sk-canary"))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "p.yaml" }
            #expect(left.isEmpty, "left behind: \(left)")
        }
    }
}

/// Neither a stack trace nor what only a programmer would say.
func isForPeople(_ text: String) -> Bool {
    let marks = ["Fatal error", "Stack dump", "crashed", "Thread 0", "Backtrace", "Swift/", ".swift:", "fatalError"]
    // A figure for people has three or four digits; more are a number that nobody formatted.
    let isRaw = text.range(of: #"\d\.\d{6,}"#, options: .regularExpression) != nil
    return !text.isEmpty && !isRaw && marks.allSatisfy { !text.contains($0) }
}
