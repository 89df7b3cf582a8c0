/// OpenAI embeddings: texts in, as many vectors out, in one JSON document. There are no output tokens and nothing is
/// streamed, so there is no first token either.
///
/// Each message of a request is an input of its own. An answer is parsed as a whole, at most 16 MiB of it: some 400 vectors
/// of 3,072 dimensions as numbers, or three times as many as base64.
extension Grammar {
    static let openAIEmbeddings = Grammar(
        aliases: ["embeddings", "embedding", "openai-embedding", "vllm-embeddings"],
        path: { _, _ in "/embeddings" },
        headers: [
            Header(name: "Content-Type", value: "application/json"),
            Header(name: "Accept", value: "application/json"), Header(name: "Accept-Encoding", value: "identity"),
        ],
        hasDoneMarker: false,
        makesVectors: true,
        template: { request in
            var writer = BodyWriter(extra: request.extra.filter { $0.name != "stream" })
            writer.string("model", request.model)
            writer.texts("input", request.messages)
            writer.raw("encoding_format", "\"float\"")
            return writer.finishWithoutCap()
        },
        read: reader { root, _, _, tally in
            let data = root["data"]
            guard data.kind == .array else { return .unparseable }
            tally.served(model: root["model"].utf8)
            for vector in data.elements { tally.add(vector: vector["embedding"]) }
            if root["usage"].kind == .object {
                let usage = root["usage"]
                tally.count(
                    Usage(input: tally.tokens(usage["prompt_tokens"]), total: tally.tokens(usage["total_tokens"]))
                )
            }
            tally.end()
            return .understood
        },
        served: .openAIEmbeddings
    )
}

extension ReplyTally {
    /// Numbers, or base64 of them; an empty one is none.
    fileprivate mutating func add(vector: JSONValue) {
        if let base64 = vector.utf8 {
            if base64.count > 0 { addVector(dimensions: base64.count / 4 * 3 / 4) }
        } else if facts.vectors + digest.vectors == 0 {
            let dimensions = vector.elements.reduce(0) { count, _ in count + 1 }
            if dimensions > 0 { addVector(dimensions: dimensions) }
        } else if vector.elements.contains(where: { _ in true }) {
            addVector(dimensions: nil)
        }
    }
}
