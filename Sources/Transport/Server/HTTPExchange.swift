public import Ticks

/// One request and the reply to it. A reply is whole (`respond`) or a stream (`startStream`, `write`, `end`).
///
/// Calls that come too late (the reply has ended, the client is gone) do nothing.
public final class HTTPExchange {
    public let method: String
    /// Path without the query.
    public let path: String
    /// In the order they came, names in lower case.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// When the last bytes of the request reached this machine: the kernel's stamp, else the instant of the read.
    public let received: Instant
    /// Number of the request on its connection, from 0: above 0 the connection was reused.
    public let numberOnConnection: Int
    private let keepsAlive: Bool
    private let isVersion1_1: Bool
    private weak var connection: ServerConnection?
    private var state = State.waiting

    private enum State { case waiting, streaming, done }

    /// Called once if the client goes away before the reply has ended; never from within a call to this exchange.
    public var onDisconnect: () -> Void = {}

    init(
        head: RequestHead,
        body: [UInt8],
        received: Instant,
        numberOnConnection: Int,
        connection: ServerConnection
    ) {
        method = head.method
        path = head.path
        headers = head.headers
        keepsAlive = head.keepsAlive
        isVersion1_1 = head.isVersion1_1
        self.body = body
        self.received = received
        self.numberOnConnection = numberOnConnection
        self.connection = connection
    }

    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The whole reply at once. Returns when it was written, as `write` does.
    @discardableResult
    public func respond(status: Int, type: String, headers: [(String, String)] = [], body: [UInt8]) -> Instant {
        guard state == .waiting, let connection else { return MonotonicClock.now() }
        state = .done
        var bytes = head(status, type, headers, keepsAlive: keepsAlive)
        bytes += Array("Content-Length: \(body.count)\r\n\r\n".utf8)
        if method != "HEAD" { bytes += body }
        let written = connection.send(bytes)
        connection.replyEnded(keepsAlive: keepsAlive)
        return written
    }

    /// The head of a streamed reply and its first piece, together. Chunked; a client of HTTP/1.0 gets the bare bytes up
    /// to the end of the connection.
    public func startStream(
        status: Int,
        type: String,
        headers: [(String, String)] = [],
        first: [UInt8] = []
    ) {
        guard state == .waiting, let connection else { return }
        state = .streaming
        var bytes = head(status, type, headers, keepsAlive: keepsAlive && isVersion1_1)
        bytes += Array((isVersion1_1 ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n").utf8)
        if !first.isEmpty {
            if isVersion1_1 {
                bytes += Array("\(String(first.count, radix: 16))\r\n".utf8) + first + [0x0d, 0x0a]
            } else {
                bytes += first
            }
        }
        connection.send(bytes)
    }

    /// One piece of the stream, at once. Returns the instant right behind the system call that gave it to the kernel; if
    /// it has to wait for a client that does not read, the present.
    @discardableResult
    public func write(_ bytes: Span<UInt8>) -> Instant {
        guard state == .streaming, let connection, !bytes.isEmpty else { return MonotonicClock.now() }
        return isVersion1_1 ? connection.sendChunk(bytes) : bytes.withUnsafeBytes { connection.send($0) }
    }

    /// Bytes of replies that wait for the client to read.
    public var backlog: Int { connection?.backlog ?? 0 }

    public func end() {
        guard state == .streaming, let connection else { return }
        state = .done
        if isVersion1_1 { connection.send(Array("0\r\n\r\n".utf8)) }
        connection.replyEnded(keepsAlive: keepsAlive && isVersion1_1)
    }

    /// Ends the connection in mid-reply, for faults; what was written before still goes out.
    public func abandon() {
        guard state != .done, let connection else { return }
        state = .done
        connection.replyEnded(keepsAlive: false)
    }

    /// Bytes of the reply as they are, head included; for faults. `endRaw`, `abandon` or `reset` ends it.
    public func sendRaw(_ bytes: [UInt8]) {
        guard state != .done, let connection else { return }
        state = .streaming
        connection.send(bytes)
    }

    /// What was sent raw was a whole reply; the connection goes on.
    public func endRaw() {
        guard state != .done, let connection else { return }
        state = .done
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    /// Ends the connection with RST instead of FIN, for faults.
    public func reset() {
        guard state != .done, let connection else { return }
        state = .done
        connection.reset()
    }

    func clientLeft() {
        guard state != .done else { return }
        state = .done
        onDisconnect()
    }

    private func head(_ status: Int, _ type: String, _ headers: [(String, String)], keepsAlive: Bool) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\nContent-Type: \(type)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        text += keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n"
        return Array(text.utf8)
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

@available(*, unavailable) extension HTTPExchange: Sendable {}
