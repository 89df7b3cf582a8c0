internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// A small HTTP/1.1 server on an event loop: requests with bodies in, whole or streamed replies out.
///
/// Made to be the reference that clients are measured against, so it must not be late itself: several listening sockets
/// share the port (SO_REUSEPORT, each with the longest backlog), waiting connections are taken before anything else, and
/// a piece of a stream is one `send` in the usual case. Speaks what a simulated provider needs, and refuses the rest.
public final class HTTPServer {
    /// Limits on what a client may send.
    static let headLimit = 64 * 1024
    static let bodyLimit = 64 * 1024 * 1024

    public let port: Int
    let loop: EventLoop
    private var listeners: [Listener] = []
    private var connections: [Int32: ServerConnection] = [:]
    let handle: (HTTPExchange) -> Void
    private var isClosed = false
    private var stamps = StampClock()

    /// Connections taken so far.
    public private(set) var accepted = 0

    private struct Listener {
        let descriptor: Int32
        let poll: UnsafeMutablePointer<uv_poll_t>
    }

    /// Listens at once.
    /// - Parameters:
    ///   - port: 0 takes any free one.
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
        let first = try Self.listen(host: host, port: port)
        self.port = first.port
        listeners.append(try watch(first.descriptor))
        for _ in 1..<max(1, count) { listeners.append(try watch(try Self.listen(host: host, port: first.port).descriptor)) }
        loop.onClose { [self] in close() }
    }

    private static func listen(host: String, port: Int) throws(HTTPServerError) -> (descriptor: Int32, port: Int) {
        func failure(_ action: String) -> HTTPServerError {
            HTTPServerError(text: "cannot \(action) \(host):\(port): \(String(cString: strerror(errno)))")
        }
        guard let address = SocketAddress(host, port: port) else {
            throw HTTPServerError(text: "\(host) is not a numeric address to listen on")
        }
        let descriptor = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("make a socket for") }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, 4)
        guard address.bind(descriptor) == 0, Glibc.listen(descriptor, 4096) == 0 else {
            let problem = failure("listen on")
            _ = Glibc.close(descriptor)
            throw problem
        }
        return (descriptor, SocketAddress.port(of: descriptor))
    }

    private func watch(_ descriptor: Int32) throws(HTTPServerError) -> Listener {
        let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
        guard uv_poll_init(loop.raw, poll, descriptor) == 0 else {
            poll.deallocate()
            throw HTTPServerError(text: "cannot watch the listening socket: out of descriptors")
        }
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<HTTPServer>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.acceptWaiting() }
        }
        return Listener(descriptor: descriptor, poll: poll)
    }

    /// Takes every connection that waits. Worth a call before long work, too: a full queue drops clients for a second.
    public func acceptWaiting() {
        for listener in listeners {
            while true {
                let descriptor = spate_accept(listener.descriptor)
                guard descriptor >= 0 else { break }
                accepted += 1
                guard let connection = ServerConnection(descriptor: descriptor, server: self) else {
                    _ = Glibc.close(descriptor)
                    continue
                }
                connections[descriptor] = connection
                connection.begin()
            }
        }
    }

    func stamp() -> Instant { stamps.current(notBefore: loop.previousPollBegan).instant }

    func forget(_ connection: ServerConnection) { connections[connection.descriptor] = nil }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        for connection in Array(connections.values) { connection.close() }
        for listener in listeners {
            uv_poll_stop(listener.poll)
            _ = Glibc.close(listener.descriptor)
            listener.poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
        }
    }

    deinit { for listener in listeners { listener.poll.deallocate() } }
}

@available(*, unavailable) extension HTTPServer: Sendable {}

/// Why a server could not be started.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    public var text: String
    public var description: String { text }
}
