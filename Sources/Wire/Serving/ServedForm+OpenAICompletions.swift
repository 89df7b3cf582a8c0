/// OpenAI's text completions as a server speaks them.
extension ServedForm {
    static let openAICompletions = ServedForm(
        call: at("/v1/completions"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            var facts = try ChatRequestFacts(root, prompt: [root["prompt"]], named: "prompt", cap: "max_tokens")
            facts.asksForUsage = try ChatRequestFacts.flag("include_usage", in: root["stream_options"])
            facts.ignoresEndOfSequence = try ChatRequestFacts.flag("ignore_eos", in: root)
            facts.choices = try ChatRequestFacts.count("n", in: root) ?? 1
            return facts
        },
        writer: { .completions($0.id, $0.model, $0.created, $0.asksForUsage, $0.tier) }
    )
}

extension AnswerWriter {
    fileprivate static func completions(
        _ id: String,
        _ model: String,
        _ created: Int64,
        _ asksForUsage: Bool,
        _ tier: String?
    ) -> AnswerWriter {
        let told = tier.map { #","service_tier":\#($0)"# as JSONPiece }
        let start: JSONPiece = #"{"id":\#(id),"object":"text_completion","created":\#(created),"model":\#(model)"#
        let head: JSONPiece = #"data: \#(start),"choices":[{"index":0,"text":""#
        let tail: JSONPiece = "\",\"finish_reason\":null}]}\n\n"
        return AnswerWriter(token: (head.bytes, tail.bytes)) { end, buffer in
            let reason = end.isCut ? "length" : "stop"
            let serving = asksForUsage ? nil : end.serving
            buffer += event(
                #"\#(start),"choices":[{"index":0,"text":"","finish_reason":\#(reason)}]\#(told)\#(serving)}"#
            )
            if asksForUsage {
                buffer += event(#"\#(start),"choices":[],"usage":\#(end.usage)\#(told)\#(end.serving)}"#)
            }
            ChatStreamWriter.appendDone(to: &buffer)
        } whole: { end, buffer in
            let reason = end.isCut ? "length" : "stop"
            let choice: JSONPiece = #"{"index":0,"text":\#(end.text()),"finish_reason":\#(reason)}"#
            let body: JSONPiece = #"\#(start),"choices":[\#(choice)],"usage":\#(end.usage)\#(told)\#(end.serving)}"#
            buffer += body.bytes
        } failure: { message, buffer in
            ChatStreamWriter.appendError(message: message, type: "server_error", code: "500", to: &buffer)
            ChatStreamWriter.appendDone(to: &buffer)
        }
    }
}
