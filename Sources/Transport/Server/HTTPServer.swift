internal import CLibuv
internal import Glibc
internal import Ticks

/// A small HTTP/1.1 server on an event loop: requests with bodies in, whole or streamed replies out.
///
/// Made to be the reference that clients are measured against, so it must not be late itself. Several listening sockets
/// share the port, each with the longest queue; every turn of the loop begins by taking all connections that wait; a
/// piece of a stream is one `send` in the usual case; a request carries the kernel's receive stamp. Speaks what a
/// simulated provider needs and refuses the rest. A client that closes its side, even half, counts as gone.
public final class HTTPServer {
    /// Limits on what a client may send, bytes.
    static let headLimit = 64 * 1024
    static let bodyLimit = 64 * 1024 * 1024

    public private(set) var port = 0
    let loop: EventLoop
    let handle: (HTTPExchange) -> Void
    /// Where each read lands before it is the connection's.
    let receiveBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    private var stamps = StampClock()
    private var listeners: [ListeningSocket] = []
    private var connections: [Int32: ServerConnection] = [:]
    private var arrived: [ServerConnection] = []
    private var resumed: [ServerConnection] = []
    private var broken: [ServerConnection] = []
    /// Given up to take and drop a connection when descriptors run out: else the listener would be readable for ever.
    private var reserve = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    private var isClosed = false

    /// Connections taken so far.
    public private(set) var accepted = 0
    /// Connections dropped because descriptors had run out.
    public private(set) var dropped = 0

    /// Listens at once.
    /// - Parameters:
    ///   - host: a numeric address, or `localhost` for 127.0.0.1.
    ///   - port: 0 takes any free one; another must not be in use, not even by a server that would share it.
    ///   - listeners: sockets that share the port; each has a queue of its own.
    ///   - handle: called for each request, when its body is complete.
    /// - Throws: the system's error when the address cannot be had.
    public init(
        loop: EventLoop,
        host: String,
        port: Int,
        listeners count: Int = 4,
        handle: @escaping (HTTPExchange) -> Void
    ) throws(HTTPServerError) {
        self.loop = loop
        self.handle = handle
        do throws(HTTPServerError) {
            for number in 0..<max(1, count) {
                let listener = try ListeningSocket(
                    loop: loop,
                    host: host,
                    port: number == 0 ? port : self.port,
                    isExclusive: number == 0
                ) { [unowned self] in acceptWaiting() }
                listeners.append(listener)
                self.port = listener.port
            }
        } catch {
            for listener in listeners { listener.close() }
            listeners.removeAll()
            throw error
        }
        loop.onBeforePoll { [unowned self] in beginTurn() }
        loop.onClose { [self] in close() }
    }

    /// Connections open now.
    public var openConnections: Int { connections.count }

    private func beginTurn() {
        guard !isClosed else { return }
        acceptWaiting()
        for connection in taken(&arrived) { connection.begin() }
        for connection in taken(&resumed) { connection.resume() }
        for connection in taken(&broken) { connection.close() }
    }

    private func taken(_ list: inout [ServerConnection]) -> [ServerConnection] {
        if list.isEmpty { return [] }
        defer { list.removeAll(keepingCapacity: true) }
        return list
    }

    /// Takes every connection that waits; what they sent is looked at in the next turn. Worth a call amid long work, too:
    /// a full queue drops clients for a second.
    public func acceptWaiting() {
        for listener in listeners { drain(listener) }
    }

    private func drain(_ listener: ListeningSocket) {
        while true {
            let descriptor = listener.accept()
            if descriptor >= 0 {
                accepted += 1
                guard let connection = ServerConnection(descriptor: descriptor, server: self) else {
                    _ = Glibc.close(descriptor)
                    dropped += 1
                    continue
                }
                connections[descriptor] = connection
                arrived.append(connection)
            } else if errno == EMFILE || errno == ENFILE {
                guard reserve >= 0 else { return }
                _ = Glibc.close(reserve)
                let unwanted = listener.accept()
                if unwanted >= 0 { _ = Glibc.close(unwanted) }
                reserve = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
                guard unwanted >= 0 else { return }
                dropped += 1
            } else if errno != EINTR, errno != ECONNABORTED {
                return
            }
        }
    }

    /// Stamp of the bytes just read on this thread.
    func stampOfRead() -> Instant { stamps.current(on: loop).instant }

    /// Notes a connection whose sending failed; it is closed at the next turn, not under the feet of the sender.
    func noteBroken(_ connection: ServerConnection) {
        broken.append(connection)
        loop.turnAgain()
    }

    /// Notes a connection that holds a further request; it is served at the next turn, not from within a reply.
    func noteInput(_ connection: ServerConnection) {
        resumed.append(connection)
        loop.turnAgain()
    }

    func forget(_ connection: ServerConnection) {
        connections[connection.descriptor] = nil
        stamps.forget(connection.descriptor)
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        (arrived, resumed, broken) = ([], [], [])
        for connection in Array(connections.values) { connection.close() }
        for listener in listeners { listener.close() }
        listeners.removeAll()
    }

    deinit {
        receiveBuffer.deallocate()
        if reserve >= 0 { _ = Glibc.close(reserve) }
    }
}

@available(*, unavailable) extension HTTPServer: Sendable {}

/// Why a server could not be started.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    public var text: String
    public var description: String { text }
}
