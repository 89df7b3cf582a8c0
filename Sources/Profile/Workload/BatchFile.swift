import FoundationEssentials
import Schedule
import Wire

/// Lines of a file for OpenAI's batch API: `{"custom_id":..,"method":"POST","url":"/v1/chat/completions","body":{..}}`.
///
/// The body is sent as it is but for four members that the run decides: `model` (the target's), `stream` and
/// `stream_options` (without a stream there is nothing to time), and the name of the cap on output tokens (the
/// provider's; its value is the body's).
enum BatchFile {
    private struct Line: Decodable {
        var custom_id: String
        var method: String?
        var url: String?
        var body: Body
    }

    private struct Body: Decodable {
        var max_tokens: Int?
        var max_completion_tokens: Int?
    }

    /// `{"role", "content": text}` only; anything more goes through as it is.
    private struct PlainMessages: Decodable {
        var messages: [[String: String]]
    }

    private struct PlainPrompt: Decodable { var prompt: String }

    static let urls = ["/v1/chat/completions", "/v1/completions"]
    private static let ours: Set<String> = ["model", "stream", "stream_options", "max_tokens", "max_completion_tokens"]

    /// Whether a line means to be of such a file.
    static func claims(_ members: [JSONMember]) -> Bool {
        members.contains { $0.name == "body" }
            || members.contains { $0.name == "custom_id" && members.count > 1 }
                && members.contains { $0.name == "url" || $0.name == "method" }
    }

    /// - Returns: the prompt, or what is wrong with the line.
    static func prompt(_ text: String, _ members: [JSONMember], parser: JSONParser) -> Result<Prompt, Fault> {
        let decoder = JSONDecoder()
        let data = Data(text.utf8)
        let line: Line
        do { line = try decoder.decode(Line.self, from: data) } catch {
            return .failure(Fault("no batch request; allowed: {\"custom_id\", \"method\", \"url\", \"body\": {...}}"))
        }
        if let method = line.method, method != "POST" {
            return .failure(Fault("method: read \"\(method.prefix(20))\"; allowed: POST"))
        }
        if let url = line.url, !urls.contains(url) {
            return .failure(Fault("url: read \"\(url.prefix(60))\"; allowed: \(urls.joined(separator: ", "))"))
        }
        guard !line.custom_id.isEmpty else { return .failure(Fault("custom_id: read an empty text; allowed: a text")) }
        guard let json = members.last(where: { $0.name == "body" })?.json, var body = parser.members(of: json) else {
            return .failure(Fault("body: missing; allowed: the JSON object of a request"))
        }
        let cap = line.body.max_completion_tokens ?? line.body.max_tokens
        if let cap, cap < 1 { return .failure(Fault("max_tokens: read \(cap); allowed: 1 or more")) }
        body.removeAll { ours.contains($0.name) }
        var prompt = Prompt(messages: [], maxTokens: cap)
        if let plain = try? decoder.decode(PlainMessages.self, from: Data(json.utf8)),
            plain.messages.allSatisfy({ Set($0.keys) == ["role", "content"] }), !plain.messages.isEmpty
        {
            prompt.messages = plain.messages.map { .init(role: $0["role"] ?? "", content: $0["content"] ?? "") }
            body.removeAll { $0.name == "messages" }
        } else if let plain = try? decoder.decode(PlainPrompt.self, from: Data(json.utf8)), !plain.prompt.isEmpty {
            prompt.messages = [.init(role: "user", content: plain.prompt)]
            body.removeAll { $0.name == "prompt" }
        } else if !body.contains(where: { $0.name == "messages" && $0.json != "[]" }) {
            return .failure(Fault("body: neither \"messages\" nor a \"prompt\" that is a text"))
        }
        prompt.id = line.custom_id
        prompt.extraBody = PromptLine.body(body)
        return .success(prompt)
    }

    struct Fault: Error {
        var message: String
        init(_ message: String) { self.message = message }
    }
}
