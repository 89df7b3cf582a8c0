/// What one read brought.
public struct ReadDigest: Sendable, Hashable {
    public var events = 0  // with a payload: no comments, no empty data, no [DONE], none behind the end
    public var lateEvents = 0  // with a payload, behind the end
    public var tokenEvents = 0  // with text, reasoning, tool arguments or a refusal
    // UTF-8 bytes of that text.
    public var visibleBytes = 0
    public var reasoningBytes = 0
    public var toolBytes = 0
    public var refusalBytes = 0
    public var vectors = 0  // embeddings
    public var isFirstReasoning = false  // the reply's first reasoning is in this read
    public var isFirstVisible = false  // the reply's first visible text or refusal is in this read
    public var terminalSign = ReplyFacts.TerminalSign.none  // how the reply stands after this read
    public var endsWithToken = false  // its last bytes are the end of a token event

    public init() {}

    public var textBytes: Int { visibleBytes + reasoningBytes + toolBytes + refusalBytes }
}
