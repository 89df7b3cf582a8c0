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
        public var reasoning: @Sendable () -> String  // likewise
        /// Vectors to be sent, of a request for embeddings; nil = as many as it asked for.
        public var vectors: Int?

        public init(
            isCut: Bool,
            usage: Usage,
            serving: ServingFacts?,
            text: @escaping @Sendable () -> String,
            reasoning: @escaping @Sendable () -> String = { "" }
        ) {
            self.isCut = isCut
            self.usage = usage
            self.serving = serving
            self.text = text
            self.reasoning = reasoning
        }
    }

    /// What a token of reasoning looks like.
    enum Reasoning: Sendable {
        case unknown  // to the API
        case hidden  // nothing is sent; it is counted
        case shown(head: [UInt8], tail: [UInt8])
    }

    public let contentType: String  // of a stream
    let opening: [UInt8]
    let head: [UInt8]  // of a token, up to the inside of its quotes
    let tail: [UInt8]
    let reasoning: Reasoning
    /// Where each chunk carries the usage so far: appends it, with the output's count, and the end of the event.
    var appendCount: (@Sendable (Int64, inout [UInt8]) -> Void)?
    let appendEnd: @Sendable (End, inout [UInt8]) -> Void
    let appendWhole: @Sendable (End, inout [UInt8]) -> Void
    let appendError: @Sendable (String, inout [UInt8]) -> Void

    /// Whether the API has a place for reasoning.
    public var knowsReasoning: Bool { if case .unknown = reasoning { false } else { true } }

    /// A token of a stream.
    /// - Parameter count: of the output's tokens with it.
    public func append(token: EscapedText, count: Int64 = 0, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: head)
        buffer.append(contentsOf: token.bytes)
        buffer.append(contentsOf: tail)
        appendCount?(count, &buffer)
    }

    /// A token of reasoning. Nothing where it is not shown.
    public func append(reasoning token: EscapedText, count: Int64 = 0, to buffer: inout [UInt8]) {
        guard case .shown(let head, let tail) = reasoning else { return }
        buffer.append(contentsOf: head)
        buffer.append(contentsOf: token.bytes)
        buffer.append(contentsOf: tail)
        appendCount?(count, &buffer)
    }

    init(
        contentType: String = "text/event-stream",
        opening: [UInt8] = [],
        token: (head: [UInt8], tail: [UInt8]),
        reasoning: Reasoning = .unknown,
        end: @escaping @Sendable (End, inout [UInt8]) -> Void,
        whole: @escaping @Sendable (End, inout [UInt8]) -> Void,
        failure: @escaping @Sendable (String, inout [UInt8]) -> Void
    ) {
        self.contentType = contentType
        self.opening = opening
        (head, tail) = token
        self.reasoning = reasoning
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
    ///   - served: the model and the tier that answer; without a tier nothing is said of it.
    ///   - cachedTokens: those of the input that were found in a cache; nil = nothing is said of it.
    ///   - embedding: of a request for embeddings.
    public init(
        api: API,
        dialect: ServedDialect = .plain,
        id: String,
        served: ServedFacts,
        created: Int64,
        inputTokens: Int64,
        cachedTokens: Int64? = nil,
        writtenTokens: Int64? = nil,
        writtenForHour: Int64 = 0,
        asksForUsage: Bool,
        embedding: EmbeddingWish? = nil
    ) {
        self = api.grammar.served.writer(
            ServedForm.Answer(
                id: id,
                model: served.model ?? "",
                tier: served.tier,
                created: created,
                inputTokens: inputTokens,
                cachedTokens: cachedTokens,
                writtenTokens: writtenTokens,
                writtenForHour: writtenForHour,
                asksForUsage: asksForUsage,
                dialect: dialect,
                embedding: embedding
            )
        )
    }
}
