import Glibc

/// Cuts a byte stream into server-sent events, read by read, by the rules of WHATWG HTML 9.2.6.
///
///     while let signal = decoder.next(in: bytes) { ... }      // until nil: then the read is used up
///
/// An event that lies whole inside one read is handed on in place, as a range of that read; only what is unfinished at
/// the end of a read is copied. Lines end in LF, CRLF or CR, also when a CRLF is cut in two. The decoder does not check
/// UTF-8. Two liberties beyond WHATWG: a field named `error` (older llama.cpp) counts as data of an event of that type,
/// and a line that begins like JSON is given out as `stray`, since some servers send errors so.
public struct EventStreamDecoder: Sendable {
    /// What a step through a read found.
    public enum Signal: Sendable, Hashable {
        case event(Payload)  // dispatched, maybe with empty data; `eventType` and `lastEventID` belong to it
        case comment  // a line that begins with a colon: a keep-alive
        case stray(Payload)  // a line outside the format that begins with { or [
        case overflow  // a line or an event is above the limit; nothing more will come
    }

    /// Where a payload lies until the next call.
    public enum Payload: Sendable, Hashable {
        case read(Range<Int>)  // of the bytes given to `next(in:)`
        case kept  // in the decoder
    }

    public let limit: Int  // bytes of one line, and of one event's data
    /// The `event:` field of the event given out last; empty = "message".
    public private(set) var eventType: [UInt8] = []
    public private(set) var lastEventID: [UInt8] = []
    public private(set) var retryMilliseconds: Int?
    /// Whether a line of the format has come: a field or a comment.
    public private(set) var hasFields = false

    private var line: [UInt8] = []  // the unfinished line of earlier reads
    private var data: [UInt8] = []  // of the unfinished event, when it is not in place
    private var inPlace: Range<Int>?  // of the unfinished event: its only data line so far lies in the current read
    private var dataLines = 0
    private var pendingID: [UInt8] = []
    private var kept = Kept.data
    private var byteOrderMark = 0  // bytes of it seen; 3 = past the beginning
    private var skipsLineFeed = false  // the last read ended in CR
    private var isDispatched = false  // the event given out last is still to be forgotten
    private var hasFailed = false

    // Within the current read.
    private var position = 0
    private var nextLF = -1  // the first LF at or behind `position`, when not below it
    private var nextCR = -1

    private enum Kept { case data, line }

    public init(limit: Int = 16 * 1024 * 1024) { self.limit = limit }

    /// Starts a new stream; memory is kept, up to 64 KiB a buffer.
    public mutating func reset() {
        Self.empty(&eventType)
        Self.empty(&lastEventID)
        Self.empty(&pendingID)
        Self.empty(&line)
        Self.empty(&data)
        retryMilliseconds = nil
        hasFields = false
        inPlace = nil
        dataLines = 0
        byteOrderMark = 0
        skipsLineFeed = false
        isDispatched = false
        hasFailed = false
        endRead()
    }

    /// The next thing in a read; nil when it is used up. Give the same bytes until then.
    public mutating func next(in bytes: Span<UInt8>) -> Signal? { bytes.withUnsafeBytes { next(in: $0) } }

    /// Whether the signal given out last ended with the last byte of the read.
    func hasUsedUp(_ bytes: UnsafeRawBufferPointer) -> Bool { position == bytes.count }

    /// What WHATWG discards at the end of a stream: an event whose blank line never came, or the stray line that the
    /// stream ended in.
    public mutating func unfinished() -> Signal? {
        forgetDispatched()
        if hasFailed { return nil }
        if !line.isEmpty {
            let last = line
            line.removeAll(keepingCapacity: true)
            if case .stray = last.withUnsafeBytes({ takeLine($0, inRead: nil) }) {
                line = last
                kept = .line
                isDispatched = true
                return .stray(.kept)
            }
        }
        guard dataLines > 0 else { return nil }
        kept = .data
        isDispatched = true
        return .event(.kept)
    }

    /// What was given out as `kept`.
    var keptBytes: [UInt8] { kept == .data ? data : line }

    /// A copy of a payload; `bytes` are those given to `next(in:)`.
    public func copy(of payload: Payload, in bytes: Span<UInt8>) -> [UInt8] {
        switch payload {
        case .read(let range): bytes.withUnsafeBytes { Array($0[range]) }
        case .kept: keptBytes
        }
    }
}

// MARK: Lines

extension EventStreamDecoder {
    mutating func next(in bytes: UnsafeRawBufferPointer) -> Signal? {
        forgetDispatched()
        if hasFailed { return nil }
        if position == 0, !bytes.isEmpty { beginRead(bytes) }
        while let end = lineEnd(in: bytes) {
            let start = position
            if line.count + end - start > limit { return fail() }
            position = end + 1
            if bytes[end] == UInt8(ascii: "\r") {
                if position == bytes.count {
                    skipsLineFeed = true
                } else if bytes[position] == UInt8(ascii: "\n") {
                    position += 1
                }
            }
            let signal: Signal?
            if line.isEmpty {
                signal = takeLine(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), inRead: start)
            } else {
                signal = takeCarriedLine(with: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
            if let signal { return signal }
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        if let range = inPlace {
            data.append(contentsOf: bytes[range])
            inPlace = nil
        }
        endRead()
        if line.count + rest.count > limit { return fail() }
        line.append(contentsOf: rest)
        return nil
    }

    private mutating func beginRead(_ bytes: UnsafeRawBufferPointer) {
        if skipsLineFeed {
            skipsLineFeed = false
            if bytes[0] == UInt8(ascii: "\n") { position = 1 }
        }
        while byteOrderMark < 3, position < bytes.count {
            if bytes[position] == Self.mark(byteOrderMark) {
                byteOrderMark += 1
                position += 1
            } else {
                for index in 0..<byteOrderMark { line.append(Self.mark(index)) }
                byteOrderMark = 3
            }
        }
    }

    /// The index of the next CR or LF; nil when there is none. Each byte of a read is searched once for each.
    private mutating func lineEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
        if nextLF < position { nextLF = Self.find(UInt8(ascii: "\n"), in: bytes, from: position) }
        if nextCR < position { nextCR = Self.find(UInt8(ascii: "\r"), in: bytes, from: position) }
        let end = min(nextLF, nextCR)
        return end < bytes.count ? end : nil
    }

    private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }

    private mutating func takeCarriedLine(with rest: UnsafeRawBufferPointer) -> Signal? {
        line.append(contentsOf: rest)
        var whole: [UInt8] = []
        swap(&whole, &line)
        let signal = whole.withUnsafeBytes { takeLine($0, inRead: nil) }
        if hasFailed { return signal }
        swap(&whole, &line)
        if case .stray? = signal {
            kept = .line
            isDispatched = true
            return .stray(.kept)
        }
        line.removeAll(keepingCapacity: true)
        return signal
    }

    private mutating func endRead() {
        position = 0
        nextLF = -1
        nextCR = -1
    }

    private mutating func fail() -> Signal {
        reset()
        hasFailed = true
        return .overflow
    }

    private static func mark(_ index: Int) -> UInt8 {
        switch index {
        case 0: 0xef
        case 1: 0xbb
        default: 0xbf
        }
    }

    private static func empty(_ buffer: inout [UInt8]) { buffer.removeAll(keepingCapacity: buffer.capacity <= 65_536) }
}

// MARK: Fields

extension EventStreamDecoder {
    /// One line without its end. `start` is its place in the read; nil when it is not in the read.
    private mutating func takeLine(_ line: UnsafeRawBufferPointer, inRead start: Int?) -> Signal? {
        guard let first = line.first else { return dispatch() }
        switch first {
        case UInt8(ascii: ":"):
            hasFields = true
            return .comment
        case UInt8(ascii: "d"):
            if let value = Self.value(of: "data", in: line) { return takeData(line, value: value, inRead: start) }
        case UInt8(ascii: "e"):
            if let value = Self.value(of: "event", in: line) {
                hasFields = true
                eventType.replaceSubrange(0..., with: line[value])
            } else if let value = Self.value(of: "error", in: line) {
                eventType.replaceSubrange(0..., with: "error".utf8)
                return takeData(line, value: value, inRead: start)
            }
        case UInt8(ascii: "i"):
            if let value = Self.value(of: "id", in: line), !line[value].contains(0) {
                hasFields = true
                pendingID.replaceSubrange(0..., with: line[value])
            }
        case UInt8(ascii: "r"):
            if let value = Self.value(of: "retry", in: line), let time = Self.digits(line[value]) {
                hasFields = true
                retryMilliseconds = time
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if let start { return .stray(.read(start..<start + line.count)) }
            return .stray(.kept)
        default: break
        }
        return nil
    }

    /// The range of a field's value: behind the colon and one space; nil when the line is another field.
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> Range<Int>? {
        let length = name.utf8CodeUnitCount
        guard line.count >= length, let base = line.baseAddress, memcmp(base, name.utf8Start, length) == 0 else {
            return nil
        }
        if line.count == length { return length..<length }
        guard line[length] == UInt8(ascii: ":") else { return nil }
        let hasSpace = line.count > length + 1 && line[length + 1] == UInt8(ascii: " ")
        return (length + (hasSpace ? 2 : 1))..<line.count
    }

    /// nil unless all are digits and there is one; saturates.
    private static func digits(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard !bytes.isEmpty else { return nil }
        var value = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = min(value, Int.max / 10 - 1) * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private mutating func takeData(
        _ line: UnsafeRawBufferPointer,
        value: Range<Int>,
        inRead start: Int?
    ) -> Signal? {
        if (inPlace?.count ?? data.count) + value.count + min(dataLines, 1) > limit { return fail() }
        dataLines += 1
        hasFields = true
        if dataLines == 1, let start {
            inPlace = start + value.lowerBound..<start + value.upperBound
            return nil
        }
        if let range = inPlace, let start, let base = line.baseAddress {
            let read = UnsafeRawBufferPointer(start: base - start, count: start)
            data.append(contentsOf: read[range])
            inPlace = nil
        }
        if dataLines > 1 { data.append(UInt8(ascii: "\n")) }
        data.append(contentsOf: line[value])
        return nil
    }

    /// A blank line: the end of an event.
    private mutating func dispatch() -> Signal? {
        if pendingID != lastEventID { lastEventID = pendingID }
        isDispatched = true
        guard dataLines > 0 else {
            forgetDispatched()
            return nil
        }
        kept = .data
        if let range = inPlace { return .event(.read(range)) }
        return .event(.kept)
    }

    private mutating func forgetDispatched() {
        guard isDispatched else { return }
        isDispatched = false
        if kept == .line {
            line.removeAll(keepingCapacity: true)
            kept = .data
            return
        }
        eventType.removeAll(keepingCapacity: true)
        data.removeAll(keepingCapacity: true)
        inPlace = nil
        dataLines = 0
    }
}
