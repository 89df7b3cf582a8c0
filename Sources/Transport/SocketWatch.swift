internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// One open connection as libuv sees it: from `socket()` to `close()`, over all the requests it carries.
///
/// While libcurl does not want the socket (the connection is idle), the watch stays on it, so that a server's FIN is seen
/// when it comes and not when the next request dies of it.
final class SocketWatch {
    enum State { case opening, busy, idle, dead }

    let descriptor: Int32
    unowned(unsafe) let shard: ConnectionShard
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var events: Int32 = 0
    private(set) var state = State.opening
    private(set) var idleSince = Instant.zero
    /// A request has been written on it. Until then libcurl closes the socket itself when it gives up (the filter has
    /// "never published" it), without a call of the close callback.
    var isEstablished = false
    /// The last answer on it was to a POST: only those tell how the server treats streams.
    var carriedPost = false
    /// The transfer that reads the socket past libcurl.
    var reader: Unmanaged<Transfer>?  // not retained: it gives the socket back before it ends

    /// nil when libuv cannot watch the descriptor.
    init?(descriptor: Int32, shard: ConnectionShard, loop: EventLoop) {
        self.descriptor = descriptor
        self.shard = shard
        poll = .allocate(capacity: 1)
        guard uv_poll_init(loop.raw, poll, descriptor) == 0 else { return nil }
        poll.pointee.data = Unmanaged.passRetained(self).toOpaque()  // released in the close callback
    }

    /// libcurl wants these events (UV_READABLE, UV_WRITABLE).
    func want(_ wanted: Int32) {
        if state != .busy {
            if state == .idle { shard.idleConnections -= 1 }
            state = .busy
        }
        watch(wanted)
    }

    /// libcurl wants nothing of it for now.
    func rest(now: Instant) {
        guard state == .busy else { return }
        state = .idle
        idleSince = now
        shard.idleConnections += 1
        watch(Int32(UV_READABLE.rawValue))
    }

    private func watch(_ wanted: Int32) {
        guard wanted != events else { return }  // each change is a system call
        events = wanted
        if wanted == 0 {
            uv_poll_stop(poll)
        } else {
            uv_poll_start(poll, wanted) { handle, status, events in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<SocketWatch>.fromOpaque(data)._withUnsafeGuaranteedRef {
                    $0.ready(status: status, events: events)
                }
            }
        }
    }

    private func ready(status: Int32, events: Int32) {
        shard.client.loop.eventBegins()
        switch state {
        case .busy, .opening:
            if let reader, status == 0, reader._withUnsafeGuaranteedRef({ $0.readBody(of: descriptor) }) { return }
            shard.socketReady(descriptor, status: status, events: events)
        case .idle:
            // The answer may have ended after this event was fetched: libcurl also reads on its timers.
            if status == 0, spate_is_quiet(descriptor) { return }
            state = .dead  // FIN, RST, or bytes nobody asked for: of no more use
            shard.idleConnections -= 1
            watch(0)
            shard.idleConnectionDied(self)
        case .dead:
            break
        }
    }

    /// libcurl is done with the connection: stops watching and closes the descriptor.
    func close() {
        if state == .idle { shard.idleConnections -= 1 }
        state = .dead
        uv_poll_stop(poll)
        _ = Glibc.close(descriptor)
        letGo()
    }

    /// libcurl has closed the descriptor itself: only the watch is left to end.
    func abandon() {
        if state == .idle { shard.idleConnections -= 1 }
        state = .dead
        letGo()
    }

    private func letGo() {
        poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<SocketWatch>.fromOpaque(data).release()
            }
        }
    }

    deinit { poll.deallocate() }
}
