/// Hugging Face TGI's own API as a server speaks it: requests name no model.
extension ServedForm {
    static let textGenerationInference = ServedForm(
        call: { path in
            switch path {
            case "/generate_stream": (nil, true)
            case "/generate": (nil, false)
            default: nil
            }
        },
        facts: { root, call, servedModel throws(ChatRequestFacts.Refusal) in
            var facts = try ChatRequestFacts(
                root["parameters"],
                prompt: [root["inputs"]],
                named: "inputs",
                cap: "max_new_tokens",
                model: servedModel
            )
            facts.streams = call.streams ?? false
            return facts
        },
        writer: { _ in .textGenerationInference }
    )
}

extension AnswerWriter {
    fileprivate static var textGenerationInference: AnswerWriter {
        @Sendable func details(_ end: End) -> JSONPiece {
            let reason = end.isCut ? "length" : "eos_token"
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            return
                #"{"finish_reason":\#(reason),"generated_tokens":\#(output),"input_length":\#(input)}\#(end.serving)"#
        }
        return AnswerWriter(
            token: (
                Array("data:{\"token\":{\"id\":1,\"text\":\"".utf8),
                Array("\",\"special\":false},\"generated_text\":null,\"details\":null}\n\n".utf8)
            )
        ) { end, buffer in
            let token: JSONPiece = #"{"id":2,"text":"</s>","special":true}"#
            buffer += event(#"{"token":\#(token),"generated_text":\#(end.text()),"details":\#(details(end))}"#)
        } whole: { end, buffer in
            let body: JSONPiece = #"{"generated_text":\#(end.text()),"details":\#(details(end))}"#
            buffer += body.bytes
        } failure: { message, buffer in
            buffer += event(#"{"error":\#(message),"error_type":"generation"}"#)
        }
    }
}
