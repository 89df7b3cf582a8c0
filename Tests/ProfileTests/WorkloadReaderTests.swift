import Glibc
import Profile
import Schedule
import Testing
import Wire

@Suite struct WorkloadReaderTests {
    private func workload(_ yaml: String) throws -> Workload { try read(ramp + "workload: \(yaml)\n").workload }

    @Test func `prompts can be listed, as texts and as chats`() throws {
        let source = try workload(
            "{prompts: {list: [Hello, {prompt: Hi, max_tokens: 5}, {messages: [{role: system, content: S}, {role: user, content: U}]}], cache: allow}}"
        )
        #expect(
            source.source
                == .list([
                    Prompt("Hello"), Prompt(messages: [.init(role: "user", content: "Hi")], maxTokens: 5),
                    Prompt(messages: [.init(role: "system", content: "S"), .init(role: "user", content: "U")]),
                ])
        )
        #expect(source.cache == .allow && !source.fixesLength)
    }

    @Test func `caps, sampling and extra members are read`() throws {
        let workload = try workload(
            "{max_tokens: {uniform: [64, 256]}, temperature: none, ignore_eos: true, reasoning: low, extra_body: {a: 1, b: {c: 'x\"y'}}}"
        )
        #expect(workload.maxTokens == .uniform(64, 256))
        #expect(workload.temperature == nil && workload.ignoreEOS && workload.reasoning == .low)
        #expect(workload.extraBody == #"{"a":1,"b":{"c":"x\"y"}}"#)
    }

    @Test func `conversations are read, drawn or fixed, and written out again`() throws {
        let fixed = try workload("{conversation: {turns: 5, think: 2s}}")
        #expect(fixed.conversations == .init(turns: .fixed(5), think: .constant(.seconds(2))))
        let drawn = "{conversation: {turns: {uniform: [2, 8]}, think: {log_normal: {median: 3s, sigma: 0.5}}}}"
        let profile = try read(ramp + "workload: \(drawn)\n")
        #expect(
            profile.workload.conversations
                == .init(turns: .uniform(2, 8), think: .logNormal(median: .seconds(3), sigma: 0.5))
        )
        #expect(try read(profile.resolvedYAML()).workload == profile.workload)
        #expect(try workload("{conversation: {turns: 2}}").conversations?.think == .constant(.zero))
    }

    @Test func `there is no conversation with a model that makes vectors`() {
        let target = "targets: [{name: e, url: \"http://127.0.0.1:1/v1\", model: m, api: openai-embeddings}]\n"
        let found = problems(target + ramp + "workload: {conversation: {turns: 2}}\n")
        #expect(
            found.contains { $0.contains("workload.conversation is given, and openai-embeddings answers without text") }
        )
    }

    static let refused: [(String, String)] = [
        (
            "{conversation: {think: 2s}}",
            "workload.conversation.turns: missing; how many questions, e.g. 5 or {uniform: [2, 8]}"
        ),
        (
            "{conversation: {turns: 2, thinks: 1s}}",
            "workload.conversation.thinks: unknown key; allowed: turns, think, session; did you mean think?"
        ),
        (
            "{conversation: {turns: 5000}}",
            "workload.conversation.turns: read \"5000\"; allowed: a whole number from 1 to 1000, or {uniform: [64, 256]}"
        ),
        (
            "{prompts: {synthetic: {input_tokens: 1}, list: [a]}}",
            "workload.prompts: read synthetic and list; allowed: one of synthetic, file, list, mix"
        ),
        (
            "{prompts: {synthetic: 512}}",
            "workload.prompts.synthetic: read \"512\"; allowed: {input_tokens: 512}"
        ),
        ("{prompts: {list: []}}", "workload.prompts.list: read an empty list; allowed: at least one prompt"),
        (
            "{max_tokens: 0}",
            "workload.max_tokens: read \"0\"; allowed: a whole number from 1 to 10000000, or {uniform: [64, 256]}"
        ),
        (
            "{max_tokens: {uniform: [9, 1]}}", "workload.max_tokens.uniform: read [9, 1]; allowed: the least first"
        ),
        (
            "{temperature: hot}",
            "workload.temperature: read \"hot\"; allowed: a number from 0 to 2, or none (not sent)"
        ),
        (
            "{reasoning: of}",
            "workload.reasoning: read \"of\"; allowed: default, off, low, medium, high; did you mean off?"
        ),
        (
            "{prompts: {file: nowhere.jsonl}}",
            "workload.prompts.file: the file nowhere.jsonl cannot be read: No such file or directory"
        ),
    ]

    @Test(arguments: refused)
    func `an impossible workload is refused with what is allowed`(yaml: String, message: String) {
        #expect(problems(ramp + "workload: \(yaml)\n") == ["p.yaml:2: " + message])
    }

    // MARK: prompts files

    /// Writes files into a folder of their own for as long as `body` runs.
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        var template = Array("/tmp/spate-profile-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in files.keys { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        for (name, text) in files {
            let file = try #require(fopen("\(folder)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }
        try body(folder)
    }

    private let jsonl = """
        {"prompt": "One \\ud83d\\ude00", "output_tokens": 7, "id": 1}

        {"messages": [{"role": "user", "content": "Two"}]}

        """

    @Test func `a prompts file counts from the profile's folder, one of a flag from the current one`() throws {
        let profile = ramp + "workload: {prompts: {file: p.jsonl}}\n"
        try withFolder(["p.jsonl": jsonl, "q.yaml": profile]) { folder in
            let document = try ProfileDocument(file: "\(folder)/q.yaml")
            let read = try document.profile(catalogue: try ProviderCatalogue.builtIn())
            #expect(
                read.workload.source
                    == .list([Prompt(messages: [.init(role: "user", content: "One 😀")], maxTokens: 7), Prompt("Two")])
            )
            #expect(read.promptFiles == ["\(folder)/p.jsonl"])

            var other = document
            try other.set("workload.prompts.file", text: "p.jsonl", from: "--input-file")
            let error = #expect(throws: ProfileError.self) {
                try other.profile(catalogue: try ProviderCatalogue.builtIn())
            }
            #expect(
                error?.description
                    == "--input-file: workload.prompts.file: the file p.jsonl cannot be read: No such file or directory"
            )
        }
    }

    @Test func `bad lines of a prompts file are named by their numbers`() throws {
        let lines =
            "{\"prompt\": \"ok\"}\nnot JSON\n{\"text\": \"x\"}\n{\"prompt\": \"\"}\n{\"prompt\": \"a\", \"max_tokens\": 0}\n"
        try withFolder(["p.jsonl": lines, "q.yaml": ramp + "workload: {prompts: {file: p.jsonl}}\n"]) { folder in
            let document = try ProfileDocument(file: "\(folder)/q.yaml")
            let error = #expect(throws: ProfileError.self) {
                try document.profile(catalogue: try ProviderCatalogue.builtIn())
            }
            #expect(error?.problems.map(\.place) == (2...5).map { .init(source: "\(folder)/p.jsonl", line: $0) })
            let members = error?.problems.map { $0.message.split(separator: ":").first ?? "" }
            #expect(members == ["not a JSON object; allowed", "text", "prompt", "max_tokens"])
        }
    }

    @Test func `an empty prompts file is refused`() throws {
        try withFolder(["p.jsonl": "\n\n", "q.yaml": ramp + "workload: {prompts: {file: p.jsonl}}\n"]) { folder in
            let document = try ProfileDocument(file: "\(folder)/q.yaml")
            let error = #expect(throws: ProfileError.self) {
                try document.profile(catalogue: try ProviderCatalogue.builtIn())
            }
            #expect(error?.description.hasSuffix("the file \(folder)/p.jsonl holds no prompt") == true)
        }
    }

    @Test func `expectations are read for all prompts and for one`() throws {
        let text = """
            workload:
              stream: false
              expect: {contains: [a, b], min_chars: 3}
              prompts:
                list:
                  - plain
                  - {prompt: own, expect: {regex: '^\\d+$', json: true}}
            phases: [ramp: {concurrency: [1]}]
            """
        let profile = try read(text)
        #expect(profile.workload.expectation?.contains == ["a", "b"])
        #expect(profile.workload.expectation?.minChars == 3)
        #expect(!profile.workload.streams)
        guard case .list(let prompts) = profile.workload.source else { return #expect(Bool(false)) }
        #expect(prompts[0].expectation == nil)
        #expect(prompts[1].expectation?.regex == "^\\d+$")
        #expect(prompts[1].expectation?.json == true)
        #expect(try read(profile.resolvedYAML()) == profile)
        #expect(profile.targets[0].provider.streams == false)
    }

    @Test(
        arguments: [
            ("{}", "p.yaml:2: workload.expect: expects nothing; allowed: a map of contains, regex, json and min_chars"),
            ("{regex: '('}", "p.yaml:2: workload.expect.regex: read \"(\"; allowed: a regular expression"),
            (
                "{contians: x}",
                "p.yaml:2: workload.expect.contians: unknown key; allowed: contains, regex, json, min_chars; did you mean contains?"
            ),
        ]
    ) func `a faulty expectation says where`(value: String, message: String) {
        #expect(problems("workload:\n  expect: \(value)\n" + ramp).first == message)
    }
}
