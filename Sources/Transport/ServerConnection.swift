internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// One client's connection to an `HTTPServer`: reads requests one after another, sends what the exchange gives it.
final class ServerConnection {
    /// What may wait for a client that does not read.
    private static let outputLimit = 64 * 1024 * 1024

    let descriptor: Int32
    private unowned let server: HTTPServer
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var events: Int32 = 0
    private var input: [UInt8] = []
    private var searched = 0  // bytes of `input` known to hold no end of a head
    private var head: RequestHead?
    private var chunked = ChunkedBody()
    private var exchange: HTTPExchange?
    private var output: [UInt8] = []
    private var outputSent = 0
    private var closesWhenSent = false
    private var received = Instant.zero
    private var isClosed = false

    init?(descriptor: Int32, server: HTTPServer) {
        self.descriptor = descriptor
        self.server = server
        poll = .allocate(capacity: 1)
        guard uv_poll_init(server.loop.raw, poll, descriptor) == 0 else { return nil }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        spate_stamp_socket(descriptor)
        poll.pointee.data = Unmanaged.passRetained(self).toOpaque()  // released in the close callback
    }

    /// The request is mostly there with the connection already.
    func begin() {
        watch(Int32(UV_READABLE.rawValue))
        readable()
    }

    private func watch(_ wanted: Int32) {
        guard wanted != events, !isClosed else { return }
        events = wanted
        uv_poll_start(poll, wanted) { handle, status, events in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<ServerConnection>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.ready(status, events) }
        }
    }

    private func ready(_ status: Int32, _ events: Int32) {
        if status < 0 { return close() }
        if events & Int32(UV_WRITABLE.rawValue) != 0 { flush() }
        if events & Int32(UV_READABLE.rawValue) != 0, !isClosed { readable() }
    }

    // MARK: in

    private func readable() {
        withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 16) { buffer in
            while !isClosed {
                let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 {
                    received = server.stamp()
                    input.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    if input.count > HTTPServer.bodyLimit + HTTPServer.headLimit { return refuse(413) }
                    if count == buffer.count { continue }
                    break
                }
                if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { break }
                if count < 0, errno == EINTR { continue }
                return close()  // FIN or error: nobody waits for the reply
            }
        }
        process()
    }

    private func process() {
        while exchange == nil, !isClosed, !closesWhenSent {
            if head == nil {
                guard let end = endOfHead() else {
                    if input.count > HTTPServer.headLimit { refuse(431) }
                    return
                }
                do {
                    let read = try RequestHead(input[..<end])
                    head = read
                    input.removeSubrange(..<end)
                    searched = 0
                    if read.expectsContinue { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
                } catch {
                    return refuse(error.rawValue)
                }
            }
            guard let head else { return }
            switch head.body {
            case .none: dispatch(head, body: [])
            case .bytes(let length):
                guard length <= HTTPServer.bodyLimit else { return refuse(413) }
                guard input.count >= length else { return }
                let body = Array(input[..<length])
                input.removeSubrange(..<length)
                dispatch(head, body: body)
            case .chunked:
                var rest = input[...]
                let isGood = chunked.take(&rest, limit: HTTPServer.bodyLimit)
                input.removeSubrange(..<rest.startIndex)
                guard isGood else { return refuse(400) }
                guard chunked.isComplete else { return }
                let body = chunked.bytes
                chunked = ChunkedBody()
                dispatch(head, body: body)
            }
        }
    }

    private func dispatch(_ head: RequestHead, body: [UInt8]) {
        self.head = nil
        let exchange = HTTPExchange(head: head, body: body, received: received, connection: self)
        self.exchange = exchange
        server.handle(exchange)
    }

    /// Offset behind the blank line, or nil.
    private func endOfHead() -> Int? {
        var index = max(3, searched)
        while index < input.count {
            if input[index] == 0x0a, input[index - 1] == 0x0d, input[index - 2] == 0x0a, input[index - 3] == 0x0d {
                return index + 1
            }
            index += 1
        }
        searched = max(0, input.count - 3)
        return nil
    }

    private func refuse(_ status: Int) {
        let body = "{\"error\":{\"message\":\"request refused\",\"type\":\"invalid_request_error\",\"code\":\(status)}}"
        let text =
            "HTTP/1.1 \(status) Refused\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        send(Array((text + body).utf8))
        closeWhenSent()
    }

    // MARK: out

    func send(_ bytes: [UInt8]) { bytes.withUnsafeBytes { send($0) } }

    /// `length CRLF bytes CRLF`, put together on the stack for one system call.
    func sendChunk(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { payload in
            withUnsafeTemporaryAllocation(byteCount: payload.count + 16, alignment: 8) { buffer in
                var digits = 0
                var rest = payload.count
                repeat {
                    digits += 1
                    rest >>= 4
                } while rest > 0
                for place in 0..<digits {
                    let digit = UInt8(truncatingIfNeeded: payload.count >> (4 * (digits - 1 - place)) & 15)
                    buffer[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
                }
                buffer[digits] = 0x0d
                buffer[digits + 1] = 0x0a
                UnsafeMutableRawBufferPointer(rebasing: buffer[(digits + 2)...]).copyMemory(from: payload)
                let end = digits + 2 + payload.count
                buffer[end] = 0x0d
                buffer[end + 1] = 0x0a
                send(UnsafeRawBufferPointer(rebasing: buffer[..<(end + 2)]))
            }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed else { return }
        var offset = 0
        if output.isEmpty {
            while offset < bytes.count {
                let count = spate_send_now(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { break }
                guard count > 0 else { return close() }
                offset += count
            }
        }
        guard offset < bytes.count else { return }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        guard output.count <= Self.outputLimit else { return close() }
        watch(Int32(UV_READABLE.rawValue | UV_WRITABLE.rawValue))
    }

    private func flush() {
        while outputSent < output.count {
            let count = output.withUnsafeBytes {
                spate_send_now(descriptor, $0.baseAddress.map { $0 + outputSent }, $0.count - outputSent)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return }
            guard count > 0 else { return close() }
            outputSent += count
        }
        output.removeAll(keepingCapacity: output.capacity <= 65_536)
        outputSent = 0
        if closesWhenSent { return close() }
        watch(Int32(UV_READABLE.rawValue))
    }

    /// The exchange is over: the next request may come, or the connection ends.
    func replyEnded(keepsAlive: Bool) {
        exchange = nil
        if !keepsAlive { return closeWhenSent() }
        if !input.isEmpty { process() }
    }

    private func closeWhenSent() {
        closesWhenSent = true
        if output.isEmpty { close() }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        uv_poll_stop(poll)
        _ = Glibc.close(descriptor)
        server.forget(self)
        let left = exchange
        exchange = nil
        left?.clientLeft()
        poll.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0) { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<ServerConnection>.fromOpaque(data).release()
            }
        }
    }

    deinit { poll.deallocate() }
}
