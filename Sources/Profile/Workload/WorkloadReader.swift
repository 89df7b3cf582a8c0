import Schedule
import Wire

/// Reads `workload`.
struct WorkloadReader {
    static let longestPrompt = 10_000_000  // tokens
    static let longestAnswer = 10_000_000
    static let mostInputs = 100_000  // of a request for embeddings

    /// The files of lists of prompts, in the order of the parts, for the resolved profile; nil = written out.
    private(set) var files: [String?] = []
    private var partsWithCap: Set<Int> = []
    private var hasConversations = false
    let log: ProblemLog
    private let pathOfFile: (String, ProfileError.Place) -> String

    /// - Parameter pathOfFile: a path as written, and where; gives the path to open.
    init(log: ProblemLog, pathOfFile: @escaping (String, ProfileError.Place) -> String) {
        self.log = log
        self.pathOfFile = pathOfFile
    }

    mutating func read(_ value: YAMLValue?) -> Workload {
        var workload = Workload(source: .synthetic(inputTokens: 512))
        guard let value else { return workload }
        var keys = MapReader(value, path: "workload", log: log)
        hasConversations = value["conversation"] != nil
        workload.kind = keys.word("kind", Workload.Kind.self)
        if let prompts = keys.take("prompts") { read(prompts: prompts, path: "workload.prompts", into: &workload) }
        if let cap = keys.take("max_tokens") {
            workload.maxTokens = tokens(cap, "workload.max_tokens") ?? workload.maxTokens
        }
        for place in workload.mix.indices where !partsWithCap.contains(place) {
            workload.mix[place].workload.maxTokens = workload.maxTokens
        }
        if keys.isWritten("temperature") { workload.temperature = temperature(&keys) }
        workload.ignoreEOS = keys.flag("ignore_eos") ?? false
        workload.streams = keys.flag("stream") ?? true
        workload.lengthIsUseful = keys.flag("length_is_useful")
        workload.inputsPerRequest = keys.count("inputs_per_request", 1...Self.mostInputs) ?? 1
        let expectations = ExpectationReader(log: log)
        workload.expectation = keys.take("expect").flatMap { expectations.read($0, path: keys.path(of: "expect")) }
        workload.reasoning = keys.word("reasoning", Workload.Reasoning.self) ?? .default
        if let cancel = keys.take("cancel") { workload.impatience = impatience(cancel) }
        if let talk = keys.take("conversation") { workload.conversations = conversations(talk) }
        if let extra = keys.take("extra_body") {
            if case .map(let entries) = extra.content, !entries.isEmpty {
                _ = extra.jsonMembers("workload.extra_body", log)
                workload.extraBody = extra.json
            } else {
                keys.report("extra_body", extra, allowed: "a map of members for every request body")
            }
        }
        keys.finish()
        return workload
    }

    private mutating func read(prompts value: YAMLValue, path: String, into workload: inout Workload) {
        var keys = MapReader(value, path: path, log: log)
        let synthetic = keys.take("synthetic")
        let file = keys.take("file")
        let list = keys.take("list")
        let mix = path == "workload.prompts" ? keys.take("mix") : nil
        let cache = keys.word("cache", Workload.Cache.self)
        workload.cache = cache ?? .avoid
        if path == "workload.prompts" {
            workload.calibrates = keys.flag("calibrate") ?? true
            workload.primes = keys.flag("prime") ?? false
        }
        if path != "workload.prompts" {
            _ = keys.take("weight")
            if let cap = keys.take("max_tokens") {
                workload.maxTokens = tokens(cap, keys.path(of: "max_tokens")) ?? workload.maxTokens
            }
        }
        keys.finish()
        let sources = [("synthetic", synthetic), ("file", file), ("list", list), ("mix", mix)].filter { $0.1 != nil }
            .map(\.0)
        if sources.count > 1 {
            log.report(
                value.place,
                keys.path,
                "read \(sources.joined(separator: " and ")); allowed: one of synthetic, file, list, mix"
            )
            return
        }
        if let synthetic { read(synthetic: synthetic, path: keys.path(of: "synthetic"), into: &workload) }
        if let file {
            guard let name = file.plain, !name.isEmpty else {
                keys.report("file", file, allowed: "the path of a JSONL file")
                return
            }
            let path = pathOfFile(name, file.place)
            files.append(TextFile.absolute(path))
            let contents = PromptFile.read(
                path,
                key: keys.path(of: "file"),
                place: file.place,
                wholeConversations: hasConversations,
                hasNonces: workload.cache == .avoid,
                log: log
            )
            workload.source = .list(contents.prompts)
            // The answers to these are wanted: no nonce comes between.
            if contents.isBatch { workload.cache = cache ?? .allow }
        }
        if let list {
            let path = keys.path(of: "list")
            let prompts = list.items(path, log).enumerated().compactMap { index, item in
                prompt(item, path: "\(path).\(index)")
            }
            if case .list([]) = list.content { keys.report("list", list, allowed: "at least one prompt") }
            workload.source = .list(prompts)
            files.append(nil)
        }
        if let mix { read(mix: mix, path: keys.path(of: "mix"), cache: workload.cache, into: &workload) }
    }

    private func read(synthetic value: YAMLValue, path: String, into workload: inout Workload) {
        var keys = MapReader(value, path: path, log: log, allowed: "{input_tokens: 512}")
        let length = keys.take("input_tokens")
            .flatMap { $0.tokenLength(keys.path(of: "input_tokens"), log, longest: Self.longestPrompt) }
        workload.sharedPrefix = keys.number("shared_prefix", 0...1) ?? 0
        keys.finish()
        workload.source = .synthetic(inputTokens: length?.greatest ?? 512)
        if let length, length != .fixed(length.greatest) { workload.inputLength = length }
    }

    /// `[{weight: 3, synthetic: {...}}, {weight: 1, file: ..., max_tokens: 64}]`
    private mutating func read(mix value: YAMLValue, path: String, cache: Workload.Cache, into workload: inout Workload)
    {
        let items = value.items(path, log)
        if items.count < 2 {
            log.report(
                value.place,
                path,
                "read \(value.shown); allowed: a list of two parts or more, each with a weight"
            )
        }
        for (place, item) in items.enumerated() {
            var keys = MapReader(item, path: "\(path).\(place)", log: log)
            let weight = keys.number("weight", 0.000001...1_000_000)
            if !keys.has("weight") { keys.require("weight", "how often it comes, against the others, e.g. 3") }
            var part = Workload(source: .synthetic(inputTokens: 512))
            part.cache = cache
            let own = part.maxTokens
            read(prompts: item, path: keys.path, into: &part)
            if !keys.has("cache"), item["file"] == nil { part.cache = cache }
            if part.maxTokens != own || keys.has("max_tokens") { partsWithCap.insert(place) }
            if case .list(let prompts) = part.source, prompts.contains(where: { $0.expectation != nil }) {
                let message =
                    "prompts of a mix have no `expect` of their own; allowed: workload.expect, for all of them"
                log.report(item.place, keys.path, message)
            }
            workload.mix.append(.init(weight: weight ?? 1, workload: part))
        }
    }

    /// `{share: 0.1, after: 5s}`; after may be drawn, as a scenario's times are.
    private func impatience(_ value: YAMLValue) -> Workload.Impatience? {
        var keys = MapReader(value, path: "workload.cancel", log: log, allowed: "{share: 0.1, after: 5s}")
        let share = keys.number("share", 0...1)
        let after = keys.take("after").flatMap { $0.distribution(keys.path(of: "after"), log) }
        if !keys.has("share") { keys.require("share", "of the requests, e.g. 0.1") }
        if !keys.has("after") { keys.require("after", Units.durationForm) }
        keys.finish()
        guard let share, let after else { return nil }
        return .init(share: share, after: after)
    }

    private func tokens(_ value: YAMLValue, _ path: String) -> TokenLength? {
        value.tokenLength(path, log, longest: Self.longestAnswer)
    }

    /// A text, or `{messages: [{role, content}], max_tokens}`, or `{prompt, max_tokens}`, with what else is to be sent.
    private func prompt(_ value: YAMLValue, path: String) -> Prompt? {
        if let text = value.plain, !text.isEmpty { return Prompt(text) }
        var keys = MapReader(value, path: path, log: log, allowed: "a text, {prompt: ...} or {messages: [...]}")
        let text = keys.text("prompt")
        let messages = keys.take("messages")
        let cap = keys.count("max_tokens", 1...Self.longestAnswer)
        let expectations = ExpectationReader(log: log)
        let expectation = keys.take("expect").flatMap { expectations.read($0, path: keys.path(of: "expect")) }
        let extra = sentMembers(&keys)
        keys.finish()
        if let messages, text == nil {
            let items = messages.items(keys.path(of: "messages"), log).enumerated().compactMap { index, item in
                message(item, path: "\(keys.path(of: "messages")).\(index)")
            }
            var prompt = Prompt(messages: items, maxTokens: cap, expectation: expectation)
            prompt.extraBody = extra
            return items.isEmpty ? nil : prompt
        }
        guard let text, messages == nil else {
            log.report(value.place, path, "read \(value.shown); allowed: a text, {prompt: ...} or {messages: [...]}")
            return nil
        }
        var prompt = Prompt(messages: [.init(role: "user", content: text)], maxTokens: cap, expectation: expectation)
        prompt.extraBody = extra
        return prompt
    }

    /// What a prompt's request carries besides, as a JSONL file's lines do.
    private func sentMembers(_ keys: inout MapReader) -> String? {
        var members: [JSONMember] = []
        for name in PromptLine.sent {
            guard let value = keys.take(name) else { continue }
            let path = keys.path(of: name)
            if name == "extra_body" {
                members += value.jsonMembers(path, log)
            } else if let json = value.json {
                members.append(JSONMember(name: name, json: json))
            } else {
                log.report(value.place, path, "read \(value.shown); allowed: what JSON holds")
            }
        }
        return PromptLine.body(members)
    }

    private func message(_ value: YAMLValue, path: String) -> Prompt.Message? {
        var keys = MapReader(value, path: path, log: log)
        let role = keys.text("role")
        let content = keys.text("content")
        keys.finish()
        guard let role, let content else {
            log.report(value.place, path, "read \(value.shown); allowed: {role: user, content: ...}")
            return nil
        }
        return Prompt.Message(role: role, content: content)
    }

    /// nil = not to be sent: written as `none`, or with nothing.
    private func temperature(_ keys: inout MapReader) -> Double? {
        guard let value = keys.take("temperature"), value.plain != "none" else { return nil }
        guard let number = value.plain.flatMap({ Units.number($0) }), (0...2).contains(number) else {
            keys.report("temperature", value, allowed: "a number from 0 to 2, or none (not sent)")
            return nil
        }
        return number
    }
}
