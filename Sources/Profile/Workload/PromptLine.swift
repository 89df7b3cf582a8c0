import FoundationEssentials
import Schedule
import Wire

/// One prompt of a JSONL file, member by member: what is known is used or sent, anything else is a fault that names it.
enum PromptLine {
    struct Fault: Error {
        var message: String
        init(_ message: String) { self.message = message }
    }

    /// Sent with the prompt as they stand, in place of the run's own of the same name.
    static let sent = [
        "tools", "tool_choice", "parallel_tool_calls", "response_format", "temperature", "top_p", "top_k", "min_p",
        "stop", "seed", "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "logprobs",
        "top_logprobs", "reasoning_effort", "verbosity", "chat_template_kwargs", "guided_json", "guided_regex",
        "guided_choice", "user", "service_tier", "extra_body",
    ]
    private static let caps = ["max_tokens", "output_tokens", "max_completion_tokens"]
    private static let read = ["prompt", "messages", "expect", "custom_id", "id"] + caps
    private static let shown =
        "prompt, messages, max_tokens, expect, custom_id, id (not sent), and what is sent as it stands: "

    /// - Parameter rawMessagesAllowed: whether messages that are more than texts may be sent untouched: not where a nonce
    ///   must come before them, or an answer behind them.
    static func prompt(
        _ members: [JSONMember],
        rawMessagesAllowed: Bool,
        parser: JSONParser
    ) -> Result<Prompt, Fault> {
        do throws(Fault) {
            return .success(try read(members, rawMessagesAllowed: rawMessagesAllowed, parser: parser))
        } catch {
            return .failure(error)
        }
    }

    private static func read(
        _ members: [JSONMember],
        rawMessagesAllowed: Bool,
        parser: JSONParser
    ) throws(Fault) -> Prompt {
        var prompt = Prompt(messages: [])
        var extra: [JSONMember] = []
        var seen: Set<String> = []
        var text: String?
        for member in members {
            let name = member.name
            guard seen.insert(name).inserted else { throw Fault("\(name): appears twice; once is allowed") }
            switch name {
            case "prompt":
                guard let value = decoded(String.self, member), !value.isEmpty else {
                    throw refused(member, "a text that is not empty")
                }
                text = value
            case "messages":
                if let messages = try messages(member, parser) {
                    prompt.messages = messages
                } else if rawMessagesAllowed {
                    extra.append(member)
                } else {
                    throw Fault(
                        "messages: more than role and content (a text) in each; allowed with prompts.cache: allow and without "
                            + "workload.conversation, for then they are sent as they stand"
                    )
                }
            case "expect": prompt.expectation = try expectation(member, parser)
            case "custom_id":
                guard let value = decoded(String.self, member), !value.isEmpty else { throw refused(member, "a text") }
                prompt.id = value
            case "id": break  // of the owner's own list
            case _ where caps.contains(name):
                guard let value = decoded(Int.self, member), value >= 1 else {
                    throw refused(member, "a whole number, 1 or more")
                }
                guard prompt.maxTokens == nil || prompt.maxTokens == value else {
                    throw Fault("\(name): read \(value) beside another cap of \(prompt.maxTokens ?? 0); allowed: one")
                }
                prompt.maxTokens = value
            case "extra_body":
                guard let inner = parser.members(of: member.json) else { throw refused(member, "a JSON object") }
                extra += inner
            case _ where sent.contains(name):
                extra.append(member)
            default:
                let hint = Spelling.hint(name, among: read + sent)
                throw Fault("\(name): unknown member; allowed: \(shown)\(sent.joined(separator: ", "))\(hint)")
            }
        }
        switch (text, seen.contains("messages")) {
        case (let text?, false): prompt.messages = [.init(role: "user", content: text)]
        case (nil, true): break
        case (nil, false):
            throw Fault("no prompt; allowed: a JSON object with \"prompt\": text or \"messages\": [{role, content}]")
        case (_?, true): throw Fault("prompt: read beside messages; allowed: one of them")
        }
        prompt.extraBody = body(extra)
        return prompt
    }

    /// A JSON object of members; nil without any.
    static func body(_ members: [JSONMember]) -> String? {
        guard !members.isEmpty else { return nil }
        return "{" + members.map { JSONText.quoted($0.name) + ":" + $0.json }.joined(separator: ",") + "}"
    }

    /// nil where one is more than a role and a text.
    private static func messages(_ member: JSONMember, _ parser: JSONParser) throws(Fault) -> [Prompt.Message]? {
        if let plain = decoded([[String: String]].self, member), !plain.isEmpty,
            plain.allSatisfy({ Set($0.keys) == ["role", "content"] })
        {
            return plain.map { .init(role: $0["role"] ?? "", content: $0["content"] ?? "") }
        }
        struct Message: Decodable { var role: String }
        guard let rough = decoded([Message].self, member), !rough.isEmpty else {
            throw refused(member, "a list of {role, content}, one or more")
        }
        return nil
    }

    private static func expectation(_ member: JSONMember, _ parser: JSONParser) throws(Fault) -> AnswerExpectation {
        guard let members = parser.members(of: member.json) else { throw refused(member, ExpectationReader.form) }
        var expectation = AnswerExpectation()
        for part in members {
            let inner = JSONMember(name: "expect.\(part.name)", json: part.json)
            switch part.name {
            case "contains":
                guard let texts = decoded(String.self, part).map({ [$0] }) ?? decoded([String].self, part) else {
                    throw refused(inner, "a text, or a list of them")
                }
                expectation.contains = texts
            case "regex":
                guard let regex = decoded(String.self, part), ExpectationReader.isRegularExpression(regex) else {
                    throw refused(inner, "a regular expression")
                }
                expectation.regex = regex
            case "json":
                guard let json = decoded(Bool.self, part) else { throw refused(inner, "true or false") }
                expectation.json = json
            case "min_chars":
                guard let count = decoded(Int.self, part), count > 0 else {
                    throw refused(inner, "a whole number, 1 or more")
                }
                expectation.minChars = count
            default:
                let names = ["contains", "regex", "json", "min_chars"]
                let hint = Spelling.hint(part.name, among: names)
                throw Fault("\(inner.name): unknown member; allowed: \(names.joined(separator: ", "))\(hint)")
            }
        }
        if expectation.isEmpty { throw Fault("expect: expects nothing; allowed: \(ExpectationReader.form)") }
        return expectation
    }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ member: JSONMember) -> Value? {
        // Alone, a scalar is no document for every decoder: the list around it is.
        try? JSONDecoder().decode([Value].self, from: Data("[\(member.json)]".utf8)).first
    }

    private static func refused(_ member: JSONMember, _ allowed: String) -> Fault {
        let read = member.json.count > 60 ? member.json.prefix(57) + "..." : Substring(member.json)
        return Fault("\(member.name): read \(read); allowed: \(allowed)")
    }
}
