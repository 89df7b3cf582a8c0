/// Hugging Face TGI's own API: one event per token, and in the last one the whole text with its counts.
extension Grammar {
    static let textGenerationInference = Grammar(
        aliases: [
            "text-generation-inference", "huggingface", "hf", "huggingface-generate", "generate-stream",
        ],
        basePath: "",
        path: { _, streams in streams ? "/generate_stream" : "/generate" },
        modelsPath: { $0 + "/v1/models" },
        template: { request in
            var writer = BodyWriter(extra: request.extra.filter { $0.name != "stream" })  // the path says it
            writer.text("inputs", of: request.messages)
            return writer.finish(object: "parameters", cap: "max_new_tokens") { parameters in
                parameters.raw("details", "true")
                if let temperature = request.temperature {  // 0 is refused
                    parameters.raw("do_sample", temperature > 0 ? "true" : "false")
                    if temperature > 0 { parameters.number("temperature", temperature) }
                }
                parameters.number("seed", request.seed)
            }
        },
        read: reader { root, whole, _, tally in
            let token = root["token"]
            if token["special"].bool != true { tally.add(.visible, token["text"].utf8, choice: 0) }
            guard let text = root["generated_text"].utf8 else {
                return token.kind == .object && !whole ? .understood : .unparseable
            }
            if whole { tally.add(.visible, text, choice: 0) } else { tally.end() }
            let details = root["details"]
            tally.note(choice: 0, finish: details["finish_reason"].utf8)
            tally.count(
                Usage(
                    input: tally.tokens(details["input_length"]),
                    output: tally.tokens(details["generated_tokens"])
                )
            )
            return .understood
        },
        served: .textGenerationInference
    )
}
