/// OpenAI Responses as a server speaks them.
extension ServedForm {
    static let openAIResponses = ServedForm(
        call: at("/v1/responses"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            let turns = ChatRequestFacts.turns(root["input"], "content")
            var facts = try ChatRequestFacts(root, prompt: turns, named: "input", cap: "max_output_tokens")
            facts.ignoresEndOfSequence = try ChatRequestFacts.flag("ignore_eos", in: root)
            return facts
        },
        writer: { .responses($0.id, $0.model, $0.tier) }
    )
}

extension AnswerWriter {
    fileprivate static func responses(_ id: String, _ model: String, _ tier: String?) -> AnswerWriter {
        let told = tier.map { #","service_tier":\#($0)"# as JSONPiece }
        @Sendable func response(_ end: End) -> JSONPiece {
            let status: JSONPiece =
                end.isCut
                ? #""incomplete","incomplete_details":{"reason":"max_output_tokens"}"# : #""completed""#
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let content: JSONPiece = #"[{"type":"output_text","text":\#(end.text())}]"#
            let message: JSONPiece = #"{"type":"message","role":"assistant","content":\#(content)}"#
            let written = end.usage.written.map { #","cache_write_tokens":\#($0)"# as JSONPiece }
            let cached: JSONPiece? =
                end.usage.cachedInput == nil && written == nil
                ? nil : #","input_tokens_details":{"cached_tokens":\#(end.usage.cachedInput ?? 0)\#(written)}"#
            let reasoned = end.usage.reasoning.map {
                #","output_tokens_details":{"reasoning_tokens":\#($0)}"# as JSONPiece
            }
            let counts: JSONPiece = #""input_tokens":\#(input),"output_tokens":\#(output)"#
            let usage: JSONPiece = #"{\#(counts),"total_tokens":\#(input + output)\#(cached)\#(reasoned)}"#
            return
                #"{"id":\#(id),"object":"response","model":\#(model),"status":\#(status),"output":[\#(message)],"usage":\#(usage)\#(told)\#(end.serving)}"#
        }
        let type = "response.output_text.delta"
        let thought = "response.reasoning_text.delta"
        return AnswerWriter(
            opening: typed(
                "response.created",
                #"{"type":"response.created","response":{"id":\#(id),"model":\#(model),"status":"in_progress","service_tier":"auto"}}"#
            ),
            token: (
                Array("event: \(type)\ndata: {\"type\":\"\(type)\",\"output_index\":0,\"delta\":\"".utf8),
                Array("\"}\n\n".utf8)
            ),
            reasoning: .shown(
                head: Array(
                    "event: \(thought)\ndata: {\"type\":\"\(thought)\",\"output_index\":0,\"delta\":\"".utf8
                ),
                tail: Array("\"}\n\n".utf8)
            )
        ) { end, buffer in
            let type = end.isCut ? "response.incomplete" : "response.completed"
            buffer += typed(type, #"{"type":\#(type),"response":\#(response(end))\#(end.serving)}"#)
        } whole: { end, buffer in
            buffer += response(end).bytes
        } failure: { message, buffer in
            buffer += typed("error", #"{"type":"error","code":"server_error","message":\#(message)}"#)
        }
    }
}
