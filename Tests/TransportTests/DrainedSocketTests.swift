import CCurl
import Glibc
import Testing

/// libcurl's questions after a read are answered without the kernel where the read has told already; every other question
/// goes to the kernel.
@Suite struct DrainedSocketTests {
    private static let doNotWait: Int32 = 0x40  // MSG_DONTWAIT
    private var ends: (Int32, Int32)

    init() {
        var pair: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
        ends = (pair[0], pair[1])
        spate_libcurl_reads(true)
    }

    private func isReadable(_ socket: Int32, milliseconds: Int32 = 0) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) == 1 && entry.revents & Int16(POLLIN) != 0
    }

    private func read(_ length: Int) -> Int {
        var bytes = [UInt8](repeating: 0, count: 64)
        return recv(ends.1, &bytes, length, Self.doNotWait)
    }

    private func write(_ text: String) { _ = text.withCString { send(ends.0, $0, text.utf8.count, 0) } }

    private func close() {
        spate_libcurl_reads(false)
        Glibc.close(ends.0)
        Glibc.close(ends.1)
    }

    @Test func `a short read answers all questions of its callback, and none later`() {
        defer { close() }
        write("abc")
        #expect(read(64) == 3)
        write("d")  // has come since: the loop's epoll would tell
        #expect(!isReadable(ends.1))
        #expect(!isReadable(ends.1))
        spate_libcurl_reads(false)
        #expect(isReadable(ends.1))
    }

    @Test func `a full read, a question with a wait or of another socket asks the kernel`() {
        defer { close() }
        write("abcd")
        #expect(read(2) == 2)
        #expect(isReadable(ends.1))
        #expect(read(64) == 2)
        write("e")
        #expect(isReadable(ends.1, milliseconds: 1))
        #expect(read(64) == 1)
        write("f")
        #expect(!isReadable(ends.0))
    }

    @Test func `a read that found nothing has emptied the socket, and an end of stream is seen`() {
        defer { close() }
        #expect(read(64) == -1)
        #expect(!isReadable(ends.1))
        shutdown(ends.0, Int32(SHUT_WR))
        spate_libcurl_reads(false)
        #expect(isReadable(ends.1))
        #expect(read(64) == 0)
        #expect(isReadable(ends.1))
    }
}
