import Schedule
import Wire

@testable import Profile

/// A file of prompts: JSON lines, a batch file, ShareGPT's conversations.
///
/// Input: how it is read, the file. Held: it is refused with a reason, or every prompt makes a request that is JSON, in
/// every API that takes it.
enum FuzzPrompts {
    nonisolated(unsafe) private static let parser = JSONParser()

    static func read(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let choice = input.byte()
        FuzzFile.with(Array(input.rest), suffix: ".prompts") { path in
            let log = ProblemLog()
            let contents = PromptFile.read(
                path,
                key: "prompts",
                place: .init(source: "p.yaml", line: 1),
                wholeConversations: choice & 1 != 0,
                hasNonces: choice & 2 != 0,
                log: log
            )
            precondition(!contents.prompts.isEmpty || !log.problems.isEmpty, "neither prompts nor a reason")
            for prompt in contents.prompts.prefix(50) { hold(prompt) }
        }
    }

    private static func hold(_ prompt: Prompt) {
        precondition((prompt.maxTokens ?? 1) >= 1)
        var extra: [JSONMember] = []
        if let text = prompt.extraBody {
            guard let members = parser.members(of: text) else { preconditionFailure("no JSON object: \(text)") }
            extra = members
        }
        let messages = prompt.messages.map { ChatRequest.Message(role: $0.role, content: $0.content) }
        for api in API.allCases {
            let request = ChatRequest(model: "m", messages: messages, maxTokens: prompt.maxTokens, extra: extra)
            let body = String(decoding: request.body(api: api), as: UTF8.self)
            precondition(parser.isDocument(body), "a request that is no JSON: \(body)")
        }
    }
}
