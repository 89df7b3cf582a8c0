import FoundationEssentials
import Schedule
import Wire

/// Prompts from a JSONL file: one object a line, with `prompt` (a text) or `messages` (a chat), and optionally
/// `max_tokens` or `output_tokens`, `expect` and `custom_id`; a file for OpenAI's batch API (`BatchFile`), or one of
/// ShareGPT's conversations (`ShareGPTFile`). Other members are left alone; empty lines are skipped.
enum PromptFile {
    private struct Line: Decodable {
        struct Message: Decodable {
            var role: String
            var content: String
        }
        struct Expect: Decodable {
            /// A text, or several.
            struct Texts: Decodable {
                var list: [String]

                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    list = try (try? container.decode(String.self)).map { [$0] } ?? container.decode([String].self)
                }
            }
            var contains: Texts?
            var regex: String?
            var json: Bool?
            var min_chars: Int?
        }
        var expect: Expect?
        var prompt: String?
        var messages: [Message]?
        var max_tokens: Int?
        var output_tokens: Int?
        var custom_id: String?
    }

    struct Contents {
        var prompts: [Prompt] = []
        /// Whether its prompts must be sent as they are and answered by name: a file for OpenAI's batch API.
        var isBatch = false
    }

    private static let mostFaults = 10  // that are told

    /// Reports what cannot be read, by line of the file; at most ten lines of them.
    /// - Parameter wholeConversations: whether all questions of a ShareGPT entry are taken, not only the first.
    static func read(
        _ path: String,
        key: String,
        place: ProfileError.Place,
        wholeConversations: Bool = false,
        log: ProblemLog
    ) -> Contents {
        let text: String
        do {
            text = try TextFile.read(path)
        } catch {
            log.report(place, key, "the file \(path) \(error.message)")
            return Contents()
        }
        if ShareGPTFile.claims(text) {
            guard let prompts = ShareGPTFile.read(text, wholeConversations: wholeConversations), !prompts.isEmpty else {
                let form = "[{\"conversations\": [{\"from\": \"human\", \"value\": text}]}]"
                log.report(
                    place,
                    key,
                    "the file \(path) is a JSON array, but not of conversations; allowed: \(form), or JSONL"
                )
                return Contents()
            }
            return Contents(prompts: prompts)
        }
        let parser = JSONParser()
        var contents = Contents()
        var lineOfID: [String: Int] = [:]
        var faults = 0
        func fault(_ line: Int, _ message: String) {
            faults += 1
            if faults <= mostFaults { log.report(ProfileError.Place(source: path, line: line), key, message) }
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            let members = parser.members(of: String(line)) ?? []
            if BatchFile.claims(members) {
                contents.isBatch = true
                switch BatchFile.prompt(line, members, parser: parser) {
                case .success(let prompt):
                    if let id = prompt.id, let first = lineOfID.updateValue(index + 1, forKey: id) {
                        fault(
                            index + 1,
                            "custom_id: \"\(id.prefix(60))\" is there twice (line \(first)); once is allowed"
                        )
                    }
                    contents.prompts.append(prompt)
                case .failure(let problem): fault(index + 1, problem.message)
                }
            } else if let prompt = prompt(of: line) {
                contents.prompts.append(prompt)
            } else {
                fault(
                    index + 1,
                    "no prompt; allowed: a JSON object with \"prompt\": text or \"messages\": [{role, content}], and perhaps "
                        + "\"max_tokens\" and \"expect\": {contains, regex, json, min_chars}"
                )
            }
        }
        if contents.prompts.isEmpty && faults == 0 { log.report(place, key, "the file \(path) holds no prompt") }
        return contents
    }

    private static func prompt(of text: Substring) -> Prompt? {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { return nil }
        let cap = line.max_tokens ?? line.output_tokens
        if let cap, cap < 1 { return nil }
        var expectation: AnswerExpectation?
        if let given = line.expect {
            var read = AnswerExpectation()
            read.contains = given.contains?.list ?? []
            read.regex = given.regex
            read.json = given.json ?? false
            read.minChars = given.min_chars
            guard !read.isEmpty, read.regex.map(ExpectationReader.isRegularExpression) ?? true,
                read.minChars ?? 1 > 0
            else { return nil }
            expectation = read
        }
        var prompt: Prompt
        if let messages = line.messages, line.prompt == nil, !messages.isEmpty {
            prompt = Prompt(messages: messages.map { .init(role: $0.role, content: $0.content) }, maxTokens: cap)
        } else {
            guard let text = line.prompt, line.messages == nil, !text.isEmpty else { return nil }
            prompt = Prompt(messages: [.init(role: "user", content: text)], maxTokens: cap)
        }
        prompt.expectation = expectation
        prompt.id = line.custom_id
        return prompt
    }
}
