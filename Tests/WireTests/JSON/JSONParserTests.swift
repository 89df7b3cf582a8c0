import Testing

@testable import Wire

@Suite struct JSONParserTests {
    private let parser = JSONParser()

    /// The string at `a`, as a reader would see it; nil when the document is not accepted.
    private func text(_ json: [UInt8], readable: Int = 0) -> String? {
        json.withUnsafeBytes {
            parser.parse($0, readable: readable)?["a"].utf8.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test(arguments: [
        (#"\ud83d"#, "\u{fffd}"), (#"\ude42"#, "\u{fffd}"), (#"x\ud83dy"#, "x\u{fffd}y"), (#"\ud83d\ude42"#, "🙂"),
        (#"\ud83d\ud83d\ude42"#, "\u{fffd}🙂"), (#"\ude42\ud83d"#, "\u{fffd}\u{fffd}"), (#"\ud83d\n"#, "\u{fffd}\n"),
        (#"\ud83d\u0041"#, "\u{fffd}A"), (#"\\ud83d"#, #"\ud83d"#), (#"\\\ud83d"#, "\\\u{fffd}"), (#"\u0000"#, "\0"),
        (#"\ud83d\""#, "\u{fffd}\""), (#"\uD83D\uDE42\uD83D"#, "🙂\u{fffd}"),
    ])
    func `lone surrogates become U+FFFD and pairs stay`(escaped: String, expected: String) {
        #expect(text(Array(#"{"a":"\#(escaped)"}"#.utf8)) == expected)
    }

    @Test(
        arguments: [
            ([0xff], "\u{fffd}"), ([0xc3], "\u{fffd}"), ([0xc3, 0x28], "\u{fffd}("), ([0xe4, 0xb8], "\u{fffd}"),
            ([0xf0, 0x9f, 0x99], "\u{fffd}"), ([0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
            ([0xc0, 0x80], "\u{fffd}\u{fffd}"), ([0xf5, 0x80], "\u{fffd}\u{fffd}"), ([0xc3, 0xa9, 0xff], "é\u{fffd}"),
            ([0xff, 0x5c, 0x6e], "\u{fffd}\n"), ([0xf0, 0x9f, 0x99, 0x82, 0x80], "🙂\u{fffd}"),
        ] as [([UInt8], String)]
    )
    func `invalid UTF-8 becomes U+FFFD, one for each maximal part`(bytes: [UInt8], expected: String) {
        #expect(text(Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)) == expected)
    }

    @Test(arguments: [
        "1e400", "-1e400", "123456789012345678901234567890", "-99999999999999999999", "18446744073709551616",
    ])
    func `a number out of range is null and the rest of the document stands`(number: String) {
        let json = Array(#"{"n":\#(number),"b":[\#(number),"\#(number)"],"a":"x"}"#.utf8)
        #expect(text(json) == "x")
        json.withUnsafeBytes { bytes in
            #expect(parser.parse(bytes)?["n"].kind == .null)
            #expect(parser.parse(bytes)?["b"].elements.map(\.kind) == [.null, .string])
        }
    }

    @Test(arguments: [
        "", " ", "{", #"{"a":}"#, #"{"a":"x"}x"#, #"{"a":NaNa}"#, #"{'a':1}"#, #"{"a":"\x"}"#, "{\"a\":\"\n\"}", "\0",
        #"{"a":"x\ud83d"#, "{\"a\":1e}", "[1,]", "nul", #"{"a":"\u12"}"#,
    ])
    func `what is no JSON is refused`(json: String) {
        #expect(Array(json.utf8).withUnsafeBytes { parser.parse($0) == nil })
    }

    @Test func `a NUL byte in a document is refused and in an escape is a character`() {
        #expect(text([0x7b, 0x00, 0x7d]) == nil)
        #expect(text(Array(#"{"a":"x\u0000y"}"#.utf8)) == "x\0y")
    }

    @Test(arguments: [1_000, 1_024, 1_025, 100_000])
    func `nesting above the limit is refused and does not crash`(depth: Int) {
        let json = [UInt8](repeating: 0x5b, count: depth) + [UInt8](repeating: 0x5d, count: depth)
        let isAccepted = json.withUnsafeBytes { parser.parse($0) != nil }
        #expect(isAccepted == (depth <= 1_024))
    }

    @Test func `of members with one name the last is taken`() {
        #expect(text(Array(#"{"a":"x","b":1,"a":"y"}"#.utf8)) == "y")
    }

    @Test(arguments: [0, 1, 63, 64, 100])
    func `room behind a document changes nothing`(room: Int) {
        let json = Array(#"{"a":"x","b":[1,2,{"c":null}]}"#.utf8)
        let whole = json + [UInt8](repeating: UInt8(ascii: "}"), count: room)
        whole.withUnsafeBytes { bytes in
            let document = UnsafeRawBufferPointer(rebasing: bytes[..<json.count])
            let root = parser.parse(document, readable: bytes.count)
            #expect(root?["a"].text == "x")
            #expect(root?["b"].elements.map(\.kind) == [.number, .number, .object])
        }
    }

    @Test func `a document of 16 MiB is read and one byte more is refused`() {
        let frame = Array(#"{"a":""}"#.utf8)
        let room = 16 * 1024 * 1024 - frame.count
        for (count, isAccepted) in [(room, true), (room + 1, false)] {
            let json = frame.dropLast(2) + [UInt8](repeating: 0x61, count: count) + frame.suffix(2)
            #expect(text(Array(json))?.utf8.count == (isAccepted ? count : nil))
        }
        #expect(text(Array(#"{"a":"x"}"#.utf8)) == "x")
    }

    @Test func `absent values answer every question with nothing`() {
        let value = JSONValue.absent
        #expect(value["a"]["b"].kind == .absent)
        #expect(value.utf8 == nil && value.int == nil && value.double == nil && value.bool == nil && value.text == nil)
        #expect(Array(value.elements.map(\.kind)).isEmpty)
        #expect(value.members.map(\.name).isEmpty)
        #expect(!value.isPresent)
    }

    @Test func `scalars are read as what they are`() {
        let json = Array(#"{"i":-7,"d":2.5,"w":3.0,"t":true,"s":"é","n":null,"big":18446744073709551615,"e":""}"#.utf8)
        json.withUnsafeBytes { bytes in
            let root = parser.parse(bytes) ?? .absent
            #expect(root["i"].int == -7)
            #expect(root["i"].double == -7)
            #expect(root["d"].int == nil)
            #expect(root["d"].double == 2.5)
            #expect(root["w"].int == 3)
            #expect(root["big"].int == nil)
            #expect(root["t"].bool == true)
            #expect(root["t"].int == nil)
            #expect(root["s"].text == "é")
            #expect(root["e"].utf8?.count == 0)
            #expect(root["e"].text == nil)
            #expect(root["n"].kind == .null)
            #expect(!root["n"].isPresent)
            #expect(root.members.map(\.name) == ["i", "d", "w", "t", "s", "n", "big", "e"])
        }
    }
}
