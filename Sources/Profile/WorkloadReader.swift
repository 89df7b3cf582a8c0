import Schedule

/// Reads `workload`.
struct WorkloadReader {
    static let longestPrompt = 10_000_000  // tokens
    static let longestAnswer = 10_000_000

    /// The prompts file's path, where there is one, for the resolved profile.
    private(set) var promptFile: String?
    private let log: ProblemLog
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
        if let prompts = keys.take("prompts") { read(prompts: prompts, into: &workload) }
        if let cap = keys.take("max_tokens") { workload.maxTokens = tokenCap(cap) ?? workload.maxTokens }
        if keys.has("temperature") { workload.temperature = temperature(&keys) }
        workload.ignoreEOS = keys.flag("ignore_eos") ?? false
        workload.streams = keys.flag("stream") ?? true
        let expectations = ExpectationReader(log: log)
        workload.expectation = keys.take("expect").flatMap { expectations.read($0, path: keys.path(of: "expect")) }
        workload.reasoning = keys.word("reasoning", Workload.Reasoning.self) ?? .default
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

    private mutating func read(prompts value: YAMLValue, into workload: inout Workload) {
        var keys = MapReader(value, path: "workload.prompts", log: log)
        let synthetic = keys.take("synthetic")
        let file = keys.take("file")
        let list = keys.take("list")
        workload.cache = keys.word("cache", Workload.Cache.self) ?? .avoid
        keys.finish()
        let sources = [("synthetic", synthetic), ("file", file), ("list", list)].filter { $0.1 != nil }.map(\.0)
        if sources.count > 1 {
            log.report(
                value.place,
                keys.path,
                "read \(sources.joined(separator: " and ")); allowed: one of synthetic, file, list"
            )
            return
        }
        if let synthetic {
            var inner = MapReader(synthetic, path: keys.path(of: "synthetic"), log: log, allowed: "{input_tokens: 512}")
            let tokens = inner.count("input_tokens", 1...Self.longestPrompt) ?? 512
            inner.finish()
            workload.source = .synthetic(inputTokens: tokens)
        } else if let file {
            guard let name = file.plain, !name.isEmpty else {
                keys.report("file", file, allowed: "the path of a JSONL file")
                return
            }
            let path = pathOfFile(name, file.place)
            promptFile = TextFile.absolute(path)
            workload.source = .list(PromptFile.read(path, key: keys.path(of: "file"), place: file.place, log: log))
        } else if let list {
            let path = keys.path(of: "list")
            let prompts = list.items(path, log).enumerated().compactMap { index, item in
                prompt(item, path: "\(path).\(index)")
            }
            if case .list([]) = list.content { keys.report("list", list, allowed: "at least one prompt") }
            workload.source = .list(prompts)
        }
    }

    /// A text, or `{messages: [{role, content}], max_tokens}`, or `{prompt, max_tokens}`.
    private func prompt(_ value: YAMLValue, path: String) -> Prompt? {
        if let text = value.plain, !text.isEmpty { return Prompt(text) }
        var keys = MapReader(value, path: path, log: log, allowed: "a text, {prompt: ...} or {messages: [...]}")
        let text = keys.text("prompt")
        let messages = keys.take("messages")
        let cap = keys.count("max_tokens", 1...Self.longestAnswer)
        let expectations = ExpectationReader(log: log)
        let expectation = keys.take("expect").flatMap { expectations.read($0, path: keys.path(of: "expect")) }
        keys.finish()
        if let messages, text == nil {
            let items = messages.items(keys.path(of: "messages"), log).enumerated().compactMap { index, item in
                message(item, path: "\(keys.path(of: "messages")).\(index)")
            }
            return items.isEmpty ? nil : Prompt(messages: items, maxTokens: cap, expectation: expectation)
        }
        guard let text, messages == nil else {
            log.report(value.place, path, "read \(value.shown); allowed: a text, {prompt: ...} or {messages: [...]}")
            return nil
        }
        return Prompt(messages: [.init(role: "user", content: text)], maxTokens: cap, expectation: expectation)
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

    private func tokenCap(_ value: YAMLValue) -> Workload.TokenCap? {
        let path = "workload.max_tokens"
        guard case .map = value.content else {
            return value.count(path, log, 1...Self.longestAnswer, note: ", or {uniform: [64, 256]}").map { .fixed($0) }
        }
        var keys = MapReader(value, path: path, log: log)
        let bounds = keys.take("uniform")
        keys.finish()
        guard let bounds, case .list(let values) = bounds.content, values.count == 2 else {
            log.report(value.place, path, "read \(value.shown); allowed: a number, or {uniform: [least, greatest]}")
            return nil
        }
        let numbers = values.compactMap { $0.count("\(path).uniform", log, 1...Self.longestAnswer) }
        guard numbers.count == 2 else { return nil }
        guard numbers[0] <= numbers[1] else {
            log.report(bounds.place, "\(path).uniform", "read [\(numbers[0]), \(numbers[1])]; allowed: the least first")
            return nil
        }
        return .uniform(numbers[0], numbers[1])
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
