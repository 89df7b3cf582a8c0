internal import CCurl
internal import CLibuv
internal import Glibc

/// One of the sockets on which an `HTTPServer` listens: a kernel queue of connections, and a watch on it.
///
/// Several may share a port (SO_REUSEPORT): the kernel spreads new connections over them by a hash of their addresses.
/// TCP_NODELAY and the wish for receive stamps pass from here to each connection.
final class ListeningSocket {
    /// Longest queue the kernel grants by default (net.core.somaxconn).
    static let backlog: Int32 = 4096

    let descriptor: Int32
    let port: Int
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private let readable: () -> Void

    /// - Parameter isExclusive: fails when any other socket listens there, even one that would share.
    init(
        loop: EventLoop,
        host: String,
        port: Int,
        isExclusive: Bool,
        readable: @escaping () -> Void
    ) throws(HTTPServerError) {
        guard let address = SocketAddress(host == "localhost" ? "127.0.0.1" : host, port: port) else {
            throw HTTPServerError(text: "\(host) is not a numeric address to listen on")
        }
        func failure(_ action: String) -> HTTPServerError {
            HTTPServerError(text: "cannot \(action) \(host):\(port): \(String(cString: strerror(errno)))")
        }
        if isExclusive, port != 0 {
            // With SO_REUSEPORT two servers of one user would share a port and halve each other's requests unnoticed.
            let socket = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
            guard socket >= 0 else { throw failure("make a socket for") }
            defer { _ = Glibc.close(socket) }
            Self.set(SO_REUSEADDR, of: socket)
            guard address.bind(socket) == 0 else { throw failure("listen on") }
        }
        descriptor = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("make a socket for") }
        Self.set(SO_REUSEADDR, of: descriptor)
        Self.set(SO_REUSEPORT, of: descriptor)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        _ = spate_stamp_socket(descriptor)
        guard address.bind(descriptor) == 0, listen(descriptor, Self.backlog) == 0 else {
            let problem = failure("listen on")
            _ = Glibc.close(descriptor)
            throw problem
        }
        self.port = SocketAddress.port(of: descriptor)
        self.readable = readable
        poll = .allocate(capacity: 1)
        guard uv_poll_init(loop.raw, poll, descriptor) == 0 else {
            _ = Glibc.close(descriptor)
            throw HTTPServerError(text: "cannot watch the listening socket: out of descriptors")
        }
        poll.pointee.data = Unmanaged.passRetained(self).toOpaque()  // released in the close callback
        uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<ListeningSocket>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.readable() }
        }
    }

    private static func set(_ option: Int32, of descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, option, &on, 4)
    }

    /// The next connection that waits, non-blocking; negative with errno when there is none to be had.
    func accept() -> Int32 { spate_accept(descriptor) }

    /// Once.
    func close() {
        uv_poll_stop(poll)
        _ = Glibc.close(descriptor)
        poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<ListeningSocket>.fromOpaque(data).release()
            }
        }
    }

    deinit { poll.deallocate() }
}
