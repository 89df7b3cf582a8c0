import Glibc
import Synchronization
import TestSupport
import Testing
import Ticks

@testable import Transport

/// What lay in a socket while the loop did not look is read in many turns; its stamps stay those of its arrival.
@Suite(.serialized) struct BacklogTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000) }

    /// A loop that did not look from 10 ms on read at 4,010 ms and left 9,000 bytes.
    private var backlog: Backlog { Backlog(bytes: 9_000, earliest: at(10), seen: at(4_010), late: 3_990_000_000) }

    @Test func `a backlog ends when nothing is left`() throws {
        let rest = try #require(backlog.after(reading: 4_096, leaving: 4_904, at: at(4_011)))
        #expect(rest.earliest == at(10))
        #expect(rest.lateness(of: at(3_000)) == 2_990_000_000)
        #expect(rest.after(reading: 4_096, leaving: 0, at: at(4_012)) == nil)
    }

    @Test func `what comes while a backlog is read is none of it`() throws {
        let rest = try #require(backlog.after(reading: 9_000, leaving: 500, at: at(4_014)))
        #expect(rest.earliest == at(4_010))
        #expect(rest.lateness(of: at(4_013)) == 3_000_000)
        #expect(rest.lateness(of: at(4_016)) == 6_000_000)
    }

    @Test func `bytes of a backlog are late by no more than their stamp is behind its beginning`() {
        #expect(backlog.lateness(of: at(5)) == 0)
        #expect(backlog.lateness(of: at(11)) == 1_000_000)
        #expect(backlog.lateness(of: at(4_010)) == 3_990_000_000)
        #expect(backlog.lateness(of: at(4_020)) == 4_000_000_000)
    }

    private static let pieces = 120
    private static let piece = "c8\r\n" + String(repeating: "x", count: 200) + "\r\n"

    /// An answer: its head and a first chunk, and a while later pieces, one after the other, each with its instant. Its end
    /// is sent when all has been read.
    private func answer(_ seen: SeenBytes, isSent: ([Instant]) -> Void, _ write: (String) -> Void) {
        write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n")
        pause(milliseconds: 400)
        isSent(
            (0..<Self.pieces).map { _ in
                write(Self.piece)
                usleep(2_000)
                return MonotonicClock.now()
            }
        )
        seen.wait(for: 9 + 200 * Self.pieces)
        write("0\r\n\r\n")
    }

    /// Each byte's stamp lies no more behind its arrival than is said; the last one's not at all, where that can be known.
    private func hold(_ result: Collected, to sent: [Instant], head: Int, exactEnd: Bool) throws {
        #expect(result.failure == nil)
        #expect(result.body.count == head + 200 * Self.pieces)
        var early = 0
        for ((stamp, late), end) in zip(zip(result.stamps, result.latenesses), result.ends) where end > head {
            let arrived = sent[(end - 1 - head) / 200]
            #expect(stamp.isKernel)
            if stamp.instant.nanoseconds(since: arrived) > late + 900_000_000 { early += 1 }
            #expect(late < 10_000_000_000)
        }
        #expect(early == 0, "of \(result.stamps.count)")
        let last = try #require(result.stamps.last)
        #expect(last.readAt.nanoseconds(since: last.instant) > 900_000_000, "it waited a second to be read")
        #expect(last.isExactAtEnd == exactEnd)
    }

    @Test(arguments: StreamReader.allCases)
    func `a backlog of six reads keeps its stamps`(reader: StreamReader) throws {
        let sent = Mutex<[Instant]>([])
        let seen = SeenBytes()
        let server = ScriptedServer { connection, _ in
            _ = connection.request()
            answer(seen, isSent: { instants in sent.withLock { $0 = instants } }) { connection.send($0) }
        }
        let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: server.port)
        let result = StoodStill.receive(from: endpoint, reader: reader, seen) { sent.withLock { !$0.isEmpty } }
        server.stop()
        try hold(result, to: sent.withLock(\.self), head: 9, exactEnd: true)
    }

    @Test func `a backlog of many records of TLS keeps its stamps`() throws {
        let server = try #require(try TLSServer())
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: server.port)
        endpoint.rootsFile = server.certificate
        let connection = ScriptedServer.Connection(descriptor: server.descriptor)
        let sent = Mutex<[Instant]>([])
        let seen = SeenBytes()
        let feeder = LoopThread(name: "feeder") {
            pause(milliseconds: 100)
            answer(seen, isSent: { instants in sent.withLock { $0 = instants } }) { connection.write($0) }
        }
        defer { feeder.join() }
        let result = StoodStill.receive(from: endpoint, reader: nil, seen) { sent.withLock { !$0.isEmpty } }
        try hold(result, to: sent.withLock(\.self), head: 9, exactEnd: false)
    }
}
