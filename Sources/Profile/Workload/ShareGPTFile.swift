import FoundationEssentials
import Schedule

/// Conversations as ShareGPT's files have them: one JSON array of
/// `{"id":..,"conversations":[{"from":"human","value":..},{"from":"gpt","value":..}, ...]}`.
///
/// The first thing that the human says becomes the prompt; where the workload has conversations, all that the human says
/// does, one question after the other. Entries that begin with the machine begin there, entries in which the human says
/// nothing are left out. Entities of HTML, which these files are full of, become text.
enum ShareGPTFile {
    private struct Entry: Decodable {
        struct Turn: Decodable {
            var from: String
            var value: String
        }
        var conversations: [Turn]
    }

    static func claims(_ text: String) -> Bool { text.first { !$0.isWhitespace } == "[" }

    /// nil when it is no such file.
    static func read(_ text: String, wholeConversations: Bool = false) -> [Prompt]? {
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(text.utf8)) else { return nil }
        return entries.compactMap { entry -> Prompt? in
            let said = entry.conversations.filter { turn in
                ["human", "user"].contains(turn.from) && turn.value.contains { !$0.isWhitespace }
            }
            let questions = said.prefix(wholeConversations ? said.count : 1)
            guard !questions.isEmpty else { return nil }
            return Prompt(messages: questions.map { .init(role: "user", content: withoutEntities($0.value)) })
        }
    }

    /// `&amp;` last, so that `&amp;lt;` is `&lt;`.
    private static func withoutEntities(_ text: String) -> String {
        guard text.contains("&") else { return text }
        return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
