import Glibc
import Testing
import Wire

@Suite struct EventStreamDecoderTests {
    private struct Outcome: Equatable {
        var events: [StreamCase.Event] = []
        var comments = 0
        var strays: [String] = []
        var overflows = 0
        var lastID = ""
        var retry: Int?
    }

    private func decode(_ bytes: [UInt8], sizes: [Int], limit: Int = 16 * 1024 * 1024) -> Outcome {
        var decoder = EventStreamDecoder(limit: limit)
        var outcome = Outcome()
        forEachRead(of: bytes, sizes: sizes) { read in
            while let signal = decoder.next(in: read) {
                switch signal {
                case .event(let payload):
                    let type = String(decoding: decoder.eventType, as: UTF8.self)
                    outcome.events.append(
                        StreamCase.Event(
                            type: type.isEmpty ? "message" : type,
                            data: String(decoding: decoder.copy(of: payload, in: read), as: UTF8.self),
                            id: String(decoding: decoder.lastEventID, as: UTF8.self)
                        )
                    )
                case .comment: outcome.comments += 1
                case .stray(let payload):
                    outcome.strays.append(String(decoding: decoder.copy(of: payload, in: read), as: UTF8.self))
                case .overflow: outcome.overflows += 1
                }
            }
        }
        outcome.lastID = String(decoding: decoder.lastEventID, as: UTF8.self)
        outcome.retry = decoder.retryMilliseconds
        return outcome
    }

    private func everyCut(_ text: String) -> [Outcome] {
        let bytes = Array(text.utf8)
        return splits("every", of: bytes).map { decode(bytes, sizes: $0) }
    }

    @Test func `the table has all its cases`() {
        #expect(SSECases.all.sse.count == 35)
    }

    @Test(arguments: SSECases.all.sse)
    func `a stream gives the events of a WHATWG event source however it is cut`(sample: StreamCase) {
        let bytes = Array(sample.bytes_b64)
        for sizes in splits(sample.splits, of: bytes) {
            let outcome = decode(bytes, sizes: sizes)
            #expect(outcome.events == sample.events, "reads of \(sizes)")
            #expect(outcome.lastID == sample.last_event_id, "reads of \(sizes)")
            #expect(outcome.retry == sample.retry, "reads of \(sizes)")
        }
    }

    @Test(arguments: [
        (": a\n\n: b\r\n:\rdata: x\n\n", 3, 1), (":\n", 1, 0), ("data: :\n\n", 0, 1), ("x:\n\n", 0, 0),
    ])
    func `comments are counted apart from events`(text: String, comments: Int, events: Int) {
        for outcome in everyCut(text) {
            #expect(outcome.comments == comments)
            #expect(outcome.events.count == events)
        }
    }

    @Test func `a line that begins like JSON is given out and does not touch the event around it`() {
        for outcome in everyCut("data: a\n{\"error\":1}\ndata: b\n\n[{}]\r\n\r\ndata: c\n\n") {
            #expect(outcome.strays == ["{\"error\":1}", "[{}]"])
            #expect(outcome.events.map(\.data) == ["a\nb", "c"])
        }
    }

    @Test func `a field named error is an event of that type`() {
        for outcome in everyCut("error: {\"code\":1}\n\ndata: a\n\n") {
            #expect(outcome.events.map(\.type) == ["error", "message"])
            #expect(outcome.events.map(\.data) == ["{\"code\":1}", "a"])
        }
    }

    @Test(arguments: ["datax: a\n\n", "dat: a\n\n", "Data: a\n\n", "errors: a\n\n", "idx: 1\n\n", "eventx: a\n\n"])
    func `a field's name must match whole and in case`(text: String) {
        for outcome in everyCut(text) { #expect(outcome == Outcome()) }
    }

    @Test(arguments: [
        ("retry: 99999999999999999999999\n\n", Int.max / 10 * 10 - 1), ("retry: 1 \n", nil), ("retry: -1\n", nil),
        ("retry:\n", nil), ("retry\n", nil), ("retry: 1x\n", nil), ("retry:20\nretry:x\n", 20),
    ])
    func `retry takes digits alone, and the largest are cut`(text: String, expected: Int?) {
        for outcome in everyCut(text) {
            if let expected, expected > 1_000_000 {
                #expect((outcome.retry ?? 0) > 1_000_000)
            } else {
                #expect(outcome.retry == expected)
            }
        }
    }

    @Test(arguments: [
        ("data: 12345\n\n", 1), ("data: 1234\ndata: 1234\ndata: 1\n\n", 1), ("xxxxxxxxxxxxxxxxxxxxxx", 1),
        (String(repeating: "data:\n", count: 12), 1), (String(repeating: "data:\n", count: 11), 0),
        ("data: 1234\n\ndata: 1234\n\n", 0), ("data: 1234\ndata: 1234\ndata:\n\n", 0),
    ])
    func `a line or an event above the limit ends the stream with one overflow`(text: String, overflows: Int) {
        let bytes = Array((text + "\n\ndata: x\n\n").utf8)
        for sizes in splits("every", of: bytes) {
            let outcome = decode(bytes, sizes: sizes, limit: 10)
            #expect(outcome.overflows == overflows, "reads of \(sizes)")
            #expect(outcome.events.contains { $0.data == "x" } == (overflows == 0), "reads of \(sizes)")
        }
    }

    @Test func `an event whole inside one read is given out in place`() {
        let bytes = Array("data: one\n\nevent: t\r\ndata: two\r\n\r\ndata: th".utf8)
        let second = Array("ree\n\n".utf8)
        var decoder = EventStreamDecoder()
        #expect(decoder.next(in: bytes.span) == .event(.read(6..<9)))
        #expect(decoder.next(in: bytes.span) == .event(.read(27..<30)))
        #expect(decoder.next(in: bytes.span) == nil)
        #expect(decoder.next(in: second.span) == .event(.kept))
        #expect(decoder.copy(of: .kept, in: second.span) == Array("three".utf8))
        #expect(decoder.next(in: second.span) == nil)
    }

    @Test func `a CR at a read's end dispatches at once`() {
        let bytes = Array("data: a\r\n\r".utf8)
        var decoder = EventStreamDecoder()
        #expect(decoder.next(in: bytes.span) == .event(.read(6..<7)))
    }

    @Test(arguments: [
        ("data: a\n\ndata: b", "b"), ("data: a\n\ndata: b\n", "b"), ("data: b\ndata: c", "b\nc"), ("data: a\n\n", nil),
        ("", nil), (": x", nil), ("event: x", nil), ("data: a\n\n{\"error\":1}", "{\"error\":1}"),
    ])
    func `what the stream's end cut off can be asked for`(text: String, expected: String?) {
        for sizes in splits("every", of: Array(text.utf8)) {
            var decoder = EventStreamDecoder()
            forEachRead(of: Array(text.utf8), sizes: sizes) { read in while decoder.next(in: read) != nil {} }
            switch decoder.unfinished() {
            case .event(let payload), .stray(let payload):
                #expect(String(decoding: decoder.copy(of: payload, in: Span()), as: UTF8.self) == expected)
            case .comment, .overflow, nil: #expect(expected == nil)
            }
        }
    }

    @Test func `a decoder that is reset knows nothing of the stream before`() {
        var decoder = EventStreamDecoder()
        let first = Array("id: 7\nretry: 9\nevent: x\ndata: a\n\nevent: y\ndata: half\r".utf8)
        while decoder.next(in: first.span) != nil {}
        decoder.reset()
        #expect(decoder.lastEventID == [])
        #expect(decoder.retryMilliseconds == nil)
        let second = Array("\ndata: b\n\n".utf8)
        #expect(decoder.next(in: second.span) == .event(.read(7..<8)))
        #expect(decoder.eventType == [])
    }

    @Test func `ten megabytes of line ends take no more than linear time`() {
        let carriageReturns = [UInt8](repeating: 0x0d, count: 10_000_000)
        var decoder = EventStreamDecoder()
        func cpu() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec
        }
        let before = cpu()
        while decoder.next(in: carriageReturns.span) != nil {}
        #expect(cpu() - before < 20)
    }
}
