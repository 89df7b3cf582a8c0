import Measurement

@testable import Engine
@testable import Wire

/// A reply: its decoder in every API's grammar.
///
/// Input: the API, the status, the content type, the cuts, then the body. Held: the reply means the same in one read and in
/// many, to its outcome and its words; the answer of a job is one JSON document; an event stream gives the events of
/// WHATWG's algorithm, written down plainly.
enum FuzzStream {
    nonisolated(unsafe) private static let parser = JSONParser()
    nonisolated(unsafe) private static let decoders = API.allCases.map {
        ReplyDecoder(
            api: $0,
            parser: parser,
            keepsText: true,
            servedBy: JSONPointer("/system_fingerprint").map { .json($0) }
        )
    }

    private struct Decoded: Equatable {
        var reply = ReplyFacts()
        var text = ReplyText()
        var total = ReadDigest()
    }

    static func read(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let decoder = input.pick(decoders)
        let status = input.pick([200, 429, 500, 404, 204, 302])
        let type = input.pick(["text/event-stream", "application/json", "application/x-ndjson", nil, "text/html"])
        let choice = input.byte()
        let body = Array(input.rest)

        let whole = decode(body.isEmpty ? [] : [body], status, type, with: decoder)
        let parts = decode(fuzzReads(body, choice: choice), status, type, with: decoder)
        precondition(whole == parts, "the cuts change the reply:\n\(whole)\n\(parts)")
        let verdict = judge(whole.reply, status)
        precondition(verdict == judge(parts.reply, status), "the cuts change the outcome")
        let answer = BatchAnswer(
            id: "1",
            customID: "c",
            requestID: "r",
            model: "m",
            created: 1,
            reply: whole.reply,
            text: whole.text,
            failure: verdict.outcome.class == .success ? nil : ("code", whole.reply.error?.message ?? "words")
        )
        precondition(parser.isDocument(answer.line { $0 }), "the answer's line is no JSON")
        EventStreamReference.hold(body, choice: choice)
    }

    private static func judge(_ reply: ReplyFacts, _ status: Int) -> OutcomeRule.Verdict {
        var evidence = OutcomeRule.Evidence()
        evidence.status = status
        evidence.reply = reply
        return OutcomeRule.judge(evidence)
    }

    private static func decode(_ reads: [[UInt8]], _ status: Int, _ type: String?, with decoder: ReplyDecoder)
        -> Decoded
    {
        decoder.reset()
        decoder.begin(status: status, contentType: type)
        var decoded = Decoded()
        func add(_ digest: ReadDigest) {
            precondition(digest.tokenEvents <= digest.events && digest.textBytes >= 0)
            decoded.total.events += digest.events
            decoded.total.lateEvents += digest.lateEvents
            decoded.total.tokenEvents += digest.tokenEvents
            decoded.total.visibleBytes += digest.visibleBytes
            decoded.total.reasoningBytes += digest.reasoningBytes
            decoded.total.toolBytes += digest.toolBytes
            decoded.total.refusalBytes += digest.refusalBytes
            decoded.total.vectors += digest.vectors
            decoded.total.terminalSign = digest.terminalSign
        }
        for read in reads { add(decoder.receive(read.span)) }
        add(decoder.finish())
        decoded.reply = decoder.reply
        decoded.text = decoder.text
        return decoded
    }
}

/// WHATWG HTML 9.2.6 without any care for speed: the whole stream at once, line by line; with the two liberties of ours.
private enum EventStreamReference {
    private struct Event: Equatable {
        var type: [UInt8]
        var data: [UInt8]
        var id: [UInt8]
    }

    static func hold(_ bytes: [UInt8], choice: UInt8) {
        var decoder = EventStreamDecoder()
        var events: [Event] = []
        for read in fuzzReads(bytes, choice: choice) {
            while let signal = decoder.next(in: read.span) {
                guard case .event(let payload) = signal else { continue }
                events.append(
                    Event(
                        type: decoder.eventType,
                        data: decoder.copy(of: payload, in: read.span),
                        id: decoder.lastEventID
                    )
                )
            }
        }
        let wanted = Self.events(bytes)
        precondition(events == wanted, "WHATWG's algorithm gives other events:\n\(wanted)\n\(events)")
    }

    private static func events(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var (type, data, id, lastID): ([UInt8], [[UInt8]], [UInt8], [UInt8]) = ([], [], [], [])
        for line in lines(bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]) {
            if line.isEmpty {
                lastID = id
                if !data.isEmpty {
                    events.append(Event(type: type, data: Array(data.joined(separator: [0x0a])), id: lastID))
                }
                (type, data) = ([], [])
                continue
            }
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            var value = line.dropFirst(name.count + 1)
            if value.first == 0x20 { value = value.dropFirst() }
            switch String(decoding: name, as: UTF8.self) {
            case "data": data.append(Array(value))
            case "error":
                type = Array("error".utf8)
                data.append(Array(value))
            case "event": type = Array(value)
            case "id" where !value.contains(0): id = Array(value)
            default: break
            }
        }
        return events
    }

    /// Those that have an end.
    private static func lines(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        var (lines, line): ([[UInt8]], [UInt8]) = ([], [])
        var wasReturn = false
        for byte in bytes {
            defer { wasReturn = byte == 0x0d }
            if byte == 0x0a, wasReturn { continue }
            if byte == 0x0a || byte == 0x0d {
                lines.append(line)
                line = []
            } else {
                line.append(byte)
            }
        }
        return lines
    }
}
