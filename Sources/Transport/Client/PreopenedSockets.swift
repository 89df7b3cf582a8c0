internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// TCP connections opened before they are needed, to be handed to libcurl at a burst's edge.
///
/// `CURL_SOCKOPT_ALREADY_CONNECTED` is broken in libcurl 7.88; what works is a socket whose non-blocking connect was
/// begun and completed here: Linux answers libcurl's own second connect with success.
final class PreopenedSockets {
    private final class Pending {
        let descriptor: Int32
        let poll: UnsafeMutablePointer<uv_poll_t>
        unowned let owner: PreopenedSockets

        init(descriptor: Int32, owner: PreopenedSockets) {
            self.descriptor = descriptor
            self.owner = owner
            poll = .allocate(capacity: 1)
        }
        deinit { poll.deallocate() }
    }

    private let loop: EventLoop
    private var ready: [Int32] = []
    private var pending: [Int32: Pending] = [:]
    private var done: ((Int) -> Void)?

    init(loop: EventLoop) { self.loop = loop }

    /// Spread over the endpoint's addresses. `bind` gives a new socket its source; false where it cannot.
    func open(_ count: Int, to endpoint: Endpoint, bind: (Int32) -> Bool, done: @escaping (Int) -> Void) {
        self.done = done
        let hosts = endpoint.addresses.isEmpty ? [endpoint.host] : endpoint.addresses
        let addresses = hosts.compactMap { SocketAddress($0, port: endpoint.port) }
        if !addresses.isEmpty {
            for number in 0..<count where !begin(addresses[number % addresses.count], bind) { break }
        }
        reportWhenComplete()
    }

    private func begin(_ address: SocketAddress, _ bind: (Int32) -> Bool) -> Bool {
        let descriptor = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        guard bind(descriptor) else {
            _ = close(descriptor)
            return false
        }
        let result = address.connect(descriptor)
        guard result == 0 || errno == EINPROGRESS else {
            _ = close(descriptor)
            return false
        }
        let entry = Pending(descriptor: descriptor, owner: self)
        guard uv_poll_init(loop.raw, entry.poll, descriptor) == 0 else {
            _ = close(descriptor)
            return false
        }
        entry.poll.pointee.data = Unmanaged.passRetained(entry).toOpaque()
        pending[descriptor] = entry
        uv_poll_start(entry.poll, Int32(UV_WRITABLE.rawValue)) { handle, status, _ in
            guard let data = handle?.pointee.data else { return }
            let entry = Unmanaged<Pending>.fromOpaque(data).takeUnretainedValue()
            entry.owner.connected(entry, status: status)
        }
        return true
    }

    private func connected(_ entry: Pending, status: Int32) {
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(entry.descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        let descriptor = entry.descriptor
        letGo(entry)
        if status == 0, problem == 0 { ready.append(descriptor) } else { _ = close(descriptor) }
        reportWhenComplete()
    }

    private func letGo(_ entry: Pending) {
        pending[entry.descriptor] = nil
        uv_poll_stop(entry.poll)
        entry.poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<Pending>.fromOpaque(data).release()
            }
        }
    }

    private func reportWhenComplete() {
        guard pending.isEmpty, let report = done else { return }
        done = nil
        report(ready.count)
    }

    /// A connection that the server has not closed meanwhile, or nil.
    func take() -> Int32? {
        while let descriptor = ready.popLast() {
            if spate_is_quiet(descriptor) { return descriptor }
            _ = close(descriptor)
        }
        return nil
    }

    func closeAll() {
        for entry in pending.values {
            let descriptor = entry.descriptor
            letGo(entry)
            _ = close(descriptor)
        }
        for descriptor in ready { _ = close(descriptor) }
        ready.removeAll()
    }
}
