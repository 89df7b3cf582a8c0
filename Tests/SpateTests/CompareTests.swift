import Foundation
import Testing

extension ProgramTests {
    /// `spate compare` over stored runs, and the comparison in a run's own report.
    @Suite struct CompareTests {
        private func profile(_ targets: [(name: String, step: String)]) -> String {
            let lines = targets.map { target in
                "  - {name: \(target.name), provider: simulated, scenario: {from: steady, replicas: 1, "
                    + "prefill: {base: 10ms, per_1k_tokens: 0ms}, step: {base: \(target.step), per_active: 0ms}, jitter: 0.2}}"
            }
            return """
                name: pair
                targets:
                \(lines.joined(separator: "\n"))
                workload: {prompts: {synthetic: {input_tokens: 32}}, max_tokens: 16}
                warmup: {requests: 1}
                phases:
                  - ramp: {concurrency: [1, 2, 3, 4, 5], hold: 600ms, settle: 100ms, min_requests: 5, hold_max: 2s}
                """
        }

        private func run(_ name: String, _ targets: [(name: String, step: String)], in folder: Folder) throws -> JSON {
            let file = try folder.write(profile(targets), to: "\(name).yaml")
            let ended = try Spate.run(["run", file, "-o", folder[name], "--quiet"])
            let summary = try JSON(file: folder["\(name)/summary.json"])
            #expect(ended.status == summary.statusOfSoundRun, "\(ended.all)")
            return summary
        }

        @Test func `two targets of one run are compared in its summary and its report`() throws {
            let folder = try Folder()
            let summary = try run("both", [("quick", "2ms"), ("slow", "4ms")], in: folder)
            let comparison = summary["comparison"]
            #expect(comparison["base"].text == "quick")
            let row = comparison["rows"].list.first { $0["metric"].text == "ramp.output_tokens_per_second" }
            // 10 ms and 16 steps of 2 or of 4 ms: 42 ms against 74 ms a request.
            let ratio = row?["ratio"].double ?? 0
            #expect(abs(ratio - 42.0 / 74) < 0.08, "\(ratio)")
            #expect(row?["verdict"].text?.hasPrefix("slower by ") == true, "\(row?["verdict"].text ?? "")")
            #expect(row?["method"].text == "paired rounds")
            let report = try Spate.run(["report", folder["both"]]).out
            #expect(report.contains("B against A: slow against quick"))
            #expect(report.contains("All users together against each user alone (ramp)"))
        }

        @Test func `stored runs are compared, and a regression is 99`() throws {
            let folder = try Folder()
            _ = try run("before", [("mine", "2ms")], in: folder)
            let after = try run("after", [("mine", "4ms")], in: folder)
            let both = [folder["before"], folder["after"]]
            let json = try Spate.run(["compare"] + both + ["--json"])
            #expect(json.status == 0, "\(json.all)")
            let comparison = try JSON(json.out)["comparison"]
            #expect(comparison["base"].text == "before")
            #expect(comparison["sides"].list.map { $0["target"].text } == ["before", "after"])
            #expect(comparison["notes"].list.contains { $0.text?.hasPrefix("The runs are of different times") == true })
            let metric = comparison["rows"].list.first { $0["metric"].text == "ramp.request_tps.p50" }
            #expect(metric?["ratio"].double != nil, "\(json.out)")

            let gate = ["--fail-on-regression", "output_tokens_per_second < -10%"]
            let isInvalid = [after].contains { $0["validity"]["verdict"].text == "invalid" }
            let failed = try Spate.run(["compare"] + both + gate)
            #expect(failed.status == 99 || failed.status == 97 && isInvalid, "\(failed.all)")
            #expect(failed.out.contains("Regressions: 1 of 1 failed"))
            let turned = try Spate.run(["compare"] + both + gate + ["--base", "after"])
            #expect(turned.status == 0 || turned.status == 97 && isInvalid, "\(turned.all)")
            let markdown = try Spate.run(["compare"] + both + ["--markdown", "--by", "run"])
            #expect(markdown.out.contains("## B against A: after against before"))
        }

        @Test func `runs of several targets are a matrix too, where they are not one pair`() throws {
            let folder = try Folder()
            _ = try run("first", [("quick", "2ms"), ("slow", "4ms")], in: folder)
            _ = try run("second", [("quick", "2ms"), ("slow", "4ms")], in: folder)
            let both = [folder["first"], folder["second"]]
            let text = try Spate.run(["compare"] + both).out
            #expect(text.contains("Models and providers"), "\(text)")
            for row in ["quick, first", "quick, second", "slow, first", "slow, second"] {
                #expect(text.contains(row), "\(row) is not in: \(text)")
            }
            #expect(try Spate.run(["report", folder["first"]]).out.contains("Models and providers"))
            #expect(try Spate.run(["compare", "--markdown"] + both).out.contains("## Models and providers"))
        }

        @Test func `a run that is kept under a name is what later ones are held against`() throws {
            let folder = try Folder()
            _ = try run("before", [("mine", "2ms")], in: folder)
            _ = try run("after", [("mine", "2ms")], in: folder)
            func spate(_ words: [String]) throws -> Spate.Ended {
                try Spate.run(words, environment: ["XDG_STATE_HOME": folder["state"]])
            }
            let unknown = try spate(["compare", folder["after"], "--against", "main"])
            #expect(unknown.status == 104 && unknown.error.contains("no baseline is called main; there is none yet"))
            #expect(try spate(["baseline", "save", "main", folder["before"]]).status == 0)
            #expect(
                try spate(["baseline", "save", "main", folder["before"]]).status == 0,
                "one of that name is replaced"
            )
            #expect(try spate(["baseline", "list"]).out == "main\n")
            let kept = try FileManager.default.attributesOfItem(
                atPath: folder["state/spate/baselines/main/run.sqlite"]
            )
            #expect(kept[.posixPermissions] as? Int == 0o600)
            // The run itself may go.
            try FileManager.default.removeItem(atPath: folder["before"])
            let json = try spate(["compare", folder["after"], "--against", "main", "--json"])
            #expect(json.status == 0, "\(json.all)")
            let comparison = try JSON(json.out)["comparison"]
            #expect(comparison["base"].text == "main")
            #expect(comparison["sides"].list.map { $0["target"].text } == ["main", "after"])
            #expect(try spate(["baseline", "remove", "main"]).status == 0)
            #expect(try spate(["baseline", "list"]).out == "")
            for (name, says) in [("../x", "a baseline's name has"), ("gone", "no baseline is called gone")] {
                let ended = try spate(["baseline", "remove", name])
                #expect(ended.status == 104 && ended.error.contains(says), "\(ended.all)")
            }
        }

        @Test func `what cannot be compared is 104, and says why`() throws {
            let folder = try Folder()
            _ = try run("one", [("mine", "2ms")], in: folder)
            let cases: [([String], String)] = [
                ([folder["one"]], "a comparison needs two"),
                ([folder["one"], folder["none"]], "no such file"),
                ([folder["one"], folder["one"], "--base", "two"], "no side is called two"),
                ([folder["one"], folder["one"], "--by", "day"], "allowed: window or run"),
                ([folder["one"], "--fail-on-regression", "ttft.p95 > 10%"], "a percentage with its sign"),
            ]
            for (words, says) in cases {
                let ended = try Spate.run(["compare"] + words)
                #expect(ended.status == 104 && ended.error.contains(says), "\(words): \(ended.all)")
            }
        }
    }
}
