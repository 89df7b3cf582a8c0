import Glibc
import Synchronization

@testable import Transport

/// A blocking server for tests: each connection gets a thread and a script, so that a reply can be as odd as it likes.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let thread: LoopThread

    init(script: @escaping @Sendable (Connection, _ number: Int) -> Void) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(bind(listener, raw, size) == 0)
                precondition(listen(listener, 4096) == 0)
                getsockname(listener, raw, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        self.listener = listener
        self.port = port
        let box = Box()
        thread = LoopThread(name: "scripted") {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let number = box.value.withLock { value in
                    defer { value += 1 }
                    return value
                }
                _ = LoopThread(name: "scripted-c") {
                    script(Connection(descriptor: descriptor), number)
                    close(descriptor)
                }
            }
        }
        self.box = box
    }

    private final class Box: Sendable { let value = Mutex(0) }
    private let box: Box
    /// Connections accepted so far.
    var accepts: Int { box.value.withLock { $0 } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    struct Connection: Sendable {
        let descriptor: Int32

        /// The port that the client's end has.
        var peerPort: Int {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }

        /// Reads one request with its body; nil at end of the connection.
        func request() -> String? {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = Glibc.read(descriptor, &piece, piece.count)
                guard count > 0 else { return nil }
                bytes += piece[..<count]
                let text = String(decoding: bytes, as: UTF8.self)
                let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                var length = 0
                for line in parts[0].lowercased().split(separator: "\r\n") where line.hasPrefix("content-length:") {
                    length = Int(line.dropFirst(15).trimmed) ?? 0
                }
                if parts[1].utf8.count >= length { return text }
            }
        }

        func send(_ text: String) { send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) {
            var offset = 0
            while offset < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        descriptor,
                        $0.baseAddress.map { $0 + offset },
                        bytes.count - offset,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard count > 0 else { return }
                offset += count
            }
        }

        /// For descriptors that are no sockets.
        func write(_ text: String) { _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) } }

        func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

        /// Ends the connection with RST.
        func abort() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        return String(text)
    }
}

/// Bytes of bodies that the client's handler has been given, for a server that goes on only then.
final class SeenBytes: Sendable {
    private let total = Mutex(0)

    func add(_ count: Int) { total.withLock { $0 += count } }

    /// Waits until there are so many; ten seconds at most.
    func wait(for count: Int) {
        for _ in 0..<50_000 where total.withLock({ $0 }) < count { usleep(200) }
    }
}

/// What one transfer gave.
final class Collected: TransferHandler {
    var seen: SeenBytes?
    var body: [UInt8] = []
    var stamps: [ReceiveStamp] = []
    var failure: TransferFailure?
    var status = 0
    var timing = Transfer.Timing()
    var isDone = false
    var onEnd: (Collected) -> Void = { _ in }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        for index in bytes.indices { body.append(bytes[index]) }
        stamps.append(stamp)
        seen?.add(bytes.count)
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        self.failure = failure
        status = transfer.status
        timing = transfer.timing
        isDone = true
        onEnd(self)
    }

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A listening socket whose queue is full, so that further connections neither succeed nor fail.
final class FullListener {
    let port: Int
    private let listener: Int32
    private var clients: [Int32] = []

    init() {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard let address = SocketAddress("127.0.0.1", port: 0) else { preconditionFailure("loopback is an address") }
        precondition(address.bind(listener) == 0 && listen(listener, 0) == 0)
        port = SocketAddress.port(of: listener)
        guard let target = SocketAddress("127.0.0.1", port: port) else { preconditionFailure("loopback is an address") }
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            _ = target.connect(client)
            clients.append(client)
        }
    }

    func stop() {
        for client in clients { close(client) }
        close(listener)
    }
}
