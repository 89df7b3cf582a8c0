import Foundation
import Glibc
import Synchronization

/// A server on this machine that answers each request as a script says, and closes the connection.
final class OddServer: Sendable {
    let port: Int
    private let listener: Int32
    private let count = Count()

    /// - Parameter script: from the request, head and body, to the whole answer; nil closes without one.
    init(script: @escaping @Sendable (String) -> String?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var isOpen = false
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                isOpen = bind(listener, raw, size) == 0 && listen(listener, 64) == 0
                getsockname(listener, raw, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        guard isOpen else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        let count = count
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread {
                    if let request = Self.request(connection) {
                        count.add()
                        if let answer = script(request) { Self.send(answer, connection) }
                    }
                    shutdown(connection, Int32(SHUT_WR))
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)/v1" }
    var requests: Int { count.value }

    static func answer(_ status: String, _ type: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    /// A port on which nobody listens.
    static func closedPort() throws -> Int {
        let server = try OddServer { _ in nil }
        return server.port
    }

    private static func request(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(connection, &piece, piece.count)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
            if bytes.first == 0x16 { return nil }  // a TLS handshake
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length =
                text.lowercased().range(of: "content-length: ").flatMap { range in
                    Int(text[range.upperBound...].prefix { $0.isNumber })
                } ?? 0
            if text[end.upperBound...].utf8.count >= length { return text }
        }
    }

    private static func send(_ text: String, _ connection: Int32) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            offset += count
        }
    }
}

private final class Count: Sendable {
    private let number = Atomic<Int>(0)
    func add() { number.add(1, ordering: .relaxed) }
    var value: Int { number.load(ordering: .relaxed) }
}
