import Glibc
import Synchronization
import TestSupport
import Testing
import Ticks

@testable import Transport

@Suite struct HTTPServerTests {
    private static let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `one connection serves request after request`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let client = RawClient(port: server.port)
        for number in 0..<5 {
            client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            let (status, head, body) = client.reply()
            #expect(status == 200)
            #expect(head.contains("Connection: keep-alive"))
            #expect(body == "\(number) POST /p abc")
        }
    }

    @Test func `a request cut at any byte is the same request`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let request = Array(
            "\r\nPOST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".utf8
        )
        let client = RawClient(port: server.port)
        for cut in 1..<request.count {
            client.send(Array(request[..<cut]))
            usleep(500)
            client.send(Array(request[cut...]))
            #expect(client.reply().body == "\(cut - 1) POST /p abc", "cut at \(cut)")
        }
    }

    @Test func `requests sent without waiting are answered in turn`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let client = RawClient(port: server.port)
        let count = 5000  // deep enough that an answer from within an answer would overflow the stack
        client.send(String(repeating: Self.get, count: count))
        for number in 0..<count {
            let body = client.reply().body
            if body != "\(number) GET /x " {
                Issue.record("reply \(number) is \(body)")
                return
            }
        }
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400), ("\n", 400), ("GET / HTTP/3.0\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nhello\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: 70000*\r\n\r\n", 431), ("70000*", 431),
    ])
    func `what is malformed gets its status, and the server lives on`(request: String, status: Int) {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let client = RawClient(port: server.port)
        let long = String(repeating: "y", count: 70_000)
        client.send(request.split(separator: "70000*", omittingEmptySubsequences: false).joined(separator: long))
        let (seen, head, body) = client.reply()
        #expect(seen == status)
        #expect(head.contains("Connection: close"))
        #expect(body.hasPrefix("{\"error\":{\"message\":"))
        #expect(client.isAtEnd())
        let other = RawClient(port: server.port)
        other.send(Self.get)
        #expect(other.reply().status == 200)
    }

    @Test func `a refusal can be read though the client is still sending`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000000\r\n\r\n")
        let block = [UInt8](repeating: 0x61, count: 1 << 20)
        var sent = 0
        while sent < 8, client.send(block) { sent += 1 }
        #expect(sent == 8)
        #expect(client.reply().status == 413)
    }

    @Test func `a client that asks is told to continue`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.read(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("abc")
        #expect(client.reply().body == "0 POST /p abc")
    }

    @Test func `HEAD gets no body, and HTTP 1.0 gets a bare stream and the end of the connection`() {
        let server = ServedLoop { _ in
            { exchange in
                if exchange.path == "/stream" {
                    exchange.startStream(status: 200, type: "text/plain", first: Array("one".utf8))
                    exchange.write(Array("two".utf8).span)
                    exchange.end()
                } else {
                    exchange.respond(status: 200, type: "text/plain", body: Array("hello".utf8))
                }
            }
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(upTo: "\r\n\r\n").contains("Content-Length: 5"))
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(upTo: "\r\n\r\n").contains("Transfer-Encoding: chunked"))
        #expect(client.read(upTo: "0\r\n\r\n") == "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")

        let old = RawClient(port: server.port)
        old.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let head = old.read(upTo: "\r\n\r\n")
        #expect(!head.contains("chunked") && head.contains("Connection: close"))
        #expect(old.read(count: 6) == Array("onetwo".utf8))
        #expect(old.isAtEnd())
    }

    @Test func `a client that does not read gets every byte once it does`() {
        let pieces = 300
        let log = Log()
        let server = ServedLoop { _ in
            { exchange in
                exchange.startStream(status: 200, type: "text/plain")
                for number in 0..<pieces {
                    exchange.write([UInt8](repeating: UInt8(number % 251), count: 65_536).span)
                }
                log.add(exchange.backlog > 0 ? "waits" : "the kernel took 20 MB")
                exchange.end()
            }
        }
        defer { server.stop() }
        let client = RawClient(port: server.port, receiveBuffer: 65_536)
        client.send(Self.get)
        #expect(log.waitForEntry())
        #expect(log.entries == ["waits"])
        _ = client.read(upTo: "\r\n\r\n")
        for number in 0..<pieces {
            #expect(client.read(upTo: "\r\n") == "10000\r\n")
            let piece = client.read(count: 65_536)
            #expect(piece.count == 65_536 && piece.allSatisfy { $0 == UInt8(number % 251) }, "piece \(number)")
            #expect(client.read(count: 2) == [0x0d, 0x0a])
        }
        #expect(client.read(upTo: "\r\n\r\n") == "0\r\n\r\n")
        client.send(Self.get)
        #expect(client.read(upTo: "\r\n\r\n").contains("200 OK"))
    }

    @Test(arguments: [false, true])
    func `a client that leaves in mid-stream is reported once`(resets: Bool) {
        let log = Log()
        let server = ServedLoop { _ in
            { exchange in
                exchange.onDisconnect = { log.add("left") }
                exchange.startStream(status: 200, type: "text/plain", first: Array("one".utf8))
            }
        }
        let client = RawClient(port: server.port)
        client.send(Self.get)
        _ = client.read(upTo: "one\r\n")
        #expect(log.entries.isEmpty)
        if resets { client.reset() } else { client.close() }
        #expect(log.waitForEntry())
        server.stop()
        #expect(log.entries == ["left"])
    }

    @Test func `a failed write reports the client's going later, not from within`() {
        let log = Log()
        let server = ServedLoop { _ in
            { exchange in
                exchange.onDisconnect = { log.add("left") }
                exchange.startStream(status: 200, type: "text/plain", first: Array("one".utf8))
                while !log.entries.contains("reset") { usleep(1000) }
                for _ in 0..<3 { exchange.write(Array("two".utf8).span) }
                log.add("written")
            }
        }
        let client = RawClient(port: server.port)
        client.send(Self.get)
        _ = client.read(upTo: "one\r\n")
        client.reset()
        usleep(2000)
        log.add("reset")
        #expect(log.wait { $0.contains("left") })
        server.stop()
        #expect(log.entries == ["reset", "written", "left"])
    }

    @Test func `an abandoned stream ends without its last chunk, with what was written`() {
        let server = ServedLoop { _ in
            { exchange in
                exchange.startStream(status: 200, type: "text/plain", first: Array("one".utf8))
                exchange.write(Array("two".utf8).span)
                exchange.abandon()
            }
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send(Self.get)
        _ = client.read(upTo: "\r\n\r\n")
        #expect(client.read(upTo: "never") == "3\r\none\r\n3\r\ntwo\r\n")
    }

    @Test func `a thousand clients at one instant are all served`() {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let clients = (0..<1000).map { _ in RawClient(port: server.port) }
        for client in clients { client.send(Self.get) }
        var served = 0
        for client in clients where client.reply().body == "0 GET /x " { served += 1 }
        #expect(served == 1000)
        for client in clients { client.send(Self.get) }
        #expect(clients.allSatisfy { $0.reply().body == "1 GET /x " })
    }

    @Test func `the received stamp lies between the client's send and its reading of the reply`() {
        let box = StampBox()
        let server = ServedLoop { _ in
            { exchange in
                box.add(exchange.received.nanoseconds)
                usleep(3000)  // work before the reply must not move it
                exchange.respond(status: 200, type: "text/plain", body: [])
            }
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        let offset = MonotonicClock.realtimeOffset()
        for _ in 0..<20 {
            // The kernel stamps by the wall clock, which somebody may set.
            guard abs(MonotonicClock.realtimeOffset() - offset) < 20_000 else { break }
            let before = MonotonicClock.now().nanoseconds
            client.send(Self.get)
            let after = MonotonicClock.now().nanoseconds
            _ = client.reply()
            let received = box.last
            #expect(received >= before - 20_000)  // two clocks are sampled apart
            #expect(received <= after + 2_000_000)
        }
    }

    @Test func `a port in use is refused even though listeners of one server share theirs`() throws {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let port = server.port
        let loop = EventLoop()
        #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(loop: loop, host: "127.0.0.1", port: port) { _ in }
        }
        #expect(throws: HTTPServerError.self) { _ = try HTTPServer(loop: loop, host: "nowhere", port: 0) { _ in } }
        loop.stop()
        loop.run()
    }
}

/// What happened, in order, from any thread.
final class Log: Sendable {
    private let list = Mutex<[String]>([])
    var entries: [String] { list.withLock { $0 } }
    func add(_ entry: String) { list.withLock { $0.append(entry) } }

    /// Whether the condition comes true within five seconds.
    func wait(for condition: ([String]) -> Bool) -> Bool {
        for _ in 0..<5000 {
            if condition(entries) { return true }
            usleep(1000)
        }
        return false
    }

    func waitForEntry() -> Bool { wait { !$0.isEmpty } }
}

final class StampBox: Sendable {
    private let stamps = Mutex<[Int64]>([])
    func add(_ stamp: Int64) { stamps.withLock { $0.append(stamp) } }
    var last: Int64 { stamps.withLock { $0.last ?? 0 } }
}
