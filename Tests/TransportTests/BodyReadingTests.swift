import Glibc
import Synchronization
import TestSupport
import Testing
import Ticks

@testable import Transport

/// The middle of a streamed answer is read past libcurl; nothing of it may show but the time saved.
@Suite struct BodyReadingTests {
    private func local(_ port: Int) -> Endpoint { Endpoint(scheme: .http, host: "127.0.0.1", port: port) }

    private let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private let first = "9\r\ndata: a\n\n\r\n"

    /// Answers with the head and a first chunk in one write, and then with these pieces, each after a pause; again for
    /// each further request on the connection.
    private func server(_ pieces: @escaping @Sendable (_ number: Int) -> [String]) -> ScriptedServer {
        let opening = head + first
        let numbers = Counter()
        return ScriptedServer { connection, _ in
            while connection.request() != nil {
                connection.send(opening)
                for piece in pieces(numbers.next()) {
                    pause(milliseconds: 3)
                    connection.send(piece)
                }
            }
        }
    }

    private static let rest = "12\r\ndata: the middle\n\n\r\n9\r\ndata: z\n\n\r\n0\r\n\r\n"

    @Test(arguments: StreamReader.allCases)
    func `an answer cut anywhere comes whole, and its connection is used again`(reader: StreamReader) {
        let rest = Array(Self.rest.utf8)
        let server = server { number in
            let cut = 1 + number % (rest.count - 1)
            return [String(decoding: rest[..<cut], as: UTF8.self), String(decoding: rest[cut...], as: UTF8.self)]
        }
        let results = exchange(with: local(server.port), count: rest.count, timeoutMilliseconds: 20_000, reader: reader)
        server.stop()
        #expect(results.count == rest.count)
        for (number, result) in results.enumerated() {
            #expect(result.failure == nil, "cut at \(1 + number)")
            #expect(result.text == "data: a\n\ndata: the middle\n\ndata: z\n\n", "cut at \(1 + number)")
        }
        #expect(server.accepts < results.count / 2)  // new ones until the server's habit is known
    }

    @Test(arguments: StreamReader.allCases)
    func `an answer byte by byte comes whole`(reader: StreamReader) throws {
        let server = server { _ in Self.rest.unicodeScalars.map { String($0) } }
        let result = try #require(exchange(with: local(server.port), reader: reader).first)
        server.stop()
        #expect(result.failure == nil)
        #expect(result.text == "data: a\n\ndata: the middle\n\ndata: z\n\n")
    }

    @Test(
        arguments: [
            ("5;x=y\r\nhello\r\n0\r\n\r\n", "hello"), ("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n", "hello"),
            ("1\r\na\r\n3\r\nbcd\r\n2\r\nef\r\n0\r\n\r\n", "abcdef"),
        ],
        StreamReader.allCases
    )
    func `extensions, trailers and several chunks in a read are libcurl's or ours without a difference`(
        ending: (piece: String, text: String),
        reader: StreamReader
    ) throws {
        let (piece, text) = ending
        let server = server { _ in ["4\r\nmore\r\n", piece] }
        let results = exchange(with: local(server.port), count: 3, reader: reader)
        server.stop()
        #expect(results.map(\.failure) == [nil, nil, nil])
        #expect(results.map(\.text) == Array(repeating: "data: a\n\nmore" + text, count: 3))
    }

    @Test(
        arguments: [
            (["4\r\nmore\r\n"], TransferFailure.Kind.truncated, "more"), (["4\r\nmo"], .truncated, "mo"),
            (["4\r\nmoreX"], .protocol, "more"), (["4\r\nmore\r\nzz\r\n"], .protocol, "more"),
            (["4\r\nmore\r\n", "FFFFFFFFFFFFFFFFFF\r\n"], .protocol, "more"),
        ],
        StreamReader.allCases
    )
    func `an answer that breaks in the middle keeps its class and what had come`(
        broken: (pieces: [String], kind: TransferFailure.Kind, text: String),
        reader: StreamReader
    ) throws {
        let (pieces, kind, text) = broken
        let (head, first) = (head, first)
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(head + first)
            for piece in pieces {
                pause(milliseconds: 5)
                connection.send(piece)
            }
            pause(milliseconds: 5)
        }
        let result = try #require(exchange(with: local(server.port), reader: reader).first)
        server.stop()
        #expect(result.failure?.kind == kind)
        #expect(result.text == "data: a\n\n" + text)
    }

    @Test(arguments: StreamReader.allCases)
    func `a reset in the middle of a chunk is a reset`(reader: StreamReader) throws {
        let (head, first) = (head, first)
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(head + first)
            pause(milliseconds: 20)
            connection.send("9\r\ndata")
            pause(milliseconds: 20)
            connection.abortOnClose()
        }
        let result = try #require(exchange(with: local(server.port), reader: reader).first)
        server.stop()
        #expect(result.failure?.kind == .reset)
        #expect(result.failure?.detail == "reset_midstream")
        #expect(result.text == "data: a\n\ndata")
    }

    @Test(arguments: StreamReader.allCases)
    func `its stamps are the kernel's, one for each read`(reader: StreamReader) throws {
        let opening = head + first
        let seen = SeenBytes()
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            // Each piece is sent when the one before has been read, and its bytes are on their way as one.
            for (piece, before) in [(opening, 0), ("1\r\nb\r\n", 9), ("1\r\nc\r\n1\r\nd\r\n", 10), ("0\r\n\r\n", 12)] {
                seen.wait(for: before)
                connection.send(piece)
            }
        }
        let result = try #require(
            exchange(with: local(server.port), timeoutMilliseconds: 30_000, seen: seen, reader: reader).first
        )
        server.stop()
        #expect(result.text == "data: a\n\nbcd")
        #expect(result.stamps.count == 4)
        #expect(result.stamps.allSatisfy { $0.isKernel && $0.instant <= $0.readAt })
        #expect(Set(result.stamps.map(\.read)).count == 3)
        #expect(result.stamps.last?.read == result.stamps.dropLast().last?.read)
    }

    /// Two pieces a third of a millisecond apart, over and over: the ring lets some meet, and the earlier one is late.
    @Test(.enabled(if: StreamReader.ringRefusal == nil, "this system has or allows no io_uring"))
    func `no piece came before its stamp by more than is said`() throws {
        let opening = head + first
        let sent = Mutex<[Instant]>([])
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(opening)
            pause(milliseconds: 5)
            for number in 0..<200 {
                let due = MonotonicClock.now().advanced(byNanoseconds: number % 2 == 0 ? 3_000_000 : 330_000)
                while MonotonicClock.now() < due {}
                connection.send("1\r\nx\r\n")
                sent.withLock { $0.append(MonotonicClock.now()) }  // it has arrived
            }
            pause(milliseconds: 5)
            connection.send("0\r\n\r\n")
        }
        let result = try #require(exchange(with: local(server.port), reader: .uring).first)
        server.stop()
        let instants = sent.withLock { $0 }
        let (stamps, latenesses) = (result.stamps.dropFirst(), result.latenesses.dropFirst())
        try #require(stamps.count == instants.count)
        let early = zip(zip(stamps, latenesses), instants).filter { piece, instant in
            let (stamp, late) = piece
            return stamp.instant.nanoseconds(since: instant) > (stamp.isExactAtEnd ? 0 : late) + 100_000
        }
        let met = stamps.count - Set(stamps.map(\.read)).count
        #expect(met > 0)
        // A busy kernel may hand a packet on long after it has stamped it.
        #expect(10 * early.count <= met, "\(early.count) of \(met)")
    }

    @Test(arguments: StreamReader.allCases)
    func `a client that gives an answer up closes its connection at once`(reader: StreamReader) {
        let opening = head + first
        let isGone = Mutex(false)
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send(opening)
            for _ in 0..<5 {
                pause(milliseconds: 5)
                connection.send("1\r\nx\r\n")
            }
            while !connection.isGone { usleep(200) }
            isGone.withLock { $0 = true }
        }
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: local(server.port), headers: [], reader: reader)
        let result = Collected()
        let transfer = client.transfer()
        transfer.handler = result
        transfer.prepare(post: "/v1/x", body: [], requestID: "r")
        client.start(transfer, connection: .any)
        var look: (Instant) -> Void = { _ in }
        let timer = PreciseTimer(loop: loop) { look($0) }
        let end = MonotonicClock.now().advanced(byNanoseconds: 10_000_000_000)
        look = { now in
            if result.text == "data: a\n\nxxxxx" { client.cancel(transfer) }  // a second time it does nothing
            if isGone.withLock({ $0 }) || now >= end { return loop.stop() }
            timer.arm(at: now.advanced(byNanoseconds: 5_000_000))
        }
        look(MonotonicClock.now())
        loop.run()
        #expect(isGone.withLock { $0 })  // while the loop ran: its end closes everything
        server.stop()
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
