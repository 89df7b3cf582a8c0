/// Cohere's chat, version 2, as a server speaks it.
extension ServedForm {
    static let cohere = ServedForm(
        call: at("/v2/chat"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            let turns = ChatRequestFacts.turns(root["messages"], "content")
            return try ChatRequestFacts(root, prompt: turns, named: "messages", cap: "max_tokens")
        },
        writer: { .cohere($0.id) }
    )
}

extension AnswerWriter {
    fileprivate static func cohere(_ id: String) -> AnswerWriter {
        @Sendable func usage(_ end: End) -> JSONPiece {
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            // As there: what the template adds is read and not billed.
            let billed: JSONPiece = #"{"input_tokens":\#(max(0, input - 1)).0,"output_tokens":\#(output).0}"#
            let tokens: JSONPiece = #"{"input_tokens":\#(input).0,"output_tokens":\#(output).0}"#
            let cached = end.usage.cachedInput.map { #","cached_tokens":\#($0).0"# as JSONPiece }
            return #"{"billed_units":\#(billed),"tokens":\#(tokens)\#(cached)}"#
        }
        let type = "content-delta"
        let start = "event: \(type)\ndata: {\"type\":\"\(type)\",\"index\":0,\"delta\":{\"message\":{\"content\":{"
        let tail = Array("\"}}}}\n\n".utf8)
        return AnswerWriter(
            opening: typed(
                "message-start",
                #"{"id":\#(id),"type":"message-start","delta":{"message":{"role":"assistant","content":[]}}}"#
            )
                + typed(
                    "content-start",
                    #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#
                ),
            token: (Array("\(start)\"text\":\"".utf8), tail),
            reasoning: .shown(head: Array("\(start)\"thinking\":\"".utf8), tail: tail)
        ) { end, buffer in
            let reason = end.isCut ? "MAX_TOKENS" : "COMPLETE"
            buffer += typed("content-end", #"{"type":"content-end","index":0}"#)
            buffer += typed(
                "message-end",
                #"{"type":"message-end","delta":{"finish_reason":\#(reason),"usage":\#(usage(end))}\#(end.serving)}"#
            )
        } whole: { end, buffer in
            let reason = end.isCut ? "MAX_TOKENS" : "COMPLETE"
            let content: JSONPiece = #"[{"type":"text","text":\#(end.text())}]"#
            let body: JSONPiece =
                #"{"id":\#(id),"finish_reason":\#(reason),"message":{"role":"assistant","content":\#(content)},"usage":\#(usage(end))\#(end.serving)}"#
            buffer += body.bytes
        } failure: { message, buffer in
            buffer += typed("message-end", #"{"type":"message-end","delta":{"error":\#(message)}}"#)
        }
    }
}
