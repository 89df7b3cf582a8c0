import Foundation
import Glibc
import Testing

extension CommandTests {
    /// What somebody meets who has only just installed it.
    @Suite struct UseTests {
        private let nowhere = ["--url", "http://127.0.0.1:9", "--model", "m"]

        @Test func `a plan needs neither a key nor a server, and ends with the key that is missing`() throws {
            let words = ["ramp", "--provider", "together", "--model", "openai/gpt-oss-20b"]
            let plan = try Spate.run(words + ["--dry-run"])
            #expect(plan.status == 0, "\(plan.error)")
            #expect(plan.out.hasSuffix("no key yet: TOGETHER_API_KEY\n"), "\(plan.out)")
            #expect(plan.out.contains("requests: about ") && plan.out.contains("(at least 3, ") == false)
            let run = try Spate.run(words)
            #expect(run.status == 104 && run.error.contains("no key: the variable TOGETHER_API_KEY is not set"))
        }

        @Test func `a variable that is not set is no key, whatever the provider`() throws {
            let words = ["ramp", "--key-env", "NOPE", "--no-preflight"] + nowhere
            let run = try Spate.run(words)
            #expect(run.status == 104 && run.error.contains("the variable NOPE is not set"), "\(run.all)")
            let plan = try Spate.run(words + ["--dry-run"])
            #expect(plan.status == 0 && plan.out.hasSuffix("no key yet: NOPE\n"), "\(plan.all)")
        }

        @Test(arguments: [
            ("rnu", "did you mean run?"), ("profile", "did you mean profiles?"), ("zzzzzz", "lists them"),
        ])
        func `a command that is not there brings the nearest one`(word: String, says: String) throws {
            let ended = try Spate.run([word, "--url", "x"])
            #expect(ended.status == 104)
            #expect(
                ended.error.contains("there is no command \"\(word)\"") && ended.error.contains(says),
                "\(ended.error)"
            )
        }

        @Test func `shipped profiles go by their names, and a file of that path wins`() throws {
            let folder = try Folder()
            let list = try Spate.run(["profiles"])
            for name in ["ramp", "burst", "demo", "replay"] {
                #expect(list.out.contains("\n\(name) ") || list.out.hasPrefix("\(name) "))
            }
            let text = try Spate.run(["profiles", "ramp"])
            #expect(text.out.contains("phases:") && text.status == 0)
            for name in ["ramp", "replay", "batch-compare"] {
                let plan = try Spate.run(["run", name, "--dry-run"], in: folder.path)
                #expect(plan.status == 0 && plan.out.hasPrefix("plan \(name),"), "\(plan.all)")
                #expect(try Spate.run(["run", name, "--print-profile"], in: folder.path).status == 0)
            }
            _ = try folder.write("name: own\nphases: [ramp: {concurrency: [1]}]\n", to: "ramp")
            #expect(try Spate.run(["run", "ramp", "--dry-run"], in: folder.path).out.hasPrefix("plan own,"))
            let wrong = try Spate.run(["run", "rmap"], in: folder.path)
            #expect(wrong.status == 104 && wrong.error.contains("did you mean ramp?"), "\(wrong.error)")
            #expect(try Spate.run(["demo", "--dry-run"]).out.hasPrefix("plan demo,"))
            // The folder of a result that was called so.
            try FileManager.default.createDirectory(atPath: folder["demo"], withIntermediateDirectories: false)
            #expect(try Spate.run(["demo", "--dry-run"], in: folder.path).out.hasPrefix("plan demo,"))
        }

        @Test func `a command's own options come first in its help, and it has examples`() throws {
            for command in ["ramp", "burst", "soak", "rate", "replay", "batch", "probe", "keepwarm", "run"] {
                let help = try Spate.run([command, "--help"]).out
                #expect(help.contains("  spate \(command) "), "\(command)")
                guard let shared = help.range(of: "\nTARGET:") else {
                    Issue.record("\(command) has no section TARGET")
                    continue
                }
                let own = help.range(of: "\nOPTIONS:") ?? help.range(of: "\nARGUMENTS:")
                #expect(own.map { $0.lowerBound < shared.lowerBound } == true, "\(command)")
            }
        }

        /// Commands and their subcommands, as the help itself lists them.
        private func commands() throws -> [[String]] {
            func listed(_ path: [String]) throws -> [[String]] {
                let lines = try Spate.run(path + ["--help"]).out.split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                guard let start = lines.firstIndex(of: "SUBCOMMANDS:") else { return [] }
                let names = lines[(start + 1)...].prefix { !$0.isEmpty }.compactMap { line -> String? in
                    line.hasPrefix("  ") && !line.hasPrefix("   ")
                        ? line.split(separator: " ").first.map(String.init) : nil
                }
                return try names.filter { $0 != "help" }.flatMap { name in [path + [name]] + (try listed(path + [name]))
                }
            }
            return try listed([])
        }

        @Test func `every command shows two examples or more, in lines that an 80-column screen holds`() throws {
            let all = try commands()
            #expect(all.contains(["baseline", "save"]) && all.contains(["keepwarm"]) && all.count > 20, "\(all)")
            for command in all {
                let help = try Spate.run(command + ["--help"]).out
                let examples = help.split(separator: "\n").filter { $0.contains("  spate ") && !$0.contains("USAGE") }
                #expect(examples.count >= 2, "\(command): \(examples)")
                #expect(examples.contains { $0.contains("spate \(command[0])") }, "\(command): \(examples)")
            }
        }

        @Test func `a shell completes what only spate knows, and files`() throws {
            let folder = try Folder()
            let script = try Spate.run(["--generate-completion-script", "bash"]).out
            try script.write(toFile: folder["spate.bash"], atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(atPath: folder["spate"], withDestinationPath: Spate.executable)
            try "phases: []".write(toFile: folder["mine.yaml"], atomically: true, encoding: .utf8)
            try FileManager.default.createDirectory(atPath: folder["results"], withIntermediateDirectories: false)
            let table: [(String, [String])] = [
                ("ru", ["run"]), ("run ra", ["ramp", "rate", "rag"]), ("run mi", ["mine.yaml"]),
                ("check mi", ["mine.yaml"]),
                ("run --provider to", ["together"]), ("ramp --api open", ["openai-chat", "openai-responses"]),
                ("simulate --scenario s", ["serverless", "steady", "slots16"]), ("profiles k", ["keepwarm"]),
                ("providers an", ["anthropic"]),
                ("rate --arrival-pattern p", ["poisson"]), ("rate --overflow s", ["shed"]),
                ("burst --connections p", ["preopened"]),
                ("replay --format m", ["mooncake"]), ("replay mi", ["mine.yaml"]), ("report re", ["results"]),
                ("report --compat a", ["aiperf"]),
                ("compare re", ["results"]), ("compare --by w", ["window"]), ("merge re", ["results"]),
                ("batch --prompts mi", ["mine.yaml"]),
                ("batch --resume re", ["results"]), ("baseline save main re", ["results"]),
                ("run ramp --output re", ["results"]),
                ("run ramp --like re", ["results"]), ("keepwarm --ga", ["--gaps"]), ("soak --dur", ["--duration"]),
                ("selftest --fo", ["--forget"]),
            ]
            var words = "cd \(folder.path); PATH=\(folder.path):$PATH; source spate.bash\n"
            for (line, _) in table {
                words +=
                    "COMP_WORDS=(spate \(line)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); "
                    + "_spate spate \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; echo \" ${COMPREPLY[*]} \"\n"
            }
            try words.write(toFile: folder["ask"], atomically: true, encoding: .utf8)
            let bash = Process()
            bash.executableURL = URL(fileURLWithPath: "/bin/bash")
            bash.arguments = ["--norc", folder["ask"]]
            let pipe = Pipe()
            bash.standardOutput = pipe
            try bash.run()
            let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            bash.waitUntilExit()
            let answers = said.split(separator: "\n", omittingEmptySubsequences: false)
            for (place, (line, wanted)) in table.enumerated() {
                let answer = answers.indices.contains(place) ? answers[place] : ""
                for word in wanted {
                    #expect(answer.contains(" \(word) ") || answer.contains(" \(word)/ "), "\(line): \(answer)")
                }
            }
        }

        @Test func `help shows the defaults`() throws {
            let table: [(String, [String: String])] = [
                (
                    "ramp",
                    [
                        "--concurrency": "1,2,4,8", "--hold": "30s", "--hold-max": "5 times", "--direction": "up",
                        "--settle": "5s", "--min-requests": "auto",
                    ]
                ),
                ("burst", ["--idle": "60s", "--repeat": "1", "--hold": "30s"]), ("probe", ["--gap": "3s"]),
                ("keepwarm", ["--repeat": "5"]), ("batch", ["--request-count": "all of"]),
                (
                    "run",
                    [
                        "--seed": "1", "--max-tokens": "256", "--input-tokens": "512", "--warmup-request-count": "3",
                        "--retries": "0",
                        "--retry-disturbed": "0", "--max-in-flight": "5000", "--inputs-per-request": "1",
                        "--result-dir": "results",
                        "--shard": "the whole", "--wait-ready": "no wait",
                    ]
                ),
                (
                    "simulate",
                    ["--port": "0", "--scenario": "steady", "--time-scale": "1.0", "--host": "127.0.0.1"]
                ),
                ("selftest", ["--loops": "1"]), ("check", ["--questions": "3", "--timeout": "60"]),
            ]
            for (command, options) in table {
                let help = try Spate.run([command, "--help"]).out.split(whereSeparator: \.isWhitespace).joined(
                    separator: " "
                )
                for (option, value) in options {
                    let text =
                        help.components(separatedBy: " \(option) <").last.map { $0.components(separatedBy: " --")[0] }
                        ?? ""
                    let told =
                        text.components(separatedBy: "default: ").dropFirst().first.map { $0.prefix { $0 != ")" } }
                        ?? ""
                    #expect(!told.isEmpty && told.contains(value), "\(command) \(option): \(text)")
                }
            }
        }

        @Test(arguments: [
            ("--output-tokens", "--max-tokens"), ("--prompt_len", "--input-tokens"), ("--vus=4", "--concurrency"),
            ("--rps", "--request-rate"),
        ])
        func `an option of another tool is answered with the one it means`(word: String, ours: String) throws {
            let ended = try Spate.run(["ramp", word, "9"])
            #expect(ended.status == 104 && ended.error.contains("did you mean \(ours)?"), "\(ended.error)")
        }

        @Test func `an interrupt is heard while inputs are still read`() throws {
            let folder = try Folder()
            #expect(mkfifo(folder["trace"], 0o600) == 0)  // whoever opens it waits for a writer
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                let spate = try Spate(["replay", folder["trace"], "--dry-run"])
                #expect(wait(atMost: 20) { spate.catches(signal) })
                spate.send(signal)
                let ended = try spate.end(within: 10)
                #expect(ended.status == 105, "\(ended.all)")
            }
        }

        @Test func `a folder that everybody may write is its owner's alone once a run is in it`() throws {
            let folder = try Folder()
            #expect(mkdir(folder["out"], 0o777) == 0 && chmod(folder["out"], 0o777) == 0)
            let ended = try Spate.run([
                "probe", "--request-count", "1", "--max-tokens", "4", "--warmup-request-count", "0", "--quiet", "--set",
                "targets=[{provider: simulated, scenario: {from: steady, time_scale: 0.05}}]", "-o", folder["out"],
            ])
            #expect(ended.status == 0 || ended.status == 97, "\(ended.error)")
            var facts = stat()
            #expect(stat(folder["out"], &facts) == 0 && facts.st_mode & 0o777 == 0o700)
        }

        @Test func `the version says what it is made of`() throws {
            let lines = try Spate.run(["--version"]).out.split(separator: "\n")
            #expect(lines.first?.hasPrefix("spate 0.1.0") == true)
            #expect(
                lines.last.map { line in ["Swift", "libcurl", "libuv", "SQLite"].allSatisfy { line.contains($0) } }
                    == true
            )
        }

        @Test func `large numbers of a plan are grouped, and what is likely stands beside the bounds`() throws {
            let plan = try Spate.run([
                "rate", "--request-rate", "1000", "--request-count", "1000000", "--arrival-pattern", "constant",
                "--dry-run",
            ])
            #expect(plan.out.contains("1,000,000 requests at 1000 a second"), "\(plan.out)")
            #expect(plan.seconds < 30, "nothing is drawn to plan: that takes minutes in this build")
            let few = try Spate.run([
                "rate", "--request-rate", "20", "--request-count", "5", "--warmup-request-count", "0", "--dry-run",
            ])
            #expect(few.out.contains("peak concurrency: 5\n"), "\(few.out)")
        }
    }
}
