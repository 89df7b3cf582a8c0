import Glibc

/// A blocking socket for tests, so that a request can be as odd as it likes. Every wait ends after five seconds.
public final class RawClient {
    public let descriptor: Int32
    private var unread: [UInt8] = []
    private var isOpen = true

    /// - Parameter receiveBuffer: bytes the kernel may hold for us, approximately; nil leaves that to the kernel.
    public init(port: Int, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        let result = Loopback.with(port: port) { connect(descriptor, $0, $1) }
        precondition(result == 0, "connect failed with \(errno)")
    }

    /// False when the server has closed.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool { sendAll(bytes, descriptor) }

    /// What comes next, at most `limit` bytes; nil at the end of the connection or after five seconds without any.
    public func read(limit: Int = 65_536) -> [UInt8]? {
        if !unread.isEmpty {
            let piece = Array(unread.prefix(limit))
            unread.removeFirst(piece.count)
            return piece
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = uninterrupted { recv(descriptor, &bytes, limit, 0) }
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    /// All up to and including `mark`; what there was if the connection ends before.
    public func read(upTo mark: String) -> String {
        let wanted = Array(mark.utf8)
        var seen: [UInt8] = []
        while let piece = read() {
            let from = max(0, seen.count - wanted.count)
            seen += piece
            var index = from
            while index + wanted.count <= seen.count {
                if seen[index] == wanted[0], Array(seen[index..<(index + wanted.count)]) == wanted {
                    let end = index + wanted.count
                    unread = Array(seen[end...]) + unread
                    return String(decoding: seen[..<end], as: UTF8.self)
                }
                index += 1
            }
        }
        return String(decoding: seen, as: UTF8.self)
    }

    public func read(count: Int) -> [UInt8] {
        var seen: [UInt8] = []
        while seen.count < count, let piece = read(limit: count - seen.count) { seen += piece }
        return seen
    }

    /// Head and body of a reply with Content-Length.
    public func reply() -> (status: Int, head: String, body: String) {
        let head = read(upTo: "\r\n\r\n")
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.drop { $0 != ":" }.dropFirst().filter(\.isNumber)) }
        return (status, head, length.map { String(decoding: read(count: $0), as: UTF8.self) } ?? "")
    }

    /// Whether the server has ended the connection, which is waited for.
    public func isAtEnd() -> Bool {
        guard unread.isEmpty else { return false }
        var byte: UInt8 = 0
        // What an end leaves in errno is what stood there before.
        let count = uninterrupted { recv(descriptor, &byte, 1, 0) }
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    public func close() {
        guard isOpen else { return }
        isOpen = false
        _ = Glibc.close(descriptor)
    }

    /// Ends with a reset instead of a FIN.
    public func reset() {
        resetOnClose(descriptor)
        close()
    }

    deinit { close() }
}
