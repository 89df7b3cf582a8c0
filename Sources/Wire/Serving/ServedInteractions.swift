/// Google Gemini's Interactions as a server speaks them.
enum ServedInteractions {
    static let form = ServedForm(
        call: ServedForm.at("/v1beta/interactions"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            guard let model = root["model"].text else {
                throw ChatRequestFacts.Refusal(message: "model must be a non-empty string", parameter: "model")
            }
            var facts = try ChatRequestFacts(
                root["generation_config"],
                prompt: ChatRequestFacts.turns(root["input"], "content") + [root["system_instruction"]],
                named: "input",
                cap: "max_output_tokens",
                model: model
            )
            facts.streams = try ChatRequestFacts.flag("stream", in: root)
            return facts
        },
        writer: { writer($0.id, $0.model, $0.tier) }
    )

    private static func writer(_ id: String, _ model: String, _ tier: String?) -> AnswerWriter {
        @Sendable func event(_ type: String, _ members: JSONPiece) -> [UInt8] {
            AnswerWriter.typed(type, #"{\#(members),"event_type":\#(type)}"#)
        }
        let told = tier.map { #","service_tier":\#($0)"# as JSONPiece }
        @Sendable func interaction(_ end: AnswerWriter.End, _ steps: JSONPiece?) -> JSONPiece {
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let thoughts = end.usage.reasoning ?? 0
            let counts: JSONPiece =
                #""total_input_tokens":\#(input),"total_cached_tokens":\#(end.usage.cachedInput ?? 0),"total_output_tokens":\#(output - thoughts)"#
            let usage: JSONPiece =
                #"{\#(counts),"total_thought_tokens":\#(thoughts),"total_tokens":\#(input + output)}"#
            let status = end.isCut ? "incomplete" : "completed"
            return
                #"{"id":\#(id),"object":"interaction","model":\#(model),"status":\#(status),"usage":\#(usage)\#(told)\#(steps)}"#
        }
        @Sendable func delta(_ index: Int64, _ head: JSONPiece) -> [UInt8] {
            Array("event: step.delta\ndata: ".utf8) + (#"{"index":\#(index),"delta":{\#(head)"# as JSONPiece).bytes
        }
        let created: JSONPiece =
            #""interaction":{"id":\#(id),"object":"interaction","model":\#(model),"status":"in_progress"}"#
        let tail = Array("\"},\"event_type\":\"step.delta\"}\n\n".utf8)
        return AnswerWriter(
            opening: event("interaction.created", created)
                + event("step.start", #""index":0,"step":{"type":"thought"}"#)
                + event("step.start", #""index":1,"step":{"type":"model_output"}"#),
            token: (delta(1, #""type":"text","text":""#), tail),
            reasoning: .shown(
                head: delta(0, #""type":"thought_summary","content":{"type":"text","text":""#),
                tail: Array("\"}},\"event_type\":\"step.delta\"}\n\n".utf8)
            )
        ) { end, buffer in
            buffer += event("step.stop", #""index":1"#)
            buffer += event("interaction.completed", #""interaction":\#(interaction(end, nil))\#(end.serving)"#)
            buffer += Array("event: done\ndata: [DONE]\n\n".utf8)
        } whole: { end, buffer in
            let content: JSONPiece = #"[{"type":"text","text":\#(end.text())}]"#
            buffer +=
                interaction(end, #","steps":[{"type":"model_output","content":\#(content)}]\#(end.serving)"#).bytes
        } failure: { message, buffer in
            buffer += event("error", #""error":{"message":\#(message),"code":"internal"}"#)
        }
    }
}
