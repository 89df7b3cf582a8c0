/// What a reply amounts to, so far or at its end.
public struct ReplyFacts: Sendable, Hashable {
    /// What the body turned out to be, whatever its content type said.
    public enum Body: Sendable, Hashable {
        case empty
        case eventStream
        case lines  // a JSON document per line
        case json  // one document: an error, or an answer that was not streamed
        case opaque  // HTML or text, mostly from a proxy; see `excerpt`
    }

    /// One of the answers asked for (`n`), 1 mostly.
    public struct Choice: Sendable, Hashable {
        public var index: Int
        public var finish: String?  // the server's word; the last one counts
        public var toolCalls: Int  // distinct, by index

        public init(index: Int, finish: String? = nil, toolCalls: Int = 0) {
            self.index = index
            self.finish = finish
            self.toolCalls = toolCalls
        }
    }

    /// How the stream said that it is complete. What comes behind a sign changes nothing but the usage, unless text takes
    /// a bare finish reason back.
    public enum TerminalSign: Sendable, Hashable {
        case none
        case finish  // a finish reason for each choice seen, but no done marker; it is not the last word
        case done  // a done marker, but some choice without finish reason (or no choice at all)
        case both
        case error  // the stream said that it failed

        /// Whether it can no longer be taken back: `[DONE]`, an API's own last event, or an error.
        public var isFinal: Bool {
            switch self {
            case .none, .finish: false
            case .done, .both, .error: true
            }
        }
    }

    /// Deviations that do not make a reply fail.
    public enum Note: String, Sendable, Hashable, CaseIterable {
        case otherContentType = "an event stream under another content type"
        case jsonAsStream = "JSON under an event stream's content type"
        case notStreamed = "answered in one piece, not as a stream"
        case dataKeepAlive = "keep-alives sent as data"
        case noBlankLine = "no blank line after the last event"
        case eventsAfterEnd = "events after the end"
        case errorAfterEnd = "an error after the end"
        case textAfterFinish = "text after the finish reason"
        case strayError = "an error outside the stream's format"
        case overflow = "an event above 16 MiB"
        case impossibleCount = "an impossible token count"
        case badUTF8 = "text that is not UTF-8 (bad_utf8)"
    }

    // Sums over all reads. First what each token touches, so that it lies in few cache lines.
    public var events = 0
    public var tokenEvents = 0
    public var visibleBytes: Int64 = 0
    /// FNV-1a, 64 bit, of the visible text: equal for equal answers however they were cut into pieces.
    public var answerHash: UInt64 = 0xcbf2_9ce4_8422_2325
    public var reasoningBytes: Int64 = 0
    public var toolBytes: Int64 = 0
    public var refusalBytes: Int64 = 0
    public var vectors = 0  // embeddings that are not empty

    public var hasDoneMarker = false
    public var expectsDoneMarker = true  // false: the API's streams have none
    public var body = Body.empty
    public var served = ServedFacts()
    public var error: ServerError?  // the first one before the end

    public var status = 0  // HTTP, as given to `begin`
    public var choices: [Choice] = []  // in order of appearance, at most 128
    public var usage = Usage()
    public var unparseable = 0  // events that are not what the API sends
    public var keepAlives = 0  // comments and events without payload
    public var serverTimings: ServerTimings?
    public var serving: ServingFacts?  // from spate's own simulated provider
    /// The beginning of an opaque body, or the first thing in it that is not what the API sends, at most 2 KiB; nil where
    /// text came all the same.
    public var excerpt: String?
    public var compression: String?  // of an opaque body, by its first bytes: "gzip", "zstd", "zlib"
    public var notes: [Note] = []  // each once
    public var dimensions: Int?  // of the first vector

    public init() {}

    public var textBytes: Int64 { visibleBytes + reasoningBytes + toolBytes + refusalBytes }
    public var hasRefusal: Bool { refusalBytes > 0 }
    public var toolCalls: Int { choices.reduce(0) { $0 + $1.toolCalls } }
    public var isNotStreamed: Bool { notes.contains(.notStreamed) }
    public var hasOverflowed: Bool { notes.contains(.overflow) }

    /// Whether the server itself said that this request waited for a replica to start; nil = it said nothing.
    public var reportedCold: Bool? { serving?.cold }

    /// The server's finish reason: that of the choice with the lowest index.
    public var finishWord: String? { choices.min { $0.index < $1.index }?.finish }

    public var finish: FinishReason? { finishWord.map(FinishReason.init(serverWord:)) }

    /// Choices that have begun and have no finish reason.
    public var unfinishedChoices: Int { choices.count { $0.finish == nil } }

    public var terminalSign: TerminalSign {
        if error != nil, body == .eventStream || body == .lines { return .error }
        return switch (hasDoneMarker, !choices.isEmpty && unfinishedChoices == 0) {
        case (true, true): .both
        case (true, false): .done
        case (false, true): .finish
        case (false, false): .none
        }
    }
}
