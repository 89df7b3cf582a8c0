import Foundation
import Glibc
import Testing

@testable import Profile
@testable import Schedule

/// Every text that is read, as people's tools write it: any line end, a byte order mark, through a pipe.
@Suite struct TextInputTests {
    private static let mark = "\u{feff}"
    private static let prompts = ["{\"prompt\": \"a\"}", "", "{\"prompt\": \"b\", \"max_tokens\": 3}"]
    private static let trace = [
        "# a comment", "", "TIMESTAMP,ContextTokens,GeneratedTokens", "2024-02-29 12:00:00,7,5",
        "2024-02-29 12:00:01,8,6",
    ]
    private static let sharegpt = ["[{\"conversations\":", "[{\"from\": \"human\", \"value\": \"hi\"}]}]"]
    private static let scenario = ["name: mine", "slots: 3"]

    private func withFile<R>(_ bytes: some Sequence<UInt8>, _ body: (String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("spate-text-\(UUID())").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        return try body(path)
    }

    private func count(_ profile: Profile) -> Int {
        if case .list(let prompts) = profile.workload.source { return prompts.count }
        return 0
    }

    @Test(arguments: ["\n", "\r\n", "\r"], ["", mark])
    func `lines may end as they like, and a byte order mark is no part of the text`(end: String, mark: String) throws {
        for tail in ["", end] {
            func text(_ lines: [String]) -> String.UTF8View { (mark + lines.joined(separator: end) + tail).utf8 }
            try withFile(text(Self.prompts)) { path in
                let profile = try read(ramp + "workload: {prompts: {file: '\(path)'}}\n")
                #expect(
                    profile.workload.source
                        == .list([
                            Prompt("a"),
                            {
                                var prompt = Prompt("b")
                                prompt.maxTokens = 3
                                return prompt
                            }(),
                        ])
                )
            }
            try withFile(text(Self.sharegpt)) { path in
                let profile = try read(ramp + "workload: {prompts: {file: '\(path)'}}\n")
                #expect(count(profile) == 1)
            }
            try withFile(text(Self.trace)) { path in
                let profile = try read("phases: [replay: {trace: '\(path)'}]\n")
                guard case .replay(let replay) = profile.phases[0] else { return #expect(Bool(false)) }
                #expect(replay.count == 2 && replay.trace.rowsRead == 2)
            }
            try withFile(text(Self.scenario)) { path in
                let profile = try read("targets: [{provider: simulated, scenario: '\(path)'}]\n" + ramp)
                guard case .simulated(let scenario) = profile.targets[0].location else { return #expect(Bool(false)) }
                #expect(scenario.slotsPerReplica == 3)
            }
            try withFile(text(["name: p", "phases:", "  - ramp: {concurrency: [1]}"])) { path in
                let profile = try ProfileDocument(file: path).profile(catalogue: .builtIn())
                #expect(profile.name == "p")
            }
            try withFile(text(["corp:", "  extends: openai", "  base_url: http://127.0.0.1:1/v1"])) { path in
                let catalogue = try ProviderCatalogue.standard(userFile: path)
                #expect(catalogue["corp"] != nil)
            }
        }
    }

    @Test func `UTF-16 is refused by its name, with or without a mark, and so is what is no text`() throws {
        let utf16 = Array("{\"prompt\": \"a\"}\n".utf16)
        let little = utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let big = utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        let word = "is UTF-16 or UTF-32 text; allowed: UTF-8 (iconv -f UTF-16 -t UTF-8 converts it)"
        for (bytes, why) in [
            (little, word), (big, word), ([0xff, 0xfe] + little, word), ([0xfe, 0xff] + big, word),
            ([0x80, 0x81, 0x82, 0x83, 0x84], "is not UTF-8 text"),
        ] {
            try withFile(bytes) { path in
                let found = problems(ramp + "workload: {prompts: {file: '\(path)'}}\n")
                #expect(found == ["p.yaml:2: workload.prompts.file: the file \(path) \(why)"])
                if why == word {
                    #expect(problems("phases: [replay: {trace: '\(path)'}]\n").first?.hasSuffix(word) == true)
                }
            }
        }
    }

    /// The writer waits for the reader, so that a second reading would wait for ever or find nothing.
    @Test func `what can be read but once is read but once`() throws {
        let rows = (0..<3000).map { "{\"at_ms\": \($0 * 10), \"input_tokens\": 12, \"output_tokens\": 3}" }
        let lines = (0..<3000).map { "{\"prompt\": \"prompt number \($0)\"}" }
        for (text, profile) in [
            (rows, "phases: [replay: {trace: '%'}]\n"), (lines, ramp + "workload: {prompts: {file: '%'}}\n"),
        ] {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("spate-pipe-\(UUID())").path
            #expect(mkfifo(path, 0o600) == 0)
            defer { unlink(path) }
            let bytes = Data(text.joined(separator: "\n").utf8)
            let writer = Thread { try? bytes.write(to: URL(fileURLWithPath: path), options: []) }
            writer.start()
            let read = try read(profile.replacing("%", with: path))
            if case .replay(let replay) = read.phases[0] {
                #expect(replay.count == 3000)
            } else {
                #expect(count(read) == 3000)
            }
        }
    }

    @Test func `a line may come in pieces of any size`() {
        let text = Array("ab\r\n\rc\n\n\r\nd".utf8)
        for size in 1...text.count {
            var splitter = LineSplitter()
            var lines: [String] = []
            func add(_ bytes: ArraySlice<UInt8>) -> Bool {
                lines.append(String(decoding: bytes, as: UTF8.self))
                return true
            }
            for start in stride(from: 0, to: text.count, by: size) {
                _ = splitter.add(text[start..<min(start + size, text.count)], line: add)
            }
            splitter.finish(line: add)
            #expect(lines == ["ab", "", "c", "", "", "d"], "\(size)")
        }
    }

    // MARK: Prompts

    @Test func `what a prompt brings is sent, or refused by its name`() throws {
        let line =
            #"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}],"temperature":0.7,"stop":["."],"max_tokens":5}"#
        try withFile(line.utf8) { path in
            let profile = try read(ramp + "workload: {prompts: {file: '\(path)'}}\n")
            guard case .list(let prompts) = profile.workload.source else { return #expect(Bool(false)) }
            #expect(prompts[0].extraBody == #"{"tools":[{"type":"function"}],"temperature":0.7,"stop":["."]}"#)
            #expect(prompts[0].maxTokens == 5)
        }
        let refused: [(String, String)] = [
            (#"{"prompt":"a","max_token":5}"#, "max_token: unknown member;"),
            (#"{"prompt":"a","toolz":[]}"#, "toolz: unknown member;"),
            (#"{"prompt":"a","max_tokens":"5"}"#, "max_tokens: read \"5\"; allowed: a whole number, 1 or more"),
            (
                #"{"prompt":"a","max_tokens":5,"output_tokens":6}"#,
                "output_tokens: read 6 beside another cap of 5; allowed: one"
            ),
            (#"{"prompt":7}"#, "prompt: read 7; allowed: a text that is not empty"),
            (#"{"prompt":"a","prompt":"b"}"#, "prompt: appears twice; once is allowed"),
            (#"{"messages":[]}"#, "messages: read []; allowed: a list of {role, content}, one or more"),
            (#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages: more than role and content"),
            (#"{"messages":[{"role":"user","content":"x","name":"n"}]}"#, "messages: more than role and content"),
            (
                #"{"prompt":"a","messages":[{"role":"user","content":"b"}]}"#,
                "prompt: read beside messages; allowed: one of them"
            ),
            (#"{"prompt":"a","expect":{"regexp":"x"}}"#, "expect.regexp: unknown member; allowed: contains, regex"),
            (#"{"prompt":"a","expect":{"regex":"("}}"#, "expect.regex: read \"(\"; allowed: a regular expression"),
            (#"{"max_tokens":5}"#, "no prompt;"),
            (#"7"#, "not a JSON object"),
        ]
        for (line, message) in refused {
            try withFile(line.utf8) { path in
                let found = problems(ramp + "workload: {prompts: {file: '\(path)'}}\n")
                #expect(found.count == 1)
                #expect(found.first?.contains(message) == true, "\(line): \(found)")
            }
        }
        try withFile(#"{"prompt":"a","max_token":5}"#.utf8) { path in
            let found = problems(ramp + "workload: {prompts: {file: '\(path)'}}\n")
            #expect(found.first?.hasSuffix("did you mean max_tokens?") == true)
        }
    }

    @Test func `messages that are more than texts are sent as they stand where no nonce comes before them`() throws {
        let messages = #"[{"role":"user","content":[{"type":"text","text":"x"}]}]"#
        try withFile("{\"messages\":\(messages)}".utf8) { path in
            let profile = try read(ramp + "workload: {prompts: {file: '\(path)', cache: allow}}\n")
            guard case .list(let prompts) = profile.workload.source else { return #expect(Bool(false)) }
            #expect(prompts[0].extraBody == "{\"messages\":\(messages)}")
        }
    }

    @Test func `prompts of a profile bring the same members as those of a file`() throws {
        let profile = try read(
            ramp + "workload: {prompts: {list: [{prompt: a, temperature: 0.7, stop: ['.'], extra_body: {x: 1}}]}}\n"
        )
        guard case .list(let prompts) = profile.workload.source else { return #expect(Bool(false)) }
        #expect(prompts[0].extraBody == #"{"temperature":0.7,"stop":["."],"x":1}"#)
        #expect(try read(profile.resolvedYAML()) == profile)
        #expect(
            problems(ramp + "workload: {prompts: {list: [{prompt: a, tool: 1}]}}\n").first?.contains(
                "did you mean tools?"
            ) == true
        )
    }

    // MARK: Units of traces

    @Test func `seconds are told from milliseconds by what only one of the traces has, and by plausibility`() throws {
        let bailian = (0..<3).map {
            #"{"chat_id":\#($0),"parent_chat_id":-1,"timestamp":\#(Double($0) / 4),"input_length":40,"output_length":2,"turn":1,"hash_ids":[0,1,2]}"#
        }
        try withFile(bailian.joined(separator: "\n").utf8) { path in
            let profile = try read("phases: [replay: {trace: '\(path)'}]\n")
            guard case .replay(let replay) = profile.phases[0] else { return #expect(Bool(false)) }
            #expect(replay.format == .bailian && replay.blockTokens == 16)
            #expect(replay.trace.times == [0, 250_000_000, 500_000_000])
            #expect(try read(profile.resolvedYAML()).phases == profile.phases)
        }
        func rows(_ count: Int, every: Double) -> [String] {
            (0..<count).map { "{\"timestamp\":\(Double($0) * every),\"input_length\":4,\"output_length\":2}" }
        }
        for (every, isRefused) in [(0.7, true), (1, true), (10, false)] {
            try withFile(rows(10_000, every: every).joined(separator: "\n").utf8) { path in
                for format in ["", ", format: mooncake"] {
                    let found = problems("phases: [replay: {trace: '\(path)'\(format)}]\n")
                    #expect(found.isEmpty != isRefused, "\(every): \(found)")
                    if isRefused { #expect(found.first?.contains("looks like seconds") == true) }
                }
                #expect(problems("phases: [replay: {trace: '\(path)', format: bailian}]\n").isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("2023-02-31 00:00:00", false), ("2023-02-29 00:00:00", false), ("2024-02-29 00:00:00", true),
        ("2023-04-31 00:00:00", false), ("2023-12-31 00:00:00", true), ("2100-02-29 00:00:00", false),
        ("2023-00-10 00:00:00", false), ("2023-01-00 00:00:00", false),
    ])
    func `a day that the calendar has not is no date`(text: String, isDate: Bool) {
        #expect((AzureRow.instant(text[...]) != nil) == isDate)
    }
}
