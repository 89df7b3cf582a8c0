/// Decodes one reply at a time: bytes in, read by read; out what each read brought, and what it all amounts to.
///
///     begin(status, content type) ─► receive(read)* ─► finish() ─► `reply` ─► reset()
///
/// The body may be an event stream, one JSON document, or something else; its first bytes decide, not its content type
/// alone. Reading a token of a stream allocates nothing. Belongs to one loop, as its parser does.
public final class ReplyDecoder {
    // What each token touches comes first (`hotBytes`).
    private let read: Grammar.Read
    private let parser: JSONParser
    private var mode = Mode.undecided
    private var promise = BodySniffer.Promise.other
    /// Keeps what the model wrote, in `text`, from the next `reset` on; it costs an allocation per token.
    public var keepsText: Bool
    private var stream = EventStreamDecoder()
    private var tally: ReplyTally
    /// Of a decoder, from its start.
    public static let hotBytes = 448

    private let api: API
    private var lines = LineDecoder()
    /// Of a document; while undecided, the bytes so far; of a stream without a line of the format, its beginning.
    private var body: [UInt8] = []
    let servedBy: ServedBySource?
    var documentLimit = 16 * 1024 * 1024  // bytes of a JSON document

    private enum Mode { case undecided, eventStream, lines, json, opaque, overflown }

    /// - Parameter servedBy: where its answers say who gave them.
    public init(api: API, parser: JSONParser, keepsText: Bool = false, servedBy: ServedBySource? = nil) {
        self.api = api
        read = api.grammar.read
        self.parser = parser
        self.keepsText = keepsText
        self.servedBy = servedBy
        tally = ReplyTally(keepsText: keepsText, servedBy: servedBy?.pointer)
        tally.facts.expectsDoneMarker = grammar.hasDoneMarker
    }

    /// Not kept: it is some two hundred bytes, and one for each stream.
    private var grammar: Grammar { api.grammar }

    /// What the reply amounts to so far.
    public var reply: ReplyFacts { tally.settled }

    /// Empty unless text is kept.
    public var text: ReplyText { tally.text ?? ReplyText() }

    /// Makes ready for another reply; buffers are kept, up to 64 KiB each.
    public func reset() {
        mode = .undecided
        promise = .other
        stream.reset()
        lines.reset()
        body.removeAll(keepingCapacity: body.capacity <= 65_536)
        tally = ReplyTally(keepsText: keepsText, servedBy: servedBy?.pointer, words: tally.words)
        tally.facts.expectsDoneMarker = grammar.hasDoneMarker
    }

    /// The head of the response has come; called before its first byte of body, and again if another head follows.
    public func begin(status: Int, contentType: String?) {
        tally.facts.status = status
        promise = BodySniffer.promise(of: contentType)
    }

    /// The header in which the API names the tier that served.
    var tierHeader: String? { grammar.tierHeader }

    func takeHeader(_ value: String, _ take: (inout ReplyTally, UnsafeRawBufferPointer) -> Void) {
        var value = value
        value.withUTF8 { take(&tally, UnsafeRawBufferPointer($0)) }
    }

    /// Takes the bytes of one read.
    public func receive(_ bytes: Span<UInt8>) -> ReadDigest {
        bytes.withUnsafeBytes { receive($0) }
        return tally.endRead()
    }

    /// The body has ended. What an answer in one piece brought comes out here.
    public func finish() -> ReadDigest {
        switch mode {
        case .eventStream: finishStream()
        case .lines: finishLines()
        case .json: finishDocument()
        case .undecided where body.contains { $0 != UInt8(ascii: " ") && !(0x09...0x0d).contains($0) }:
            tally.facts.body = .opaque
            finishOpaque()
        case .opaque: finishOpaque()
        case .undecided, .overflown: break
        }
        return tally.endRead()
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        switch mode {
        case .eventStream: receiveStream(bytes)
        case .lines: receiveLines(bytes)
        case .json: append(bytes)
        case .opaque: keepBeginning(bytes)
        case .undecided: decide(bytes)
        case .overflown: break
        }
    }

    private func decide(_ bytes: UnsafeRawBufferPointer) {
        if body.isEmpty, let verdict = BodySniffer.verdict(on: bytes, promise: promise) {
            enter(verdict)
            return receive(bytes)
        }
        body.append(contentsOf: bytes)
        guard let verdict = body.withUnsafeBytes({ BodySniffer.verdict(on: $0, promise: promise) }) else {
            if body.count > 4096 { body.removeAll(keepingCapacity: true) }  // blank lines to keep the connection alive
            return
        }
        var head: [UInt8] = []
        swap(&head, &body)
        enter(verdict)
        head.withUnsafeBytes { receive($0) }
        if body.isEmpty {
            head.removeAll(keepingCapacity: true)
            body = head
        }
    }

    private func enter(_ verdict: BodySniffer.Verdict) {
        switch verdict {
        case .eventStream:
            mode = .eventStream
            tally.facts.body = .eventStream
            if promise != .eventStream { tally.note(.otherContentType) }
        case .json where grammar.framing == .lines && promise != .json && isSuccess:
            mode = .lines
            tally.facts.body = .lines
        case .json:
            mode = .json
            tally.facts.body = .json
            if promise == .eventStream { tally.note(.jsonAsStream) }
        case .opaque:
            mode = .opaque
            tally.facts.body = .opaque
        }
    }

    private var isSuccess: Bool { tally.facts.status == 0 || (200..<300).contains(tally.facts.status) }

    private func keepBeginning(_ bytes: UnsafeRawBufferPointer) {
        body.append(contentsOf: bytes.prefix(max(0, ServerError.longest + 4 - body.count)))
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        if body.count + bytes.count > documentLimit { return overflow() }
        body.append(contentsOf: bytes)
    }

    private func overflow() {
        mode = .overflown
        body = []
        tally.note(.overflow)
    }
}

@available(*, unavailable) extension ReplyDecoder: Sendable {}  // it shares its loop's parser

// MARK: Event streams

extension ReplyDecoder {
    private func receiveStream(_ bytes: UnsafeRawBufferPointer) {
        while let signal = stream.next(in: bytes) {
            switch signal {
            case .event(let payload):
                let before = tally.digest.tokenEvents
                withPayload(payload, of: bytes, readEvent)
                tally.digest.endsWithToken = tally.digest.tokenEvents > before && stream.hasUsedUp(bytes)
            case .stray(let payload): withPayload(payload, of: bytes, readStray)
            case .comment: tally.facts.keepAlives += 1
            case .overflow: return overflow()
            }
        }
        if !stream.hasFields { keepBeginning(bytes) }
    }

    /// Gives `body` a payload's bytes and how many bytes from their start may be read.
    @inline(__always)
    private func withPayload(
        _ payload: EventStreamDecoder.Payload,
        of read: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, Int) -> Void
    ) {
        switch payload {
        case .read(let range):
            body(UnsafeRawBufferPointer(rebasing: read[range]), read.count - range.lowerBound)
        case .kept: stream.keptBytes.withUnsafeBytes { body($0, $0.count) }
        }
    }

    private func finishStream() {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        switch stream.unfinished() {
        case .event(let payload):
            withPayload(payload, of: none) { bytes, readable in
                let bytes = bytes.trimmed
                if !bytes.isDoneMarker, parser.parse(bytes) == nil { return }  // cut off
                tally.note(.noBlankLine)
                readEvent(bytes, readable: bytes.count)
            }
        case .stray(let payload): withPayload(payload, of: none, readStray)
        case .comment, .overflow, nil: break
        }
        if !stream.hasFields, tally.facts.error == nil { finishWithoutFields() }
    }

    /// Under an event stream's content type something else came, unless it was cut off within its first line.
    private func finishWithoutFields() {
        let isBlank = body.allSatisfy { $0 == UInt8(ascii: " ") || (0x09...0x0d).contains($0) }
        if isBlank || body.withUnsafeBytes({ BodySniffer.mayBeField($0.withoutByteOrderMark) }) { return }
        tally.facts.body = .opaque
        finishOpaque()
    }

    private func readEvent(_ payload: UnsafeRawBufferPointer, readable: Int) {
        let trimmed = payload.trimmed
        guard let first = trimmed.first else {
            tally.facts.keepAlives += 1
            return
        }
        if first == UInt8(ascii: ":") {  // `data: : keepalive`
            tally.facts.keepAlives += 1
            tally.note(.dataKeepAlive)
            return
        }
        if trimmed.isDoneMarker { return tally.close() }
        if tally.isSealed { return readLate(trimmed) }
        let isError = !stream.eventType.isEmpty && stream.eventType.elementsEqual("error".utf8)
        switch read(trimmed, readable - (payload.count - trimmed.count), false, parser, &tally) {
        case .unparseable:
            tally.facts.unparseable += 1
            if isError {
                tally.fail(ServerError(message: trimmed.text(limit: ServerError.longest)))
            } else {
                keepExcerpt(trimmed)
            }
        case .strange where !isError: keepExcerpt(trimmed)
        case .understood, .strange:
            if isError, tally.facts.error == nil, let root = parser.parse(trimmed) {
                tally.fail(ServerError(root, parser: parser))
            }
        }
        tally.endEvent()
    }

    /// The first thing that is not the API's, while there is no text.
    private func keepExcerpt(_ payload: UnsafeRawBufferPointer) {
        guard tally.facts.excerpt == nil, tally.facts.textBytes == 0, tally.digest.textBytes == 0 else { return }
        tally.facts.excerpt = payload.text(limit: ServerError.longest)
    }

    /// Behind the end: of interest only for its usage.
    private func readLate(_ payload: UnsafeRawBufferPointer) {
        tally.note(.eventsAfterEnd)
        _ = read(payload, payload.count, false, parser, &tally)
        tally.endEvent()
    }

    /// A line outside the format: of interest only when it is an error.
    private func readStray(_ line: UnsafeRawBufferPointer, readable: Int) {
        guard let root = parser.parse(line, readable: readable) else { return }
        let value = root.kind == .array ? root.elements.first { _ in true } ?? .absent : root
        guard value["error"].isPresent || value["object"].text == "error" else { return }
        tally.note(.strayError)
        tally.fail(ServerError(value, parser: parser))
    }
}

// MARK: Lines

extension ReplyDecoder {
    private func receiveLines(_ bytes: UnsafeRawBufferPointer) {
        let isWhole = lines.receive(bytes) { line, readable in
            let before = tally.digest.tokenEvents
            readLine(line, readable: readable)
            tally.digest.endsWithToken = tally.digest.tokenEvents > before && readable == line.count + 1
        }
        if !isWhole { overflow() }
    }

    private func finishLines() {
        lines.finish { bytes, readable in
            if parser.parse(bytes) == nil { return }  // cut off
            readLine(bytes, readable: readable)
        }
    }

    private func readLine(_ line: UnsafeRawBufferPointer, readable: Int) {
        let trimmed = line.trimmed
        if trimmed.isEmpty { return tally.facts.keepAlives += 1 }
        if tally.isSealed { return readLate(trimmed) }
        switch read(trimmed, readable - (line.count - trimmed.count), false, parser, &tally) {
        case .unparseable:
            tally.facts.unparseable += 1
            keepExcerpt(trimmed)
        case .strange: keepExcerpt(trimmed)
        case .understood: break
        }
        tally.endEvent()
    }
}

// MARK: Bodies in one piece

extension ReplyDecoder {
    private func finishDocument() {
        body.withUnsafeBytes { bytes in
            let bytes = bytes.withoutByteOrderMark
            guard isSuccess else { return readErrorDocument(bytes) }
            if read(bytes, bytes.count, true, parser, &tally) == .unparseable {
                tally.facts.unparseable += 1
                tally.facts.excerpt = bytes.text(limit: ServerError.longest)
            } else if tally.facts.error == nil, !grammar.makesVectors {
                tally.note(.notStreamed)
            }
            tally.endEvent()
        }
    }

    private func readErrorDocument(_ bytes: UnsafeRawBufferPointer) {
        guard let root = parser.parse(bytes) else {
            tally.facts.excerpt = bytes.text(limit: ServerError.longest)
            return tally.fail(ServerError(message: bytes.text(limit: ServerError.longest)))
        }
        let value = root.kind == .array ? root.elements.first { _ in true } ?? root : root
        tally.fail(ServerError(value, parser: parser))
    }

    private func finishOpaque() {
        tally.facts.compression = body.withUnsafeBytes { BodySniffer.compression(of: $0) }
        let text =
            tally.facts.compression.map { "a body compressed with \($0), which was not asked for" }
            ?? body.withUnsafeBytes { $0.withoutByteOrderMark.text(limit: ServerError.longest) }
        tally.facts.excerpt = text
        if tally.facts.status >= 300 { tally.fail(ServerError(message: text)) }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var trimmed: UnsafeRawBufferPointer {
        var low = 0
        var high = count
        while low < high, self[low] == UInt8(ascii: " ") { low += 1 }
        while high > low, self[high - 1] == UInt8(ascii: " ") || self[high - 1] == UInt8(ascii: "\r") { high -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[low..<high])
    }

    /// SDKs compare the beginning only.
    fileprivate var isDoneMarker: Bool { first == UInt8(ascii: "[") && starts(with: "[DONE]".utf8) }

    fileprivate var withoutByteOrderMark: UnsafeRawBufferPointer {
        starts(with: [0xef, 0xbb, 0xbf]) ? UnsafeRawBufferPointer(rebasing: self[3...]) : self
    }

    fileprivate func text(limit: Int) -> String {
        String(decoding: prefix(limit + 4), as: UTF8.self).prefix(utf8: limit)
    }
}
