/// The fields of a request, as columns of a pack. Their order is the stored form's: new ones stand behind the last.
extension RequestPack {
    struct Number: Sendable {
        /// The place of a field before it that is nearly the same.
        var like: Int?
        var get: @Sendable (RequestRecord) -> Int64?
        /// False where the field cannot hold that.
        var put: @Sendable (inout RequestRecord, Int64?) -> Bool
    }

    struct Word: Sendable {
        var get: @Sendable (RequestRecord) -> [UInt8]?
        /// nil where the field cannot hold that.
        var put: @Sendable ([UInt8]) -> (@Sendable (inout RequestRecord) -> Void)?
    }

    static let numbers: [Number] = {
        var fields: [Number] = []
        var places: [String: Int] = [:]
        typealias Get<Value> = @Sendable (RequestRecord) -> Value
        typealias Set<Value> = @Sendable (inout RequestRecord, Value) -> Void

        func add(_ name: String, _ like: String?, _ get: @escaping Get<Int64?>, _ put: @escaping Number.Put) {
            places[name] = fields.count
            fields.append(Number(like: like.flatMap { places[$0] }, get: get, put: put))
        }
        func optional<Value: FixedWidthInteger & Sendable>(
            _ name: String,
            like: String? = nil,
            _ get: @escaping Get<Value?>,
            _ set: @escaping Set<Value?>
        ) {
            add(name, like, { get($0).map { Int64(clamping: $0) } }) { request, value in
                set(&request, value.map { Value(clamping: $0) })
                return true
            }
        }
        func always<Value: FixedWidthInteger & Sendable>(
            _ name: String,
            like: String? = nil,
            _ get: @escaping Get<Value>,
            _ set: @escaping Set<Value>
        ) {
            add(name, like, { Int64(clamping: get($0)) }) { request, value in
                guard let value else { return false }
                set(&request, Value(clamping: value))
                return true
            }
        }
        func flag(
            _ name: String,
            _ get: @escaping Get<Bool?>,
            _ set: @escaping @Sendable (inout RequestRecord, Bool?) -> Bool
        ) {
            add(name, nil, { get($0).map { $0 ? 1 : 0 } }) { request, value in
                guard value == nil || value == 0 || value == 1 else { return false }
                return set(&request, value.map { $0 == 1 })
            }
        }
        func always(_ name: String, _ get: @escaping Get<Bool>, _ set: @escaping Set<Bool>) {
            flag(name, get) { request, value in
                guard let value else { return false }
                set(&request, value)
                return true
            }
        }

        always("sequence", \.sequence) { $0.sequence = $1 }
        always("attempt", \.attempt) { $0.attempt = $1 }
        always("step", \.step) { $0.step = $1 }
        optional("rank", \.rank) { $0.rank = $1 }
        optional("item", \.item) { $0.item = $1 }
        optional("conversation", \.conversation) { $0.conversation = $1 }
        optional("turn", \.turn) { $0.turn = $1 }
        optional("think", \.think) { $0.think = $1 }
        always("measured", \.measured) { $0.measured = $1 }
        always("loop", \.loop) { $0.loop = $1 }
        always("scheduled", \.scheduled) { $0.scheduled = $1 }
        optional("queued", \.queued) { $0.queued = $1 }
        optional("dispatch_lag", like: "queued", \.dispatchLag) { $0.dispatchLag = $1 }
        optional("dns", \.dns) { $0.dns = $1 }
        optional("connect", \.connect) { $0.connect = $1 }
        optional("tls", \.tls) { $0.tls = $1 }
        optional("late_send", \.lateSend) { $0.lateSend = $1 }
        optional("written", like: "late_send", \.written) { $0.written = $1 }
        optional("first_byte", \.firstByte) { $0.firstByte = $1 }
        optional("first_event", like: "first_byte", \.firstEvent) { $0.firstEvent = $1 }
        optional("first_reasoning", like: "first_event", \.firstReasoning) { $0.firstReasoning = $1 }
        optional("first_token", like: "first_event", \.firstToken) { $0.firstToken = $1 }
        optional("first_visible", like: "first_token", \.firstVisible) { $0.firstVisible = $1 }
        optional("last_token", \.lastToken) { $0.lastToken = $1 }
        optional("last_byte", like: "last_token", \.lastByte) { $0.lastByte = $1 }
        optional("ended", like: "last_byte", \.ended) { $0.ended = $1 }
        optional("late_first", \.lateFirst) { $0.lateFirst = $1 }
        optional("late_last", like: "late_first", \.lateLast) { $0.lateLast = $1 }
        optional("late_end", \.lateEnd) { $0.lateEnd = $1 }
        always("useful", \.useful) { $0.useful = $1 }
        optional("http_status", \.httpStatus) { $0.httpStatus = $1 }
        optional("prompt", \.prompt) { $0.prompt = $1 }
        optional("answer_hash", \.answerHash) { $0.answerHash = $1 }
        flag("reported_cold", \.reportedCold) { request, value in
            request.reportedCold = value
            return true
        }
        optional("asked_input", \.askedInputTokens) { $0.askedInputTokens = $1 }
        optional("input", like: "asked_input", \.inputTokens) { $0.inputTokens = $1 }
        optional("cached_input", like: "input", \.cachedInputTokens) { $0.cachedInputTokens = $1 }
        optional("cache_written", \.cacheWrittenTokens) { $0.cacheWrittenTokens = $1 }
        optional("cache_written_1h", \.cacheWrittenForHour) { $0.cacheWrittenForHour = $1 }
        optional("output", \.outputTokens) { $0.outputTokens = $1 }
        optional("reasoning", like: "output", \.reasoningTokens) { $0.reasoningTokens = $1 }
        optional("inputs", \.inputs) { $0.inputs = $1 }
        optional("vectors", like: "inputs", \.vectors) { $0.vectors = $1 }
        always("token_events", like: "output", \.tokenEvents) { $0.tokenEvents = $1 }
        always("events", like: "token_events", \.events) { $0.events = $1 }
        always("token_reads", like: "token_events", \.tokenReads) { $0.tokenReads = $1 }
        always("reads", like: "token_reads", \.reads) { $0.reads = $1 }
        always("text_bytes", \.textBytes) { $0.textBytes = $1 }
        always("visible_bytes", like: "text_bytes", \.visibleBytes) { $0.visibleBytes = $1 }
        always("first_read_text_bytes", \.firstReadTextBytes) { $0.firstReadTextBytes = $1 }
        always("hidden_reasoning", \.hiddenReasoning) { $0.hiddenReasoning = $1 }
        optional("max_gap", \.maxGap) { $0.maxGap = $1 }
        optional("prefix", \.prefix) { $0.prefix = $1 }
        optional("repeated_share", { $0.repeatedShare.map { Int64(bitPattern: $0.bitPattern) } }) { request, value in
            request.repeatedShare = value.map { Double(bitPattern: UInt64(bitPattern: $0)) }
        }
        return fields
    }()

    static let words: [Word] = [
        .init(always: { $0.outcome }, { $0.outcome = $1 }),
        .init(always: { $0.stamp }, { $0.stamp = $1 }),
        .init(optional: { $0.connection }, { $0.connection = $1 }),
        .init(optional: { $0.tokenSource }, { $0.tokenSource = $1 }),
        .init(text: { $0.detail }, { $0.detail = $1 }),
        .init(text: { $0.finish }, { $0.finish = $1 }),
        .init(text: { $0.note }, { $0.note = $1 }),
        .init(text: { $0.error }, { $0.error = $1 }),
        .init(text: { $0.servedModel }, { $0.servedModel = $1 }),
        .init(text: { $0.servedTier }, { $0.servedTier = $1 }),
        .init(text: { $0.servedBy }, { $0.servedBy = $1 }),
        .init(bytes: { $0.longGaps }, { $0.longGaps = $1 }),
        .init(bytes: { $0.arrivals.isEmpty ? nil : $0.arrivals }, { $0.arrivals = $1 }),
    ]
}

extension RequestPack.Word {
    typealias Get<Value> = @Sendable (RequestRecord) -> Value
    typealias Set<Value> = @Sendable (inout RequestRecord, Value) -> Void
    typealias Change = @Sendable (inout RequestRecord) -> Void

    init(bytes get: @escaping Get<[UInt8]?>, _ set: @escaping Set<[UInt8]>) {
        self.get = get
        put = { (bytes: [UInt8]) -> Change? in
            { (request: inout RequestRecord) in set(&request, bytes) }
        }
    }

    init(text get: @escaping Get<String?>, _ set: @escaping Set<String>) {
        self.get = { (request: RequestRecord) -> [UInt8]? in get(request).map { Array($0.utf8) } }
        put = { (bytes: [UInt8]) -> Change? in
            let text = String(decoding: bytes, as: UTF8.self)
            return { (request: inout RequestRecord) in set(&request, text) }
        }
    }

    init<Value: RawRepresentable<String> & Sendable>(optional get: @escaping Get<Value?>, _ set: @escaping Set<Value>) {
        self.get = { (request: RequestRecord) -> [UInt8]? in get(request).map { Array($0.rawValue.utf8) } }
        put = { (bytes: [UInt8]) -> Change? in
            guard let value = Value(rawValue: String(decoding: bytes, as: UTF8.self)) else { return nil }
            return { (request: inout RequestRecord) in set(&request, value) }
        }
    }

    init<Value: RawRepresentable<String> & Sendable>(always get: @escaping Get<Value>, _ set: @escaping Set<Value>) {
        self.init(optional: { (request: RequestRecord) -> Value? in get(request) }, set)
    }
}

extension RequestPack.Number {
    typealias Put = @Sendable (inout RequestRecord, Int64?) -> Bool
}
