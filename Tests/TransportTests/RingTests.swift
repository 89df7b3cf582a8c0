import CCurl
import Glibc
import TestSupport
import Testing
import Ticks

@testable import Transport

/// A connection of this machine's, both of its ends in one test.
private struct Pair {
    let near: Int32  // asks for stamps, as a client's socket does
    let far: Int32

    init() throws {
        let (listener, port) = ScriptedServer.listen(backlog: 1)
        let client = spate_stream_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        spate_stamp_socket(client)
        _ = Loopback.with(port: port) { connect(client, $0, $1) }
        let server = accept(listener, nil, nil)
        Glibc.close(listener)
        try #require(server >= 0)
        (near, far) = (client, server)
        var on: Int32 = 1
        setsockopt(server, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    func send(_ text: String) { _ = text.withCString { Glibc.send(far, $0, strlen($0), 0) } }

    /// What is still in the near socket.
    func rest() -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(near, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The kernel begins to stamp some time after the first socket has asked for it, and at once from then on.
    func waitForStamps() {
        var bytes: UnsafePointer<UInt8>?
        for _ in 0..<2_000 {
            send("w")
            if spate_receive(near, &bytes) > 0, spate_receive_state_of_thread()?.pointee.kernel_realtime != 0 { return }
            usleep(1_000)
        }
    }

    func close(_ end: Int32) { Glibc.close(end) }
}

/// A ring of this thread's, and what it said.
private final class Ring {
    struct Word: Equatable {
        var tag: UInt64
        var text: String
        var result: Int32
        var isLast: Bool
        var stamp: Int64 = 0
    }

    let raw: OpaquePointer
    private var kept: [spate_ring_piece] = []

    init() throws {
        var error: Int32 = 0
        raw = try #require(spate_ring_open(&error))
    }

    /// Enters until so many pieces have come that are not of a cancellation; two seconds at most.
    func words(_ count: Int, keepsBuffers: Bool = false) -> [Word] {
        var words: [Word] = []
        for _ in 0..<2_000 {
            for _ in 0..<max(0, spate_ring_enter(raw)) {
                var piece = spate_ring_take(raw)
                if !piece.is_cancel { words.append(word(piece)) }
                if keepsBuffers { kept.append(piece) } else { spate_ring_give_back(raw, &piece) }
            }
            if words.count >= count { break }
            usleep(1_000)
        }
        return words
    }

    func giveBackKept() {
        for var piece in kept { spate_ring_give_back(raw, &piece) }
        kept.removeAll()
    }

    private func word(_ piece: spate_ring_piece) -> Word {
        let bytes = UnsafeBufferPointer(start: piece.bytes, count: max(0, Int(piece.result)))
        let text = String(decoding: bytes, as: UTF8.self)
        return Word(tag: piece.tag, text: text, result: piece.result, isLast: piece.is_last, stamp: piece.stamp)
    }

    deinit { spate_ring_close(raw) }
}

/// What the kernel promises of io_uring, as far as reading streams rests on it.
@Suite(.enabled(if: StreamReader.ringRefusal == nil, "this system has or allows no io_uring"))
struct RingTests {
    @Test func `an armed socket is read at each entry and at no other time`() throws {
        let (ring, pair) = (try Ring(), try Pair())
        #expect(spate_ring_read(ring.raw, pair.near, 7))
        pair.send("one")
        #expect(ring.words(1).map(\.text) == ["one"])
        pair.send("two")
        usleep(20_000)
        #expect(pair.peek() == "two")  // nobody has taken it
        let words = ring.words(1)
        #expect(words.map(\.text) == ["two"])
        #expect(words.map(\.tag) == [7])
        #expect(words.map(\.isLast) == [false])
        #expect(pair.peek() == "")
    }

    @Test func `a stamp is the kernel's, however late the ring is entered, and the one that recv gives`() throws {
        let (ring, pair, other) = (try Ring(), try Pair(), try Pair())
        other.waitForStamps()
        #expect(spate_ring_read(ring.raw, pair.near, 1))
        _ = spate_ring_enter(ring.raw)
        let before = spate_clock(CLOCK_REALTIME)
        pair.send("x")
        other.send("x")
        let after = spate_clock(CLOCK_REALTIME)
        usleep(30_000)
        let stamp = try #require(ring.words(1).first?.stamp)
        var bytes: UnsafePointer<UInt8>?
        #expect(spate_receive(other.near, &bytes) == 1)
        let others = try #require(spate_receive_state_of_thread()?.pointee.kernel_realtime)
        for each in [stamp, others] {
            #expect(each >= before - 100_000)
            #expect(each <= after + 100_000)
        }
        #expect(stamp <= others)  // it was sent first
    }

    @Test func `more than a buffer holds comes in pieces, in order`() throws {
        let (ring, pair) = (try Ring(), try Pair())
        #expect(spate_ring_read(ring.raw, pair.near, 1))
        let text = (0..<2_000).map { "\($0)," }.joined()  // 8,890 bytes
        pair.send(text)
        usleep(5_000)
        let words = ring.words(3)
        #expect(words.map(\.text).joined() == text)
        #expect(words.dropLast().allSatisfy { $0.result == SPATE_RECEIVE_MOST })
    }

    @Test func `where no buffer is left a socket says so, and is read when it is armed again`() throws {
        let ring = try Ring()
        let pairs = try (0..<300).map { _ in try Pair() }
        for (number, pair) in pairs.enumerated() {
            #expect(spate_ring_read(ring.raw, pair.near, UInt64(number)))
            pair.send("\(number)")
        }
        let words = ring.words(300, keepsBuffers: true)
        let without = words.filter { $0.result == -ENOBUFS }
        #expect(words.count == 300)
        #expect(without.count == 300 - 256)
        #expect(without.allSatisfy { $0.isLast })
        ring.giveBackKept()
        for word in without { #expect(spate_ring_read(ring.raw, pairs[Int(word.tag)].near, word.tag)) }
        let again = ring.words(without.count)
        #expect(Set(again.map(\.text)) == Set(without.map { "\($0.tag)" }))
        for pair in pairs {
            pair.close(pair.near)
            pair.close(pair.far)
        }
    }

    @Test(arguments: [false, true])
    func `a cancelled reading has a last word, and loses nothing`(arrivesBefore: Bool) throws {
        let (ring, pair) = (try Ring(), try Pair())
        #expect(spate_ring_read(ring.raw, pair.near, 1))
        _ = spate_ring_enter(ring.raw)
        if arrivesBefore { pair.send("late") }
        usleep(5_000)
        #expect(spate_ring_cancel(ring.raw, 1))
        var words: [Ring.Word] = []
        while words.last?.isLast != true { words += ring.words(1) }
        #expect(words.last.map { $0.result == -ECANCELED || $0.result > 0 } == true)
        if !arrivesBefore { pair.send("late") }
        usleep(5_000)
        #expect(ring.words(0).isEmpty)
        #expect(words.map(\.text).joined() + pair.rest() == "late")
    }

    @Test func `an end of stream and a reset are last words`() throws {
        let (ring, ended, reset) = (try Ring(), try Pair(), try Pair())
        #expect(spate_ring_read(ring.raw, ended.near, 1))
        #expect(spate_ring_read(ring.raw, reset.near, 2))
        ended.send("x")
        ended.close(ended.far)
        ScriptedServer.Connection(descriptor: reset.far).abortOnClose()
        reset.close(reset.far)
        let words = ring.words(3)
        #expect(words.filter { $0.tag == 1 }.map(\.text).joined() == "x")
        #expect(words.last { $0.tag == 1 }.map { $0.result == 0 && $0.isLast } == true)
        #expect(words.last { $0.tag == 2 }.map { $0.result == -ECONNRESET && $0.isLast } == true)
    }
}

extension Pair {
    /// What is in the near socket, which keeps it.
    fileprivate func peek() -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(near, &bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
