import Ticks

/// A recorded load: when each request came, how long its prompt and its answer were, and what prompts had in common.
///
/// Kept in columns, 16 bytes a request, since a week of a large service has tens of millions.
public struct Trace: Sendable, Hashable {
    /// Why a row of the file is not among the requests.
    public enum Drop: String, Sendable, Hashable, CaseIterable {
        case failed  // the trace says that it had no answer
        case noPrompt = "no_prompt"  // zero tokens in
        case noAnswer = "no_answer"  // zero tokens out
        case other  // no request for text (nginx, LiteLLM)
        case cached  // answered by the gateway itself (LiteLLM)
        case idle  // a stretch without a request (ServeGen)
        case beforeStart = "before_start"
        case afterLimit = "after_limit"
        case outsideBursts = "outside_bursts"

        public var text: String {
            switch self {
            case .failed: "failed in the trace"
            case .noPrompt: "without a prompt token"
            case .noAnswer: "without an output token"
            case .other: "not asking for text"
            case .cached: "answered by the gateway's own cache"
            case .idle: "stretches without a request"
            case .beforeStart: "before the start"
            case .afterLimit: "after the limit"
            case .outsideBursts: "outside the bursts"
            }
        }
    }

    /// One request of it.
    public struct Row: Sendable, Hashable {
        public var offset: Int64  // nanoseconds since the first
        public var inputTokens: Int?  // nil = the workload's
        public var outputTokens: Int?
        /// Names of the prompt's blocks; equal names at equal places are equal text. Empty = nothing is shared.
        public var blocks: ArraySlice<Int64>
        /// Number of the session that the trace says it is of; nil = it says none.
        public var session: Int?

        public init(
            offset: Int64,
            inputTokens: Int?,
            outputTokens: Int?,
            blocks: ArraySlice<Int64> = [],
            session: Int? = nil
        ) {
            self.offset = offset
            self.inputTokens = inputTokens
            self.outputTokens = outputTokens
            self.blocks = blocks
            self.session = session
        }
    }

    private var offsets: [Int64] = []  // ascending
    private var inputs: [Int32] = []  // -1 = not known
    private var outputs: [Int32] = []
    private var blocks: [Int64] = []
    private var blockEnds: [Int] = []  // in `blocks`; empty where no row has any
    private var sessions: [Int32] = []  // -1 = none; empty where no row has one
    private var sessionCount = 0
    private var sessionNames: [String: Int] = [:]  // while it is read
    public let blockTokens: Int
    public private(set) var rowsRead = 0
    public private(set) var dropped: [Drop: Int] = [:]

    public init(blockTokens: Int = 512) { self.blockTokens = blockTokens }

    public var count: Int { offsets.count }
    public var hasBlocks: Bool { !blockEnds.isEmpty }
    public var hasSessions: Bool { !sessions.isEmpty }
    /// When the last request comes.
    public var end: Duration { .nanoseconds(offsets.last ?? 0) }
    /// Sums over the rows that say.
    public var inputTokens: Int { inputs.reduce(0) { $0 + Int(max(0, $1)) } }
    public var outputTokens: Int { outputs.reduce(0) { $0 + Int(max(0, $1)) } }
    public var saysTokens: Bool { !inputs.contains(-1) }
    public var saysAnswers: Bool { !outputs.contains(-1) }
    /// Rows that do not say how long their answer was.
    public var untoldAnswers: Int { outputs.count { $0 < 0 } }

    /// Whether seconds were taken for milliseconds, by all appearance: a thousand rows or more at many instants, 500 of
    /// them or more a second. Of all traces that are public none has more than a hundred.
    public var looksLikeSeconds: Bool {
        let seconds = end / .seconds(1)
        guard count >= 1000, seconds > 0, Double(count) / seconds >= 500 else { return false }
        return zip(offsets, offsets.dropFirst()).lazy.filter { $0 != $1 }.prefix(100).count == 100
    }

    public subscript(index: Int) -> Row {
        Row(
            offset: offsets[index],
            inputTokens: inputs[index] < 0 ? nil : Int(inputs[index]),
            outputTokens: outputs[index] < 0 ? nil : Int(outputs[index]),
            blocks: hasBlocks ? blocks[(index == 0 ? 0 : blockEnds[index - 1])..<blockEnds[index]] : [],
            session: hasSessions && sessions[index] >= 0 ? Int(sessions[index]) : nil
        )
    }

    // MARK: Reading

    /// A row of the file that is a request. Its offset is a time of the trace's own clock until `finish`.
    public mutating func add(_ row: Row, countsAsRead: Bool = true) {
        if countsAsRead { rowsRead += 1 }
        offsets.append(row.offset)
        inputs.append(row.inputTokens.map { Int32(clamping: $0) } ?? -1)
        outputs.append(row.outputTokens.map { Int32(clamping: $0) } ?? -1)
        if !row.blocks.isEmpty || hasBlocks {
            while blockEnds.count < offsets.count - 1 { blockEnds.append(blocks.count) }
            blocks.append(contentsOf: row.blocks)
            blockEnds.append(blocks.count)
        }
        if row.session != nil || hasSessions {
            while sessions.count < offsets.count - 1 { sessions.append(-1) }
            sessions.append(row.session.map { Int32(clamping: $0) } ?? -1)
        }
    }

    /// The number of a session of that name, the same for all of its rows; nil where there is no name.
    mutating func session(named name: String?) -> Int? {
        guard let name, !name.isEmpty else { return nil }
        if let known = sessionNames[name] { return known }
        let number = newSession()
        sessionNames[name] = number
        return number
    }

    mutating func newSession() -> Int {
        defer { sessionCount += 1 }
        return sessionCount
    }

    public mutating func drop(_ reason: Drop, countsAsRead: Bool = true) {
        if countsAsRead { rowsRead += 1 }
        dropped[reason, default: 0] += 1
    }

    /// Rows that make requests of their own number (ServeGen's stretches) were read, and are none themselves.
    public mutating func read() { rowsRead += 1 }

    /// Orders what was added by time (rows of one time keep the file's order), and counts time from the first.
    public mutating func finish() {
        sessionNames = [:]
        if zip(offsets, offsets.dropFirst()).contains(where: { $0 > $1 }) {
            let order = offsets.indices.sorted { (offsets[$0], $0) < (offsets[$1], $1) }
            self = rebuilt { trace in
                for index in order { trace.add(self[index], countsAsRead: false) }
            }
        }
        guard let first = offsets.first else { return }
        for index in offsets.indices { offsets[index] -= first }
    }

    // MARK: Choosing

    /// The requests from `start` on, for as long as `limit`; both in the trace's own time.
    public func selecting(from start: Duration, limit: Duration?) -> Trace {
        let begin = start.nanoseconds
        let end = limit.map { begin.addingReportingOverflow($0.nanoseconds).partialValue } ?? .max
        return rebuilt { trace in
            for index in offsets.indices {
                var row = self[index]
                if row.offset < begin {
                    trace.drop(.beforeStart, countsAsRead: false)
                } else if row.offset >= end {
                    trace.drop(.afterLimit, countsAsRead: false)
                } else {
                    row.offset -= begin
                    trace.add(row, countsAsRead: false)
                }
            }
        }
    }

    /// An empty trace of the same reading, filled by `body`.
    func rebuilt(_ body: (inout Trace) -> Void) -> Trace {
        var trace = Trace(blockTokens: blockTokens)
        trace.rowsRead = rowsRead
        trace.dropped = dropped
        body(&trace)
        return trace
    }

    /// Times in nanoseconds since the first row, ascending.
    public var times: [Int64] { offsets }

    /// What tells two traces apart: SHA-256 over times, lengths and blocks.
    public var digest: String {
        var hash = SHA256()
        var bytes: [UInt8] = []
        func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
            if bytes.count > 60_000 {
                hash.update(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        add(Int64(blockTokens))
        for index in offsets.indices {
            add(offsets[index])
            add(inputs[index])
            add(outputs[index])
        }
        for end in blockEnds { add(Int64(end)) }
        for block in blocks { add(block) }
        for session in sessions { add(session) }
        hash.update(bytes)
        return hash.hexDigest()
    }
}
