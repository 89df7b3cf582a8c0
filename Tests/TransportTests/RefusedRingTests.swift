import CCurl
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

/// Where a system's rules forbid io_uring, as those of many containers do, streams are read as without it.
@Suite struct RefusedRingTests {
    /// Forbids this thread, for the rest of its life, to make a ring: the call fails with EPERM, as under seccomp's
    /// default rules of Docker and containerd.
    private static func forbidRings() -> Bool {
        struct Step {
            var code: UInt16
            var whenTrue: UInt8 = 0
            var whenFalse: UInt8 = 0
            var value: UInt32
        }
        struct Program {
            var count: UInt16
            var steps: UnsafePointer<Step>
        }
        let ringSetup: UInt32 = 425  // on every architecture
        let steps = [
            Step(code: 0x20, value: 0),  // load the number of the call
            Step(code: 0x15, whenFalse: 1, value: ringSetup), Step(code: 0x06, value: 0x0005_0000 | UInt32(EPERM)),
            Step(code: 0x06, value: 0x7fff_0000),  // allowed
        ]
        // Variadic in C: Swift's Glibc module has it not.
        typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let address = dlsym(nil, "prctl") else { return false }
        let prctl = unsafeBitCast(address, to: Call.self)
        let (noNewPrivileges, seccomp, filter) = (Int32(38), Int32(22), UInt(2))
        guard prctl(noNewPrivileges, 1, 0, 0, 0) == 0 else { return false }
        return steps.withUnsafeBufferPointer { steps in
            guard let first = steps.baseAddress else { return false }
            var program = Program(count: UInt16(steps.count), steps: first)
            return withUnsafePointer(to: &program) { prctl(seccomp, filter, UInt(bitPattern: $0), 0, 0) == 0 }
        }
    }

    @Test(.enabled(if: StreamReader.ringRefusal == nil, "this system has or allows no io_uring"))
    func `a stream comes whole where a ring is wanted and forbidden`() throws {
        let pieces = 40
        let server = ScriptedServer { connection, _ in
            while connection.request() != nil {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<pieces {
                    pause(milliseconds: 2)
                    connection.send("9\r\ndata: a\n\n\r\n")
                }
                connection.send("0\r\n\r\n")
            }
        }
        let port = server.port
        struct Seen {
            var isForbidden = false
            var error: Int32 = 0
            var texts: [String] = []
            var stamped = 0
        }
        let seen = Mutex(Seen())
        LoopThread(name: "forbidden") {
            var found = Seen()
            found.isForbidden = Self.forbidRings()
            if let ring = spate_ring_open(&found.error) { spate_ring_close(ring) }
            let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: port)
            let results = exchange(with: endpoint, count: 2, timeoutMilliseconds: 20_000, reader: .uring)
            found.texts = results.filter { $0.failure == nil }.map(\.text)
            found.stamped = results.reduce(0) { $0 + $1.stamps.count { $0.isKernel } }
            seen.withLock { $0 = found }
        }.join()
        server.stop()
        let found = seen.withLock(\.self)
        try #require(found.isForbidden, "this system lets a thread forbid itself nothing")
        #expect(found.error == EPERM)
        #expect(found.texts == Array(repeating: String(repeating: "data: a\n\n", count: pieces), count: 2))
        #expect(found.stamped > pieces)
    }
}
