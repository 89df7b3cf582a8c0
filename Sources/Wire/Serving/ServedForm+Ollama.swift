/// Ollama's own chat as a server speaks it.
extension ServedForm {
    static let ollama = ServedForm(
        call: at("/api/chat"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            guard let model = root["model"].text else {
                throw ChatRequestFacts.Refusal(message: "model must be a non-empty string", parameter: "model")
            }
            let turns = ChatRequestFacts.turns(root["messages"], "content")
            var facts = try ChatRequestFacts(
                root["options"],
                prompt: turns,
                named: "messages",
                cap: "num_predict",
                model: model
            )
            facts.streams = root["stream"].bool ?? true
            return facts
        },
        writer: { .ollama($0.model) }
    )
}

extension AnswerWriter {
    fileprivate static func ollama(_ model: String) -> AnswerWriter {
        let start: JSONPiece = #"{"model":\#(model),"message":{"role":"assistant","content":"#
        @Sendable func last(_ text: String, _ end: End) -> JSONPiece {
            let reason = end.isCut ? "length" : "stop"
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let cached = end.usage.cachedInput.map { #","prompt_eval_cached_count":\#($0)"# as JSONPiece }
            let times: JSONPiece = #""total_duration":6000000,"prompt_eval_duration":2000000,"eval_duration":3000000"#
            let counts: JSONPiece = #""prompt_eval_count":\#(input),"eval_count":\#(output),\#(times)\#(cached)"#
            return #"\#(start)\#(text)},"done":true,"done_reason":\#(reason),\#(counts)\#(end.serving)}"#
        }
        return AnswerWriter(
            contentType: "application/x-ndjson",
            token: (start.bytes + Array("\"".utf8), Array("\"},\"done\":false}\n".utf8)),
            reasoning: .shown(
                head: start.bytes + Array("\"\",\"thinking\":\"".utf8),
                tail: Array("\"},\"done\":false}\n".utf8)
            )
        ) { end, buffer in
            buffer += last("", end).bytes + Array("\n".utf8)
        } whole: { end, buffer in
            buffer += last(end.text(), end).bytes
        } failure: { message, buffer in
            let line: JSONPiece = "{\"error\":\(message)}\n"
            buffer += line.bytes
        }
    }
}
