import Glibc
import Synchronization
import TestSupport
import Testing
import Ticks

@testable import Transport

/// Runs transfers one after another on a loop of this thread and gives what came of each.
///
/// Each entry of `pauses` is a wait before that transfer, so that idle connections can be seen.
func exchange(
    with endpoint: Endpoint,
    count: Int = 1,
    connection: HTTPClient.Connection = .any,
    pauseMilliseconds: Int64 = 0,
    timeoutMilliseconds: Int64 = 5_000,
    preopen: Int = 0,
    body: String = "{}",
    seen: SeenBytes? = nil,
    busyMilliseconds: UInt32 = 0,
    reader: StreamReader? = .wanted
) -> [Collected] {
    let loop = EventLoop()
    let headers = [("Content-Type", "application/json")]
    let client = HTTPClient(loop: loop, endpoint: endpoint, headers: headers, reader: reader)
    var results: [Collected] = []
    var next: () -> Void = {}
    let timer = PreciseTimer(loop: loop) { _ in next() }
    let guardTimer = PreciseTimer(loop: loop) { _ in loop.stop() }
    guardTimer.arm(at: MonotonicClock.now().advanced(byNanoseconds: timeoutMilliseconds * 1_000_000))
    next = {
        guard results.count < count else { return loop.stop() }
        let result = Collected()
        result.seen = seen
        result.busyMilliseconds = busyMilliseconds
        results.append(result)
        let transfer = client.transfer()
        transfer.handler = result
        transfer.prepare(post: "/v1/x", body: Array(body.utf8), requestID: "r-\(results.count)")
        result.onEnd = { _ in
            client.recycle(transfer)
            timer.arm(at: MonotonicClock.now().advanced(byNanoseconds: pauseMilliseconds * 1_000_000))
        }
        client.start(transfer, connection: connection)
    }
    if preopen > 0 {
        client.preopen(preopen) { _ in next() }
    } else {
        timer.arm(at: MonotonicClock.now())
    }
    loop.run()
    return results
}

private func local(_ port: Int) -> Endpoint { Endpoint(scheme: .http, host: "127.0.0.1", port: port) }

private func kernelIsAtLeast(_ major: Int, _ minor: Int) -> Bool {
    var about = utsname()
    uname(&about)
    let release = withUnsafeBytes(of: about.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let parts = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
    return parts.count == 2 && (parts[0], parts[1]) >= (major, minor)
}

private let okay = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: a\n\n"

/// Keeps this thread, and those it makes, on the first core that it may use. The calls are GNU's: Swift's Glibc module has
/// them not.
private func stayOnOneCore() {
    typealias Call = @convention(c) (pid_t, Int, UnsafeMutablePointer<cpu_set_t>) -> Int32
    func call(_ name: String) -> Call? { dlsym(nil, name).map { unsafeBitCast($0, to: Call.self) } }
    var cores = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    _ = call("sched_getaffinity")?(0, size, &cores)
    withUnsafeMutableBytes(of: &cores) { bytes in
        guard let first = bytes.firstIndex(where: { $0 != 0 }) else { return }
        let bit = bytes[first] & (~bytes[first] &+ 1)
        for index in bytes.indices { bytes[index] = index == first ? bit : 0 }
    }
    _ = call("sched_setaffinity")?(0, size, &cores)
}

@Suite struct HTTPClientTests {
    @Test func `a request over an open connection is written before its start returns`() throws {
        let server = ServedLoop.echo()
        defer { server.stop() }
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: local(server.port), headers: [])
        let guardTimer = PreciseTimer(loop: loop) { _ in loop.stop() }
        guardTimer.arm(at: MonotonicClock.now().advanced(byNanoseconds: 10_000_000_000))
        let (first, second) = (client.transfer(), client.transfer())
        let (one, two) = (Collected(), Collected())
        (first.handler, second.handler) = (one, two)
        first.prepare(post: "/a", body: [0x7b, 0x7d], requestID: "1")
        second.prepare(post: "/b", body: [0x7b, 0x7d], requestID: "2")
        var wasWritten: [Bool] = []
        var seen: (written: Instant?, returned: Instant)?
        one.onEnd = { _ in
            wasWritten.append(client.start(second, connection: .warm))
            seen = (second.timing.written, MonotonicClock.now())
        }
        two.onEnd = { _ in loop.stop() }
        wasWritten.append(client.start(first, connection: .cold))
        loop.run()
        #expect(wasWritten == [false, true])
        let (written, returned) = try #require(seen)
        #expect(try #require(written) <= returned)
        #expect(two.failure == nil && two.timing.reused && two.text.contains("POST /b"))
    }

    /// On one core the server runs as soon as the request is in its socket, so that the answer is there when libcurl looks.
    @Test func `the instant of writing is known also where the answer is read within the start`() throws {
        let cores = Mutex<[Instant?]>([])
        let thread = LoopThread(name: "one-core") {
            stayOnOneCore()
            let server = ServedLoop.echo()
            let results = exchange(with: local(server.port), count: 300, connection: .warm)
            server.stop()
            cores.withLock { $0 = results.map(\.timing.written) }
        }
        thread.join()
        let written = cores.withLock { $0 }
        #expect(written.count == 300)
        #expect(written.count { $0 == nil } == 0)
    }

    @Test func `a request is written once, with its headers, and its answer comes back`() throws {
        let server = ScriptedServer { connection, _ in
            guard let request = connection.request() else { return }
            let wanted = [
                "POST /v1/x HTTP/1.1\r\n", "X-Request-Id: r-1\r\n", "Accept-Encoding: identity\r\n",
                "Content-Type: application/json\r\n", "\r\n\r\n{\"a\":1}",
            ]
            let good = wanted.allSatisfy { request.contains($0) } && !request.contains("Expect")
            connection.send(good ? okay : "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
        }
        let result = try #require(exchange(with: local(server.port), body: "{\"a\":1}").first)
        server.stop()
        #expect(result.failure == nil)
        #expect(result.status == 200)
        #expect(result.text == "data: a\n\n")
        let written = try #require(result.timing.written)
        let first = try #require(result.timing.firstByte)
        #expect(result.timing.dispatched <= written && written <= first)
        #expect(try #require(result.timing.connect) > 0)
        #expect(!result.timing.reused)
    }

    @Test func `bytes over http carry the kernel's stamp, which lies before the read`() throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<20 {
                pause(milliseconds: 2)
                connection.send("9\r\ndata: a\n\n\r\n")
            }
            connection.send("0\r\n\r\n")
        }
        let result = try #require(exchange(with: local(server.port)).first)
        server.stop()
        #expect(result.failure == nil)
        #expect(result.stamps.count == 20)
        #expect(result.stamps.filter(\.isKernel).count >= 19)
        for stamp in result.stamps { #expect(stamp.instant <= stamp.readAt) }
        for (a, b) in zip(result.stamps, result.stamps.dropFirst()) { #expect(a.instant <= b.instant) }
    }

    @Test func `of two chunks in one read the last alone is exact, by libcurl's reading and past it`() throws {
        let seen = SeenBytes()
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<10 {
                pause(milliseconds: 5)
                connection.send("9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n")
            }
            seen.wait(for: 180)  // what stands behind the last chunk is no part of its read
            connection.send("0\r\n\r\n")
        }
        let result = try #require(exchange(with: local(server.port), timeoutMilliseconds: 30_000, seen: seen).first)
        server.stop()
        #expect(result.failure == nil)
        let stamps = result.stamps
        // Of one read: those that share its number. Under load two of the server's writes may come in one.
        let reads = Dictionary(grouping: stamps, by: \.read).values.filter { $0.allSatisfy(\.isKernel) }
            .map { $0.map(\.isExactAtEnd) }
        #expect(!reads.isEmpty)
        for flags in reads { #expect(!flags.dropLast().contains(true), "\(flags)") }
        // A machine that stood still stamps nothing in time.
        #expect(2 * reads.count { $0.last == true } >= reads.count)
        let late = try #require(result.timing.lateSend)
        #expect(late >= 0)
        #expect(late <= (result.timing.written ?? .distantFuture).nanoseconds(since: result.timing.dispatched))
    }

    @Test func `a server that keeps connections alive gets its second request on the first connection`() {
        let server = ScriptedServer { connection, _ in
            while connection.request() != nil { connection.send(okay) }
        }
        let results = exchange(with: local(server.port), count: 3, pauseMilliseconds: 120)
        server.stop()
        #expect(results.map(\.timing.reused) == [false, true, true])
        #expect(server.accepts == 1)
    }

    @Test func `cold connections are new for each request`() {
        let server = ScriptedServer { connection, _ in
            while connection.request() != nil { connection.send(okay) }
        }
        let results = exchange(with: local(server.port), count: 3, connection: .cold, pauseMilliseconds: 20)
        server.stop()
        #expect(results.map(\.timing.reused) == [false, false, false])
        #expect(server.accepts == 3)
    }

    @Test(.enabled(if: kernelIsAtLeast(6, 8), "earlier kernels use every second port first"))
    func `new connections use every port, not every second one`() {
        let ports = Mutex<[Int]>([])
        let server = ScriptedServer { connection, _ in
            ports.withLock { $0.append(connection.peerPort) }
            while connection.request() != nil { connection.send(okay) }
        }
        _ = exchange(with: local(server.port), count: 24, connection: .cold)
        server.stop()
        let parities = ports.withLock { Set($0.map { $0 % 2 }) }
        #expect(parities == [0, 1])
    }

    @Test func `preopened connections are used and were open before the request`() throws {
        let server = ScriptedServer { connection, _ in
            while connection.request() != nil { connection.send(okay) }
        }
        let results = exchange(with: local(server.port), count: 2, connection: .preopened, preopen: 2)
        server.stop()
        #expect(results.map(\.timing.preopened) == [true, true])
        #expect(results.allSatisfy { $0.failure == nil && !$0.timing.reused })
        #expect(server.accepts == 2)
    }

    @Test func `a server that closes after each answer is learnt, and no request dies of it`() {
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(okay)  // promises keep-alive, closes
        }
        let results = exchange(with: local(server.port), count: 5)
        server.stop()
        #expect(results.count == 5)
        #expect(results.allSatisfy { $0.failure == nil && !$0.timing.reused })
    }

    @Test func `a request that meets a closing connection is reset and never sent again`() throws {
        let server = ScriptedServer { connection, number in
            _ = connection.request()
            connection.send(okay)
            guard number == 0 else { return }
            _ = connection.request()  // reads the second request, then closes without a word
        }
        let results = exchange(with: local(server.port), count: 2, pauseMilliseconds: 120)
        server.stop()
        let second = try #require(results.last?.failure)
        #expect(second.kind == .reset)
        #expect(second.detail == "stale_connection")
    }

    @Test(arguments: [
        ("", TransferFailure.Kind.reset, "reset_preheader"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ndata: a\n\n", .truncated, "truncated_body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n", .truncated, "truncated_body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .protocol, "protocol_chunk"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n", .protocol, "protocol_chunk"),
        ("HTTP/1.1 OK\r\n\r\n", .protocol, "not_http"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", .protocol, "content_length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nabc", .protocol, "content_length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nabc", .protocol, "malformed_head"),
        ("HTTP/1.1 200 \(String(repeating: "a", count: 5_000_000))\r\n\r\n", .protocol, "protocol_limit"),
        (
            "HTTP/1.1 200 OK\r\n\(String(repeating: "X: \(String(repeating: "a", count: 1_000))\r\n", count: 400))\r\n",
            .protocol, "protocol_limit"
        ),
        (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 50_000), .protocol, "protocol_limit"),
        ("HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 5_000_000))\r\n\r\n", .protocol, "protocol_limit"),
        ("SSH-2.0-OpenSSH_9.2\r\n", .protocol, "not_http"),
    ])
    func `a broken answer has its class`(reply: String, kind: TransferFailure.Kind, detail: String) throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(reply)
        }
        let failure = try #require(exchange(with: local(server.port)).first?.failure)
        server.stop()
        #expect(failure.kind == kind)
        #expect(failure.detail == detail)
    }

    @Test func `one Content-Length, given twice, is one`() throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 02\r\n\r\nab")
        }
        let result = try #require(exchange(with: local(server.port)).first)
        server.stop()
        #expect(result.failure == nil && result.text == "ab")
    }

    @Test func `of a header that is given twice, in any case, the last goes out`() {
        let own = [("User-Agent", "spate"), ("Accept", "a")]
        let sent = HTTPClient.unique(own + [("X", "1"), ("user-agent", "mine"), ("x", "2")])
        #expect(sent.map { "\($0.name): \($0.value)" } == ["user-agent: mine", "Accept: a", "x: 2"])
    }

    @Test func `a reset in mid-stream keeps what had come`() throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n")
            pause(milliseconds: 30)
            connection.abortOnClose()
        }
        let result = try #require(exchange(with: local(server.port)).first)
        server.stop()
        #expect(result.failure?.kind == .reset)
        #expect(result.failure?.detail == "reset_midstream")
        #expect(result.text == "data: a\n\n")
    }

    @Test func `a refused port is a refused connection`() throws {
        let server = ScriptedServer { _, _ in }
        server.stop()
        let failure = try #require(exchange(with: local(server.port)).first?.failure)
        #expect(failure.kind == .connect)
        #expect(failure.detail == "connect_refused")
    }

    @Test func `redirects are not followed and a 103 is skipped`() throws {
        let server = ScriptedServer { connection, number in
            _ = connection.request()
            connection.send(
                number == 0
                    ? "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
                    : okay
            )
        }
        let result = try #require(exchange(with: local(server.port)).first)
        server.stop()
        #expect(result.failure == nil)
        #expect(result.status == 307)
        #expect(server.accepts == 1)
    }

    @Test func `a transfer that is cancelled while it connects leaves nothing behind`() {
        // A queue of one that nobody empties: once it is full, connections stay in the making.
        let listener = FullListener()
        defer { listener.stop() }
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: local(listener.port), headers: [])
        let transfers = (0..<8).map { number in
            let transfer = client.transfer()
            transfer.prepare(post: "/v1/x", body: [], requestID: "c-\(number)")
            return transfer
        }
        let results = transfers.map { _ in Collected() }
        var step = 0
        var timer: PreciseTimer?
        timer = PreciseTimer(loop: loop) { _ in
            step += 1
            switch step {
            case 1:
                for (transfer, result) in zip(transfers, results) {
                    transfer.handler = result
                    client.start(transfer, connection: .cold)
                }
            case 2: for transfer in transfers { client.cancel(transfer) }
            default: loop.stop()
            }
            timer?.arm(at: MonotonicClock.now().advanced(byNanoseconds: 50_000_000))
        }
        timer?.arm(at: MonotonicClock.now())
        loop.run()
        #expect(step == 3)
        #expect(client.running == 0)
        #expect(client.idleConnections == 0)
        #expect(results.allSatisfy { !$0.isDone })
    }
}
