/// Where a `RequestRecord` is stored; what each field is stands there.
final class RequestRow: @unchecked Sendable, Hashable {  // written only by its one holder
    static let empty = RequestRow(Fields())

    var fields: Fields

    init(_ fields: Fields) { self.fields = fields }

    static func == (a: RequestRow, b: RequestRow) -> Bool { a === b || a.fields == b.fields }

    func hash(into hasher: inout Hasher) { hasher.combine(fields) }

    struct Fields: Sendable, Hashable {
        var sequence: Int64 = 0
        var scheduled: Int64 = 0
        @Sparse var dispatchLag: Int64? = nil
        @Sparse var written: Int64? = nil
        @Sparse var firstByte: Int64? = nil
        @Sparse var firstEvent: Int64? = nil
        @Sparse var firstReasoning: Int64? = nil
        @Sparse var firstToken: Int64? = nil
        @Sparse var firstVisible: Int64? = nil
        @Sparse var lastToken: Int64? = nil
        @Sparse var lastByte: Int64? = nil
        @Sparse var ended: Int64? = nil
        @Sparse var lateSend: Int64? = nil
        @Sparse var lateFirst: Int64? = nil
        @Sparse var lateLast: Int64? = nil
        @Sparse var lateEnd: Int64? = nil
        var textBytes: Int64 = 0
        var visibleBytes: Int64 = 0
        var firstReadTextBytes: Int64 = 0
        @Sparse var maxGap: Int64? = nil
        var arrivals: [UInt8] = []
        var aside = Aside.empty
        // Four bytes each: numbers of steps, counts of a reply, tokens (at most 10^9).
        var step: Int32 = 0
        @Sparse var rank: Int32? = nil
        @Sparse var item: Int32? = nil
        var loop: Int32 = 0
        var attempt: Int32 = 0
        @Sparse var inputTokens: Int32? = nil
        @Sparse var cachedInputTokens: Int32? = nil
        @Sparse var cacheWrittenTokens: Int32? = nil
        @Sparse var outputTokens: Int32? = nil
        @Sparse var reasoningTokens: Int32? = nil
        var events: Int32 = 0
        var tokenEvents: Int32 = 0
        var reads: Int32 = 0
        var tokenReads: Int32 = 0
        // A byte each, side by side.
        var measured: Bool = false
        var outcome: Outcome = .notSent
        var useful: Bool = false
        var connection: RequestRecord.Connection? = nil
        var stamp: RequestRecord.Stamp = .read
        var tokenSource: RequestRecord.TokenSource? = nil
        var hiddenReasoning: Bool = false
        var isPacked: Bool = false
    }

    /// What few requests have, or many alike: a place in a conversation, the set-up of a connection, words of the server.
    /// Requests of one run that have it alike share it.
    final class Aside: @unchecked Sendable, Hashable {  // as above
        static let empty = Aside(Fields())

        var fields: Fields

        init(_ fields: Fields) { self.fields = fields }

        static func == (a: Aside, b: Aside) -> Bool { a === b || a.fields == b.fields }

        func hash(into hasher: inout Hasher) { hasher.combine(fields) }

        struct Fields: Sendable, Hashable {
            @Sparse var conversation: Int? = nil
            @Sparse var turn: Int? = nil
            @Sparse var think: Int64? = nil
            @Sparse var queued: Int64? = nil
            @Sparse var dns: Int64? = nil
            @Sparse var connect: Int64? = nil
            @Sparse var tls: Int64? = nil
            var detail: String?
            @Sparse var httpStatus: Int? = nil
            var finish: String?
            var note: String?
            var error: String?
            @Sparse var prompt: Int? = nil
            @Sparse var prefix: Int? = nil
            var repeatedShare: Double?
            var answerHash: Int64?
            var reportedCold: Bool?
            @Sparse var askedInputTokens: Int64? = nil
            @Sparse var inputs: Int? = nil
            @Sparse var vectors: Int? = nil
            var longGaps: [UInt8]?
            @Sparse var cacheWrittenForHour: Int64? = nil
            var servedModel: String?
            var servedTier: String?
            var servedBy: String?
        }
    }
}

extension RequestRecord: CustomReflectable {
    /// What it takes in memory beside its arrivals and words.
    public static let bytes = MemoryLayout<RequestRow.Fields>.stride + MemoryLayout<RequestRow.Aside.Fields>.stride + 32

    /// Its fields, as if they were stored in it; how it is stored is none.
    public var customMirror: Mirror {
        let own = Mirror(reflecting: row.fields).children.filter { $0.label != "aside" && $0.label != "isPacked" }
        return Mirror(self, children: Array(own) + Array(Mirror(reflecting: row.fields.aside.fields).children))
    }
}

/// Lets the requests of a run share their asides, each with one of the few before it: most of a run says the same few
/// things.
public struct SharedAsides {
    private static let capacity = 16
    private var recent: [RequestRow.Aside] = []
    private var last = 0
    private var oldest = 0

    public init() {}

    public mutating func share(with request: inout RequestRecord) {
        if recent.indices.contains(last), request.row.fields.aside === recent[last] { return }
        if let place = recent.indices.first(where: { request.share(recent[$0]) }) {
            last = place
        } else if recent.count < Self.capacity {
            last = recent.count
            recent.append(request.row.fields.aside)
        } else {
            last = oldest
            recent[oldest] = request.row.fields.aside
            oldest = (oldest + 1) % Self.capacity
        }
    }
}
