import Glibc
import Synchronization
import TestSupport
import Testing
import Ticks

@testable import Transport

/// A loop that does not run for a while, in the middle of an answer.
enum StoodStill {
    /// What a client got whose loop stood still, in the middle of an answer, until a second after `isSent`.
    static func receive(
        from endpoint: Endpoint,
        reader: StreamReader?,
        _ seen: SeenBytes,
        isSent: @escaping () -> Bool
    ) -> Collected {
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: endpoint, headers: [], reader: reader)
        let result = Collected()
        result.seen = seen
        let transfer = client.transfer()
        transfer.handler = result
        transfer.prepare(post: "/v1/x", body: [], requestID: "r")
        result.onEnd = { _ in loop.stop() }
        let guardTimer = PreciseTimer(loop: loop) { _ in loop.stop() }
        guardTimer.arm(at: MonotonicClock.now().advanced(byNanoseconds: 30_000_000_000))
        let block = PreciseTimer(loop: loop) { _ in
            for _ in 0..<10_000 where !isSent() { usleep(1_000) }
            pause(milliseconds: 1_000)
        }
        block.arm(at: MonotonicClock.now().advanced(byNanoseconds: 300_000_000))
        client.start(transfer, connection: .any)
        loop.run()
        return result
    }
}

/// What was held back by a full socket, or by libcurl, is as late as it may be.
@Suite(.serialized) struct FullSocketsTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000) }

    @Test func `what a full socket brings may be as old as the last look, for as long again`() {
        var sockets = FullSockets()
        sockets.add(7, stood: at(10)..<at(4_010))
        #expect(sockets.earliest(of: 7, answering: at(0), at: at(4_011)) == at(10))
        #expect(sockets.earliest(of: nil, answering: at(0), at: at(8_009)) == at(10))
        #expect(sockets.earliest(of: 7, answering: at(0), at: at(8_010)) == nil)
        #expect(sockets.earliest(of: 8, answering: at(0), at: at(4_011)) == nil)
        #expect(sockets.earliest(of: 7, answering: at(4_010), at: at(4_011)) == nil, "was asked for later")
        // Once more before all of the first has come.
        sockets.add(7, stood: at(5_000)..<at(5_200))
        #expect(sockets.earliest(of: 7, answering: at(0), at: at(5_399)) == at(10))
        sockets.forget(7)
        #expect(sockets.earliest(of: nil, answering: at(0), at: at(5_201)) == nil)
    }

    private static let pieces = 2_000

    /// Pieces of 200 bytes, each with the instant at which it was written: more than a socket takes whose reader stands.
    @Test(arguments: StreamReader.allCases)
    func `what a sender held back is late by as much`(reader: StreamReader) throws {
        let sent = Mutex<[Instant]>([])
        let seen = SeenBytes()
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n")
            pause(milliseconds: 400)
            let piece = "c8\r\n" + String(repeating: "x", count: 200) + "\r\n"
            let instants = (0..<Self.pieces).map { _ in
                connection.send(piece)
                usleep(100)
                return MonotonicClock.now()
            }
            sent.withLock { $0 = instants }
            seen.wait(for: 9 + 200 * Self.pieces)
            connection.send("0\r\n\r\n")
        }
        let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: server.port)
        let result = StoodStill.receive(from: endpoint, reader: reader, seen) { sent.withLock { !$0.isEmpty } }
        server.stop()
        try hold(result, to: sent.withLock(\.self), head: 9)
        let last = try #require(result.latenesses.last)
        #expect(last > 900_000_000, "the last piece was held back while the loop stood")
        #expect(result.stamps.last?.isExactAtEnd == false)
    }

    /// An answer over HTTP/2 that libcurl reads in one turn and delivers in several.
    @Test func `what shares a connection is as late as the loop stood`() throws {
        let sent = Mutex<[Instant]>([])
        let seen = SeenBytes()
        let server = try #require(
            try FrameServer { _, stream in
                FrameServer.Frame.head(stream) + FrameServer.Frame.data(stream, Array("data: a\n\n".utf8), ends: false)
            } later: { stream, send in
                pause(milliseconds: 400)
                let piece = [UInt8](repeating: 120, count: 200)
                let instants = (0..<Self.pieces).map { _ in
                    send(FrameServer.Frame.data(stream, piece, ends: false))
                    usleep(100)
                    return MonotonicClock.now()
                }
                sent.withLock { $0 = instants }
                seen.wait(for: 9 + 200 * Self.pieces)
                send(FrameServer.Frame.data(stream, [], ends: true))
            }
        )
        let result = StoodStill.receive(from: server.endpoint, reader: nil, seen) { sent.withLock { !$0.isEmpty } }
        server.stop()
        try hold(result, to: sent.withLock(\.self), head: 9)
    }

    /// No byte came earlier than is said of it.
    private func hold(_ result: Collected, to sent: [Instant], head: Int) throws {
        #expect(result.failure == nil)
        #expect(result.body.count == head + 200 * Self.pieces)
        var early = 0
        for ((stamp, late), end) in zip(zip(result.stamps, result.latenesses), result.ends) where end > head {
            let written = sent[(end - 1 - head) / 200]
            if stamp.instant.nanoseconds(since: written) > late + 900_000_000 { early += 1 }
        }
        #expect(early == 0, "of \(result.stamps.count)")
    }
}
