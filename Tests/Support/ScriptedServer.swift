/// What tests of several targets share: a server and a client that do as they are told, to the byte.
import Glibc
import Synchronization
import Transport

/// A blocking server for tests: each connection gets a thread and a script, so that a reply can be as odd as it likes.
public final class ScriptedServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let thread: LoopThread
    private let counts = Counts()

    final class Counts: Sendable {
        let accepts = Atomic<Int>(0)
        let requests = Atomic<Int>(0)
        let isStopped = Atomic<Bool>(false)
    }

    /// - Parameters:
    ///   - port: 0 = a free one.
    ///   - script: of the connection with that number, from 0; the connection is closed behind it
    public init(port wanted: Int = 0, script: @escaping @Sendable (Connection, _ number: Int) -> Void) {
        let (listener, port) = Self.listen(backlog: 4096, port: wanted)
        self.listener = listener
        self.port = port
        let counts = counts
        thread = LoopThread(name: "scripted") {
            while true {
                let descriptor = uninterrupted { accept(listener, nil, nil) }
                guard descriptor >= 0 else { return }
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                let number = counts.accepts.add(1, ordering: .relaxed).oldValue
                var on: Int32 = 1  // small events go at once, as servers of streams have it
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                LoopThread(name: "scripted-c") {
                    script(Connection(descriptor: descriptor, counts: counts), number)
                    close(descriptor)
                }.detach()
            }
        }
    }

    public convenience init(port: Int = 0, script: @escaping @Sendable (Connection) -> Void) {
        self.init(port: port) { connection, _ in script(connection) }
    }

    /// Answers each connection's first request, head and body, as a whole; without one where `answer` gives nil.
    public static func answering(_ answer: @escaping @Sendable (String) -> String?) -> ScriptedServer {
        ScriptedServer { connection, _ in
            if let request = connection.request(), let answer = answer(request) { connection.send(answer) }
            shutdown(connection.descriptor, Int32(SHUT_WR))
        }
    }

    deinit { stop() }

    /// Accepts no more; connections end when their scripts do.
    public func stop() {
        guard !counts.isStopped.exchange(true, ordering: .relaxed) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// Connections accepted, and requests read, so far.
    public var accepts: Int { counts.accepts.load(ordering: .relaxed) }
    public var requests: Int { counts.requests.load(ordering: .relaxed) }

    public var url: String { "http://127.0.0.1:\(port)/v1" }

    /// A listening socket of this machine, on a free port, or on one that `closedPort` gave.
    public static func listen(backlog: Int32, port: Int = 0) -> (descriptor: Int32, port: Int) {
        let (listener, port) = closedPorts.withLock { $0.removeValue(forKey: port) }.map { ($0, port) } ?? bound(port)
        precondition(Glibc.listen(listener, backlog) == 0, "cannot listen: errno \(errno)")
        return (listener, port)
    }

    /// Sockets that have a port and do not listen: connections to it are refused, and nobody else is given it.
    private static let closedPorts = Mutex<[Int: Int32]>([:])

    /// A port on which nobody listens, until `listen` is called for it or the tests end.
    public static func closedPort() -> Int {
        let (descriptor, port) = bound(0)
        closedPorts.withLock { $0[port] = descriptor }
        return port
    }

    private static func bound(_ port: Int) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = Loopback.with(port: port) { bind(descriptor, $0, $1) }
        precondition(result == 0, "cannot bind: errno \(errno)")
        return (descriptor, Loopback.port { getsockname(descriptor, $0, $1) })
    }

    private static let given = Mutex<Set<Int>>([])

    /// A port on which nobody listens, out of those that the kernel gives to nobody of itself (32,768 and up): for a program
    /// that must be told its port. No other test gets it, not while nobody listens there either.
    public static func quietPort() -> Int {
        while true {
            let port = Int.random(in: 16_384..<32_768)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            let trial = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(trial) }
            var on: Int32 = 1  // a copy of this socket in a program just being started is in nobody's way then
            setsockopt(trial, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            if Loopback.with(port: port, { bind(trial, $0, $1) }) == 0 { return port }
        }
    }

    /// A whole answer, behind which the connection ends.
    public static func answer(_ status: String, _ type: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    public struct Connection: Sendable {
        public let descriptor: Int32
        private let counts: Counts?

        public init(descriptor: Int32) { self.init(descriptor: descriptor, counts: nil) }

        init(descriptor: Int32, counts: Counts?) {
            self.descriptor = descriptor
            self.counts = counts
        }

        /// The port that the client's end has.
        public var peerPort: Int { Loopback.port { getpeername(descriptor, $0, $1) } }

        /// Reads one request with its body; nil at the end of the connection, or for a TLS handshake.
        public func request() -> String? {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = uninterrupted { Glibc.read(descriptor, &piece, piece.count) }
                guard count > 0 else { return nil }
                bytes += piece[..<count]
                if bytes.first == 0x16 { return nil }
                let text = String(decoding: bytes, as: UTF8.self)
                let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                let length = header("content-length", of: text).flatMap { Int($0) } ?? 0
                guard parts[1].utf8.count >= length else { continue }
                counts?.requests.add(1, ordering: .relaxed)
                return text
            }
        }

        /// False when the client is gone.
        @discardableResult
        public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult
        public func send(_ bytes: [UInt8]) -> Bool { sendAll(bytes, descriptor) }

        /// For descriptors that are no sockets.
        public func write(_ text: String) { _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) } }

        /// Whether the client has closed.
        public var isGone: Bool {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            return count == 0 || (count < 0 && errno != EAGAIN)
        }

        /// Makes closing the connection send RST.
        public func abortOnClose() { resetOnClose(descriptor) }
    }
}

/// Value of a request's header; `name` in lower case.
public func header(_ name: String, of request: String) -> String? {
    for line in request.split(separator: "\r\n").dropFirst() {
        guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
}

public func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
