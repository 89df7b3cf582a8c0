import CCurl
import Glibc
import TestSupport
import Testing
import Ticks

@testable import Transport

/// OpenSSL asks for five bytes and then for a record; with the first call the socket's other bytes come, too.
@Suite(.serialized) struct ReadAheadTests {
    /// Two connected sockets; of the second, more is read than is asked for.
    private struct Pair {
        let near: Int32
        let far: Int32

        init() {
            var ends: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends)
            (near, far) = (ends[0], ends[1])
            spate_forget_socket(far)
            spate_read_ahead(far)
        }

        func write(_ text: String) { _ = text.withCString { send(near, $0, text.utf8.count, 0) } }

        /// nil = there was none, errno EAGAIN.
        func read(_ length: Int, _ flags: Int32 = 0) -> String? {
            var bytes = [UInt8](repeating: 0, count: length)
            let count = recv(far, &bytes, length, flags)
            return count < 0 && errno == EAGAIN ? nil : String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }

        var isReadable: Bool {
            var entry = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLIN) != 0
        }

        func close() {
            spate_end_reading_ahead(far)
            Glibc.close(near)
            Glibc.close(far)
        }
    }

    private static let peek: Int32 = 2  // MSG_PEEK
    private var reads: UInt64 { spate_receive_state_of_thread().pointee.reads }

    @Test func `a record takes one call into the kernel, and the question whether there is more takes none`() {
        let pair = Pair()
        defer { pair.close() }
        let before = reads
        pair.write("head:record")
        #expect(pair.read(5) == "head:")
        #expect(reads == before + 1)
        #expect(spate_ahead_of() == pair.far && spate_given_back(pair.far) == 6)
        pair.write("later")  // in the kernel: not yet known of
        #expect(pair.isReadable)
        #expect(!spate_is_quiet(pair.far))
        #expect(pair.read(3, Self.peek) == "rec")
        #expect(pair.read(6) == "record")
        #expect(reads == before + 1)
        #expect(spate_ahead_of() == -1 && spate_given_back(pair.far) == 0)
        #expect(!pair.isReadable)  // the read took all that there was; the loop's epoll tells of the rest
        #expect(pair.read(5) == nil)
        spate_turn_ends()
        #expect(pair.isReadable)
        #expect(pair.read(5) == "later")
        #expect(pair.read(5) == nil)
    }

    @Test func `what is asked for beyond what is there comes in pieces`() {
        let pair = Pair()
        defer { pair.close() }
        pair.write("head:rec")
        #expect(pair.read(5) == "head:")
        #expect(pair.read(6) == "rec")
        #expect(pair.read(3) == nil)
        pair.write("ord")
        spate_turn_ends()
        #expect(pair.read(3) == "ord")
        shutdown(pair.near, Int32(SHUT_WR))
        spate_turn_ends()
        #expect(pair.read(5) == "")
    }

    @Test func `a large read is not divided, and leaves its rest to the kernel`() {
        let pair = Pair()
        defer { pair.close() }
        pair.write(String(repeating: "x", count: 20_000))
        #expect(pair.read(18_000)?.count == 18_000)
        #expect(spate_ahead_of() == -1)
        #expect(pair.isReadable)
        #expect(pair.read(5)?.count == 5)
        #expect(spate_given_back(pair.far) == 1_995)
        #expect(pair.read(4_000)?.count == 1_995)
    }

    @Test func `another socket that is read in between takes nothing, and each read keeps its own stamp`() throws {
        let (one, other) = (Pair(), Pair())
        defer {
            one.close()
            other.close()
        }
        let state = try #require(spate_receive_state_of_thread())
        one.write("head:one")
        other.write("head:other")
        #expect(one.read(5) == "head:")
        let (number, instant) = (state.pointee.reads, state.pointee.read_monotonic)
        #expect(other.read(5) == "head:")
        #expect(spate_ahead_of() == one.far && spate_given_back(other.far) == 0)
        #expect(one.read(3) == "one")
        #expect(state.pointee.socket == one.far && state.pointee.read_monotonic == instant)
        #expect(state.pointee.reads > number + 1)  // no read that came in between has its number
        #expect(other.read(5) == "other")
        #expect(state.pointee.socket == other.far && state.pointee.read_monotonic >= instant)
    }

    @Test func `what a socket was sent unasked keeps no other from being read ahead in later turns`() {
        let (resting, other) = (Pair(), Pair())
        defer {
            resting.close()
            other.close()
        }
        resting.write("head:unasked")
        #expect(resting.read(5) == "head:")
        spate_turn_ends()
        other.write("head:record")
        #expect(other.read(5) == "head:")
        #expect(spate_ahead_of() == other.far && spate_given_back(other.far) == 6)
        #expect(resting.isReadable && spate_given_back(resting.far) == 7)
        #expect(resting.read(7) == "unasked")
        #expect(other.read(6) == "record")
    }

    @Test func `a plain socket that has its number has a stamp of its own`() throws {
        let (pair, other) = (Pair(), Pair())
        defer {
            pair.close()
            other.close()
        }
        let state = try #require(spate_receive_state_of_thread())
        pair.write("head:record")
        #expect(pair.read(5) == "head:" && pair.read(6) == "record")
        spate_end_reading_ahead(pair.far)
        other.write("later")
        #expect(other.read(5) == "later")
        let (number, socket) = (state.pointee.reads, state.pointee.socket)
        #expect(spate_hold_back(pair.far))
        #expect(spate_give_back(pair.far, "back", 4, 0))
        #expect(pair.read(4) == "back")
        #expect(state.pointee.reads == number && state.pointee.socket == socket && state.pointee.end != nil)
    }

    @Test func `a socket that is closed leaves nothing for the next one of its number`() {
        let pair = Pair()
        pair.write("head:gone")
        #expect(pair.read(5) == "head:")
        pair.close()
        #expect(spate_ahead_of() == -1)
        let next = Pair()
        defer { next.close() }
        next.write("fresh")
        #expect(next.read(5) == "fresh")
    }

    @Test func `records that came together are all delivered, though the socket tells of none of them`() throws {
        let server = try #require(try TLSServer())
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: server.port)
        endpoint.rootsFile = server.certificate
        let connection = ScriptedServer.Connection(descriptor: server.descriptor)
        let seen = SeenBytes()
        let chunk = "9\r\ndata: a\n\n\r\n"
        let feeder = LoopThread(name: "feeder") {
            pause(milliseconds: 200)
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
            pause(milliseconds: 20)
            for _ in 1..<40 {  // while the loop is busy with the first
                connection.write(chunk)
                pause(milliseconds: 2)
            }
            seen.wait(for: 40 * 9)  // the end waits for all of them
            connection.write("0\r\n\r\n")
        }
        defer { feeder.join() }
        let result = try #require(exchange(with: endpoint, seen: seen, busyMilliseconds: 200).first)
        #expect(result.failure == nil && result.isDone)
        #expect(result.text == String(repeating: "data: a\n\n", count: 40))
        #expect(Set(result.stamps.map(\.read)).count < 40)
        #expect(!result.stamps.map(\.isKernel).contains(false))
    }

    @Test func `records larger than what is read ahead come whole`() throws {
        let server = try #require(try TLSServer())
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: server.port)
        endpoint.rootsFile = server.certificate
        let connection = ScriptedServer.Connection(descriptor: server.descriptor)
        let body = String(repeating: "0123456789abcdef", count: 12_000)
        let feeder = LoopThread(name: "feeder") {
            pause(milliseconds: 200)
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        }
        defer { feeder.join() }
        let result = try #require(exchange(with: endpoint).first)
        #expect(result.failure == nil && result.isDone)
        #expect(result.text == body)
    }
}
