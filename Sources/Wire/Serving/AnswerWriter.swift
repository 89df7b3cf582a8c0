/// The server's side of an answer in any API: the bytes around its tokens, made once per answer.
///
///     opening ─► (token)* ─► end          or, in one piece, `whole`; `failure` is an error inside a stream
///
/// Between two tokens nothing is allocated beyond the buffer.
public struct AnswerWriter: Sendable {
    /// What is known when the answer is over.
    public struct End: Sendable {
        public var isCut: Bool  // by the cap; else the model stopped by itself
        public var usage: Usage
        public var serving: ServingFacts?
        public var text: @Sendable () -> String  // all of it; made only where it is repeated

        public init(isCut: Bool, usage: Usage, serving: ServingFacts?, text: @escaping @Sendable () -> String) {
            self.isCut = isCut
            self.usage = usage
            self.serving = serving
            self.text = text
        }
    }

    public let contentType: String  // of a stream
    let opening: [UInt8]
    let head: [UInt8]  // of a token, up to the inside of its quotes
    let tail: [UInt8]
    var reasoningHead: [UInt8]?  // nil: the API here has no reasoning, and its text is the answer's
    let appendEnd: @Sendable (End, inout [UInt8]) -> Void
    let appendWhole: @Sendable (End, inout [UInt8]) -> Void
    let appendError: @Sendable (String, inout [UInt8]) -> Void

    /// A token of a stream.
    public func append(token: EscapedText, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: head)
        buffer.append(contentsOf: token.bytes)
        buffer.append(contentsOf: tail)
    }

    /// A token of the reasoning ahead of the answer.
    public func append(reasoning: EscapedText, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: reasoningHead ?? head)
        buffer.append(contentsOf: reasoning.bytes)
        buffer.append(contentsOf: tail)
    }

    init(
        contentType: String = "text/event-stream",
        opening: [UInt8] = [],
        token: (head: [UInt8], tail: [UInt8]),
        end: @escaping @Sendable (End, inout [UInt8]) -> Void,
        whole: @escaping @Sendable (End, inout [UInt8]) -> Void,
        failure: @escaping @Sendable (String, inout [UInt8]) -> Void
    ) {
        self.contentType = contentType
        self.opening = opening
        (head, tail) = token
        appendEnd = end
        appendWhole = whole
        appendError = failure
    }

    /// What goes out when a request is accepted; no token.
    public func appendOpening(to buffer: inout [UInt8]) { buffer.append(contentsOf: opening) }

    public func append(end: End, to buffer: inout [UInt8]) { appendEnd(end, &buffer) }

    /// The answer in one piece.
    public func append(whole: End, to buffer: inout [UInt8]) { appendWhole(whole, &buffer) }

    /// An error inside a stream that began with status 200, and the end of that stream.
    public func append(failure message: String, to buffer: inout [UInt8]) { appendError(message, &buffer) }
}

extension AnswerWriter {
    /// - Parameters:
    ///   - created: seconds of Unix time.
    ///   - inputTokens: for an API that counts them at the beginning.
    public init(api: API, id: String, model: String, created: Int64, inputTokens: Int64, asksForUsage: Bool) {
        self =
            switch api {
            case .openAIChat: .chat(id, model, created, asksForUsage)
            case .openAICompletions: .completions(id, model, created, asksForUsage)
            case .openAIResponses: .responses(id, model)
            case .anthropic: .anthropic(id, model, inputTokens)
            case .gemini: .gemini(model)
            case .ollama: .ollama(model)
            case .textGenerationInference: .textGenerationInference
            }
    }
}
