import FoundationEssentials
import Schedule

/// Prompts from a JSONL file: one object a line, with `prompt` (a text) or `messages` (a chat), and optionally
/// `max_tokens` or `output_tokens`, and `expect`. Other members are left alone; empty lines are skipped.
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
    }

    /// Reports what cannot be read, by line of the file; at most ten lines of them.
    static func read(_ path: String, key: String, place: ProfileError.Place, log: ProblemLog) -> [Prompt] {
        let text: String
        do {
            text = try TextFile.read(path)
        } catch {
            log.report(place, key, "the file \(path) \(error.message)")
            return []
        }
        let decoder = JSONDecoder()
        var prompts: [Prompt] = []
        var faults = 0
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            if let prompt = (try? decoder.decode(Line.self, from: Data(line.utf8))).flatMap(prompt(of:)) {
                prompts.append(prompt)
            } else {
                faults += 1
                guard faults <= 10 else { continue }
                let message =
                    "no prompt; allowed: a JSON object with \"prompt\": text or \"messages\": [{role, content}], and perhaps "
                    + "\"max_tokens\" and \"expect\": {contains, regex, json, min_chars}"
                log.report(ProfileError.Place(source: path, line: index + 1), key, message)
            }
        }
        if prompts.isEmpty && faults == 0 { log.report(place, key, "the file \(path) holds no prompt") }
        return prompts
    }

    private static func prompt(of line: Line) -> Prompt? {
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
        if let messages = line.messages, line.prompt == nil, !messages.isEmpty {
            return Prompt(
                messages: messages.map { .init(role: $0.role, content: $0.content) },
                maxTokens: cap,
                expectation: expectation
            )
        }
        guard let text = line.prompt, line.messages == nil, !text.isEmpty else { return nil }
        return Prompt(messages: [.init(role: "user", content: text)], maxTokens: cap, expectation: expectation)
    }
}
