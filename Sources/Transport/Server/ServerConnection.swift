internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// One client's connection to an `HTTPServer`: reads requests one after another, sends what the exchange gives it.
///
///     reading ──request complete──► replying ──reply ended──► reading …
///        └──malformed──► lingering: the refusal is out, what still comes is thrown away   any ──FIN, error──► closed
final class ServerConnection {
    /// What may wait for a client that does not read.
    private static let outputLimit = 64 * 1024 * 1024

    let descriptor: Int32
    private unowned let server: HTTPServer
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var events: Int32 = 0
    private var input: [UInt8] = []
    private var start = 0  // of what is not consumed yet
    private var searched = 0  // up to where no end of a head was found
    private var lastRead = Instant.zero
    private var head: RequestHead?
    private var chunked = ChunkedBody()
    private var exchange: HTTPExchange?
    private var requests = 0
    private var isProcessing = false
    private var output: [UInt8] = []
    private var outputSent = 0
    private var closesWhenSent = false
    private var isLingering = false
    private var isBroken = false
    private var isClosed = false

    init?(descriptor: Int32, server: HTTPServer) {
        self.descriptor = descriptor
        self.server = server
        poll = .allocate(capacity: 1)
        guard uv_poll_init(server.loop.raw, poll, descriptor) == 0 else { return nil }
        poll.pointee.data = Unmanaged.passRetained(self).toOpaque()  // released in the close callback
    }

    /// The request is mostly there with the connection already.
    func begin() {
        guard !isClosed else { return }
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
        let buffer = server.receiveBuffer
        while true {
            let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                if isLingering { continue }
                lastRead = server.stampOfRead()
                input.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if input.count - start > HTTPServer.bodyLimit + HTTPServer.headLimit {
                    return exchange == nil ? refuse(413) : close()
                }
                if count == buffer.count { continue }
                break
            }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { break }
            if count < 0, errno == EINTR { continue }
            return close()  // FIN or error: nobody waits for the reply
        }
        process()
    }

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer {
            isProcessing = false
            dropConsumed()
        }
        while exchange == nil, !isClosed, !closesWhenSent, !isLingering, start < input.count || head != nil {
            guard takeRequest() else { return }
        }
    }

    /// Takes one request out of the input; false when more must come first or the connection ends.
    private func takeRequest() -> Bool {
        if head == nil {
            guard takeHead() else { return false }
        }
        guard let head else { return false }
        switch head.body {
        case .none: dispatch(head, body: [])
        case .bytes(let length):
            guard input.count - start >= length else { return false }
            let body = Array(input[start..<(start + length)])
            start += length
            dispatch(head, body: body)
        case .chunked:
            var rest = input[start...]
            let progress = chunked.take(&rest, limit: HTTPServer.bodyLimit)
            start = rest.startIndex
            switch progress {
            case .needsMore: return false
            case .malformed: refuse(400)
            case .tooLarge: refuse(413)
            case .complete:
                let body = chunked.bytes
                chunked = ChunkedBody()
                dispatch(head, body: body)
            }
        }
        return true
    }

    private func takeHead() -> Bool {
        let end: Int
        switch endOfHead() {
        case .at(let found): end = found
        case .notYet:
            if input.count - start > HTTPServer.headLimit { refuse(431) }
            return false
        case .malformed:
            refuse(400)
            return false
        }
        guard end - start <= HTTPServer.headLimit else {
            refuse(431)
            return false
        }
        do throws(RequestHead.Problem) {
            let read = try RequestHead(input[start..<end])
            if case .bytes(let length) = read.body, length > HTTPServer.bodyLimit {
                refuse(413)
                return false
            }
            head = read
            start = end
            if read.expectsContinue, read.isVersion1_1, read.body != .none, start == input.count {
                send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
            }
            return true
        } catch {
            refuse(error.rawValue)
            return false
        }
    }

    private enum HeadEnd { case at(Int), notYet, malformed }

    /// Looks for the blank line behind a line that is not blank; a line that ends without CR is malformed.
    private func endOfHead() -> HeadEnd {
        var lineStart = max(searched, start)
        while let newline = input[lineStart...].firstIndex(of: 0x0a) {
            guard newline > lineStart, input[newline - 1] == 0x0d else { return .malformed }
            let isBlank = newline == lineStart + 1
            if isBlank, lineStart > start, !isOnlyBlank(upTo: lineStart) { return .at(newline + 1) }
            lineStart = newline + 1
            searched = lineStart
        }
        return .notYet
    }

    private func isOnlyBlank(upTo end: Int) -> Bool { input[start..<end].allSatisfy { $0 == 0x0d || $0 == 0x0a } }

    private func dispatch(_ head: RequestHead, body: [UInt8]) {
        self.head = nil
        let exchange = HTTPExchange(
            head: head,
            body: body,
            received: lastRead,
            numberOnConnection: requests,
            connection: self
        )
        requests += 1
        self.exchange = exchange
        server.handle(exchange)
    }

    private func dropConsumed() {
        guard start > 0 else { return }
        if start == input.count {
            input.removeAll(keepingCapacity: input.capacity <= 65_536)
        } else {
            input.removeSubrange(..<start)
        }
        start = 0
        searched = 0
    }

    /// Answers what cannot be served, and reads on until the client is done: closing now would reset the connection
    /// before the answer is read (RFC 9112, 9.6).
    private func refuse(_ status: Int) {
        let reason = HTTPExchange.reason(status)
        let body =
            "{\"error\":{\"message\":\"\(reason)\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}"
        let head =
            "HTTP/1.1 \(status) \(reason)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n"
        send(Array((head + body).utf8))
        isLingering = true
        start = input.count
        closeWhenSent()
    }

    // MARK: out

    /// Bytes that wait for the client to read.
    var backlog: Int { output.count - outputSent }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Instant { bytes.withUnsafeBytes { send($0) } }

    /// `length CRLF bytes CRLF`, put together on the stack for one system call.
    func sendChunk(_ bytes: Span<UInt8>) -> Instant {
        bytes.withUnsafeBytes { payload in
            withUnsafeTemporaryAllocation(byteCount: payload.count + 20, alignment: 8) { buffer in
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
                return send(UnsafeRawBufferPointer(rebasing: buffer[..<(end + 2)]))
            }
        }
    }

    /// When the kernel had taken all of it, else the present.
    @discardableResult
    func send(_ bytes: UnsafeRawBufferPointer) -> Instant {
        guard !isClosed, !isBroken else { return MonotonicClock.now() }
        var offset = 0
        if output.isEmpty {
            if let sent = push(bytes) { offset = sent } else { fail() }
            if offset == bytes.count { return Instant(nanoseconds: spate_sends_of(descriptor).last) }
        }
        if !isBroken {
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            if output.count > Self.outputLimit { fail() }
            watch(Int32(UV_READABLE.rawValue | UV_WRITABLE.rawValue))
        }
        return MonotonicClock.now()
    }

    /// Gives the kernel what it takes; how much that was, or nil when the connection is gone.
    private func push(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        while offset < bytes.count {
            let count = spate_send_now(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { break }
            guard count > 0 else { return nil }
            offset += count
        }
        return offset
    }

    private func flush() {
        guard let sent = output.withUnsafeBytes({ push(UnsafeRawBufferPointer(rebasing: $0[outputSent...])) }) else {
            return close()
        }
        outputSent += sent
        guard outputSent == output.count else { return }
        output.removeAll(keepingCapacity: output.capacity <= 65_536)
        outputSent = 0
        if closesWhenSent { return endSending() }
        watch(Int32(UV_READABLE.rawValue))
    }

    /// The exchange is over: the next request may come, or the connection ends.
    func replyEnded(keepsAlive: Bool) {
        exchange = nil
        if !keepsAlive { return closeWhenSent() }
        if start < input.count, !isProcessing { server.noteInput(self) }
    }

    /// Goes on with what came before the last reply had ended.
    func resume() {
        if !isClosed { process() }
    }

    private func closeWhenSent() {
        closesWhenSent = true
        if output.isEmpty { endSending() }
    }

    private func endSending() {
        guard isLingering else { return close() }
        shutdown(descriptor, Int32(SHUT_WR))
        watch(Int32(UV_READABLE.rawValue))
    }

    /// The client cannot be reached. Whoever is sending finds out at the next turn, by `onDisconnect`.
    private func fail() {
        isBroken = true
        server.noteBroken(self)
    }

    /// Closing then sends RST.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
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
