/// OpenAI embeddings as a server speaks them.
extension ServedForm {
    static let openAIEmbeddings = ServedForm(
        call: at("/v1/embeddings"),
        facts: { root, _, _ throws(ChatRequestFacts.Refusal) in
            let input = root["input"]
            let inputs = input.inputs
            var facts = try ChatRequestFacts(root, prompt: [input], named: "input", cap: "max_tokens")
            facts.promptBytes = inputs.reduce(0) { $0 + $1.promptBytes }
            if inputs.isEmpty || facts.promptBytes == 0 {
                throw ChatRequestFacts.Refusal(message: "input must not be empty", parameter: "input")
            }
            let dimensions = try ChatRequestFacts.count("dimensions", in: root)
            try Self.checkSize(inputs: inputs.count, dimensions: dimensions ?? usualDimensions)
            facts.messages = inputs.count
            facts.streams = false
            facts.maxTokens = nil
            facts.embedding = EmbeddingWish(
                inputs: inputs.count,
                dimensions: dimensions,
                isBase64: root["encoding_format"].equals("base64")
            )
            return facts
        },
        writer: { .embeddings($0.model, $0.embedding, tellsUsage: $0.asksForUsage) }
    )

    /// Of the simulated model's vectors.
    static let usualDimensions = 256
    /// As OpenAI's service has it, and more dimensions than any model.
    private static let mostInputs = 2048
    private static let mostDimensions = 16_384
    /// Of one answer: some 25 MB as text.
    private static let mostNumbers = 2_097_152

    private static func checkSize(inputs: Int, dimensions: Int) throws(ChatRequestFacts.Refusal) {
        func refusal(_ message: String, _ parameter: String) -> ChatRequestFacts.Refusal {
            ChatRequestFacts.Refusal(message: message, parameter: parameter)
        }
        if inputs > mostInputs { throw refusal("input must hold at most \(mostInputs) texts", "input") }
        if !(1...mostDimensions).contains(dimensions) {
            throw refusal("dimensions must be 1 to \(mostDimensions)", "dimensions")
        }
        if inputs * dimensions > mostNumbers {
            throw refusal("texts times dimensions must be at most \(mostNumbers)", "dimensions")
        }
    }
}

extension JSONValue {
    /// One text, several, one list of token ids, or several.
    fileprivate var inputs: [JSONValue] {
        guard kind == .array else { return [self] }
        let elements = Array(elements)
        return elements.first?.kind == .number ? [self] : elements
    }

    /// A token id stands for the four bytes by which the simulated provider counts.
    fileprivate var promptBytes: Int { utf8?.count ?? 4 * elements.reduce(0) { count, _ in count + 1 } }
}

extension AnswerWriter {
    /// The same vector each time: what is measured is the time it takes, and its bytes are as many as a real one's.
    fileprivate static func embeddings(_ model: String, _ wish: EmbeddingWish?, tellsUsage: Bool) -> AnswerWriter {
        let wish = wish ?? EmbeddingWish(inputs: 1, dimensions: nil, isBase64: false)
        let dimensions = max(1, wish.dimensions ?? ServedForm.usualDimensions)
        let vector = wish.isBase64 ? base64(dimensions) : numbers(dimensions)
        return AnswerWriter(contentType: "application/json", token: ([], [])) { _, _ in
        } whole: { end, buffer in
            JSONText.append("{\"object\":\"list\",\"data\":[", to: &buffer)
            for index in 0..<(end.vectors ?? wish.inputs) {
                if index > 0 { JSONText.append(",", to: &buffer) }
                JSONText.append("{\"object\":\"embedding\",\"index\":", to: &buffer)
                JSONText.append(Int64(index), to: &buffer)
                JSONText.append(",\"embedding\":", to: &buffer)
                buffer += vector
                JSONText.append("}", to: &buffer)
            }
            let tokens = end.usage.input ?? 0
            let usage: JSONPiece = #","usage":{"prompt_tokens":\#(tokens),"total_tokens":\#(tokens)}"#
            let rest: JSONPiece = #"],"model":\#(model)\#(tellsUsage ? usage : nil)\#(end.serving)}"#
            buffer += rest.bytes
        } failure: { message, buffer in
            ChatAnswer.appendError(message: message, type: "server_error", code: "500", to: &buffer)
        }
    }

    private static func numbers(_ dimensions: Int) -> [UInt8] {
        let values = ["-0.01171875", "0.03515625", "0.0078125", "-0.02734375", "0.05078125"]
        var bytes = [UInt8(ascii: "[")]
        for index in 0..<dimensions {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += values[index % values.count].utf8
        }
        return bytes + [UInt8(ascii: "]")]
    }

    /// Of 0.1 as a little-endian float, over and over: three of them are sixteen characters.
    private static func base64(_ dimensions: Int) -> [UInt8] {
        let rest = ["", "zczMPQ==", "zczMPc3MzD0="][dimensions % 3]
        let whole = String(repeating: "zczMPc3MzD3NzMw9", count: dimensions / 3)
        return Array("\"\(whole)\(rest)\"".utf8)
    }
}
