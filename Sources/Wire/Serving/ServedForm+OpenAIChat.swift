/// OpenAI chat as a server speaks it; how providers differ is in `ServedDialect`.
extension ServedForm {
    static let openAIChat = ServedForm(
        call: at("/v1/chat/completions"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in try ChatRequestFacts(root) },
        writer: { answer in
            if answer.dialect == .plain {
                return .chat(answer.id, answer.model, answer.created, answer.asksForUsage, tier: answer.tier)
            }
            var dialect = answer.dialect.chat
            if let tier = answer.tier { dialect.extra += ",\"service_tier\":\"\(tier)\"" }
            return .chat(
                answer.id,
                answer.model,
                answer.created,
                answer.asksForUsage,
                dialect,
                tier: answer.tier,
                input: answer.inputTokens,
                cached: answer.cachedTokens
            )
        }
    )
}

extension AnswerWriter {
    static func chat(
        _ id: String,
        _ model: String,
        _ created: Int64,
        _ asksForUsage: Bool,
        tier: String?
    ) -> AnswerWriter {
        let writer = ChatStreamWriter(id: id, model: model, created: created)
        var opening: [UInt8] = []
        writer.appendRole(to: &opening)
        let reasoning = Reasoning.shown(head: writer.reasoningHead, tail: writer.token.tail)
        return AnswerWriter(opening: opening, token: writer.token, reasoning: reasoning) { end, buffer in
            let reason = end.isCut ? "length" : "stop"
            writer.appendFinish(reason, serving: asksForUsage ? nil : end.serving, tier: tier, to: &buffer)
            if asksForUsage { writer.appendUsage(end.usage, serving: end.serving, tier: tier, to: &buffer) }
            ChatStreamWriter.appendDone(to: &buffer)
        } whole: { end, buffer in
            ChatAnswer.append(
                id: id,
                model: model,
                created: created,
                content: end.text(),
                finish: end.isCut ? "length" : "stop",
                usage: end.usage,
                serving: end.serving,
                tier: tier,
                to: &buffer
            )
        } failure: { message, buffer in
            ChatStreamWriter.appendError(message: message, type: "server_error", code: "500", to: &buffer)
            ChatStreamWriter.appendDone(to: &buffer)
        }
    }
}
