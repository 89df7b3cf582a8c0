public import Ticks

/// One request and the reply to it. A reply is whole (`respond`) or a stream (`startStream`, `write`, `end`).
public final class HTTPExchange {
    public let method: String
    /// Path without the query.
    public let path: String
    /// In the order they came, names in lower case.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// When the last bytes of the request reached this machine's kernel, where it stamped them; else when they were read.
    public let received: Instant
    /// Whether the client wants the connection to stay.
    let keepsAlive: Bool
    private weak var connection: ServerConnection?
    private var state = State.waiting

    private enum State { case waiting, streaming, done }

    /// Called once if the client goes away before the reply has ended.
    public var onDisconnect: () -> Void = {}

    init(
        head: RequestHead,
        body: [UInt8],
        received: Instant,
        connection: ServerConnection
    ) {
        method = head.method
        path = head.path
        headers = head.headers
        keepsAlive = head.keepsAlive
        self.body = body
        self.received = received
        self.connection = connection
    }

    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The whole reply at once.
    public func respond(status: Int, type: String, headers: [(String, String)] = [], body: [UInt8]) {
        guard state == .waiting, let connection else { return }
        state = .done
        var bytes = head(status, type, headers)
        bytes += Array("Content-Length: \(body.count)\r\n\r\n".utf8)
        bytes += body
        connection.send(bytes)
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    /// The head of a chunked reply.
    public func startStream(status: Int, type: String, headers: [(String, String)] = []) {
        guard state == .waiting, let connection else { return }
        state = .streaming
        connection.send(head(status, type, headers) + Array("Transfer-Encoding: chunked\r\n\r\n".utf8))
    }

    /// One piece of the stream, at once. Returns when the kernel has it, or it is queued for a slow client.
    public func write(_ bytes: Span<UInt8>) {
        guard state == .streaming, let connection, !bytes.isEmpty else { return }
        connection.sendChunk(bytes)
    }

    public func end() {
        guard state == .streaming, let connection else { return }
        state = .done
        connection.send(Array("0\r\n\r\n".utf8))
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    /// Ends the connection in mid-reply, for faults.
    public func abandon() {
        guard state != .done, let connection else { return }
        state = .done
        connection.close()
    }

    func clientLeft() {
        guard state != .done else { return }
        state = .done
        onDisconnect()
    }

    private func head(_ status: Int, _ type: String, _ headers: [(String, String)]) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\nContent-Type: \(type)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        text += keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n"
        return Array(text.utf8)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}

@available(*, unavailable) extension HTTPExchange: Sendable {}
