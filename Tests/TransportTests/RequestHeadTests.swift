import Testing

@testable import Transport

@Suite struct RequestHeadTests {
    private func head(_ text: String) throws(RequestHead.Problem) -> RequestHead {
        try RequestHead(Array(text.utf8)[...])
    }

    private func problem(_ text: String) -> RequestHead.Problem? {
        do throws(RequestHead.Problem) {
            _ = try head(text)
            return nil
        } catch { return error }
    }

    @Test func `method, path and headers come out as they were sent, names in lower case`() throws {
        let head = try head(
            "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id:  one two \t\r\nContent-Length: 12\r\n\r\n"
        )
        #expect(head.method == "POST")
        #expect(head.path == "/v1/chat/completions")
        #expect(head.headers.map(\.name) == ["host", "x-request-id", "content-length"])
        #expect(head.headers.map(\.value) == ["a", "one two", "12"])
        #expect(head.body == .bytes(12))
        #expect(head.keepsAlive)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true), ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
    ])
    func `a connection stays as version and header say`(text: String, stays: Bool) throws {
        #expect(try head(text).keepsAlive == stays)
    }

    @Test(arguments: ["http://a:80/x?y", "/x", "/x?"])
    func `a target in absolute form means its path`(target: String) throws {
        #expect(try head("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n").path == "/x")
    }

    @Test(arguments: [
        ("GET /\r\nHost: a\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET / SPDY\r\nHost: a\r\n\r\n", 400),
        ("\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ])
    func `what is odd is refused`(text: String, status: Int) {
        #expect(problem(text)?.rawValue == status)
    }

    @Test func `bytes that are no UTF-8 do not stop the reading`() throws {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xff, 0xfe] + Array("\r\n\r\n".utf8)
        #expect(try RequestHead(bytes[...]).headers.count == 2)
    }
}

@Suite struct ChunkedBodyTests {
    private func take(_ pieces: [[UInt8]], limit: Int = 1000) -> (ChunkedBody.Progress, [UInt8], rest: Int) {
        var body = ChunkedBody()
        var progress = ChunkedBody.Progress.needsMore
        var rest = 0
        for piece in pieces {
            var input = piece[...]
            progress = body.take(&input, limit: limit)
            rest = input.count
            if progress == .malformed || progress == .tooLarge { break }
        }
        return (progress, body.bytes, rest)
    }

    @Test func `a chunked body cut at any byte is the same`() {
        let bytes = Array("5;name=\"v\"\r\nhello\r\n7\r\n, world\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n".utf8)
        for cut in 0...bytes.count {
            let (progress, body, rest) = take([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(progress == .complete, "cut at \(cut)")
            #expect(body == Array("hello, world0123456789".utf8))
            #expect(rest == 0)
        }
    }

    @Test func `what follows the body is left where it is`() {
        #expect(take([Array("1\r\na\r\n0\r\n\r\nGET /".utf8)]).rest == 5)
    }

    @Test(arguments: [
        ("-5\r\nhello\r\n0\r\n\r\n", ChunkedBody.Progress.malformed), ("+5\r\nhello\r\n0\r\n\r\n", .malformed),
        ("\r\n", .malformed), ("x\r\n", .malformed), ("5\nhello", .malformed), ("5\r\nhelloX\r\n", .malformed),
        ("fffffffffffffffff\r\n", .malformed), ("fffffffffffffff\r\n", .tooLarge), ("3e9\r\n", .tooLarge),
        ("3e8\r\n", .needsMore), ("5\r\nhel", .needsMore),
    ])
    func `sizes that are none, and bodies beyond the limit, are refused`(text: String, expected: ChunkedBody.Progress) {
        #expect(take([Array(text.utf8)]).0 == expected)
    }

    @Test func `random bytes never crash it`() {
        var generator = SystemSeed(state: 42)
        for _ in 0..<20_000 {
            let alphabet: [UInt8] = Array("0159afX-+;\r\n\r\n ".utf8) + [0, 255]
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let (_, body, _) = take([bytes])
            #expect(body.count <= bytes.count)
        }
    }

    private struct SystemSeed: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
