/// Anthropic Messages as a server speaks them.
extension ServedForm {
    static let anthropic = ServedForm(
        call: at("/v1/messages"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            let turns = ChatRequestFacts.turns(root["messages"], "content") + [root["system"]]
            var facts = try ChatRequestFacts(root, prompt: turns, named: "messages", cap: "max_tokens")
            guard facts.maxTokens != nil else {
                throw ChatRequestFacts.Refusal(message: "max_tokens is required", parameter: "max_tokens")
            }
            facts.ignoresEndOfSequence = try ChatRequestFacts.flag("ignore_eos", in: root)
            return facts
        },
        writer: { .anthropic($0) }
    )
}

extension AnswerWriter {
    fileprivate static func anthropic(_ answer: ServedForm.Answer) -> AnswerWriter {
        let (id, model) = (answer.id, answer.model)
        let (cached, written) = (answer.cachedTokens ?? 0, answer.writtenTokens ?? 0)
        let fresh = answer.inputTokens - cached - written
        let forHour = answer.writtenForHour
        let kept: JSONPiece =
            #"{"ephemeral_5m_input_tokens":\#(written - forHour),"ephemeral_1h_input_tokens":\#(forHour)}"#
        let writes: JSONPiece = #""cache_creation_input_tokens":\#(written),"cache_creation":\#(kept)"#
        let isFast = answer.tier == "fast"
        let told: JSONPiece? = answer.tier.map {
            #","service_tier":\#(isFast ? "standard" : $0),"speed":\#(isFast ? "fast" : "standard")"#
        }
        let message: JSONPiece = #"{"id":\#(id),"type":"message","role":"assistant","model":\#(model)"#
        let read: JSONPiece = #""input_tokens":\#(fresh),"cache_read_input_tokens":\#(cached),\#(writes)\#(told)"#
        let usage: JSONPiece = #"{\#(read),"output_tokens":1}"#
        let start: JSONPiece = #"\#(message),"content":[],"stop_reason":null,"usage":\#(usage)}"#
        let type = "content_block_delta"
        let delta = "{\"type\":\"\(type)\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
        let thought = "{\"type\":\"\(type)\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\""
        return AnswerWriter(
            opening: typed("message_start", #"{"type":"message_start","message":\#(start)}"#)
                + typed(
                    "content_block_start",
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
                ),
            token: (Array("event: \(type)\ndata: \(delta)".utf8), Array("\"}}\n\n".utf8)),
            reasoning: .shown(
                head: Array("event: \(type)\ndata: \(thought)".utf8),
                tail: Array("\"}}\n\n".utf8) + typed("ping", #"{"type":"ping"}"#)
            )
        ) { end, buffer in
            let reason = end.isCut ? "max_tokens" : "end_turn"
            let output = end.usage.output ?? 0
            let reasoned = end.usage.reasoning.map {
                #","output_tokens_details":{"thinking_tokens":\#($0)}"# as JSONPiece
            }
            buffer += typed("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
            buffer += typed(
                "message_delta",
                #"{"type":"message_delta","delta":{"stop_reason":\#(reason)},"usage":{"output_tokens":\#(output)\#(reasoned)}\#(end.serving)}"#
            )
            buffer += typed("message_stop", #"{"type":"message_stop"}"#)
        } whole: { end, buffer in
            let reason = end.isCut ? "max_tokens" : "end_turn"
            let output = end.usage.output ?? 0
            let usage: JSONPiece = #"{\#(read),"output_tokens":\#(output)}"#
            let content: JSONPiece = #"[{"type":"text","text":\#(end.text())}]"#
            let body: JSONPiece =
                #"\#(message),"content":\#(content),"stop_reason":\#(reason),"usage":\#(usage)\#(end.serving)}"#
            buffer += body.bytes
        } failure: { message, buffer in
            buffer += typed("error", #"{"type":"error","error":{"type":"api_error","message":\#(message)}}"#)
        }
    }
}
