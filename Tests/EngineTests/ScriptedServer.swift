import Glibc
import Synchronization
import Transport

/// A blocking server for tests: each connection gets a thread and a script, so that a reply can be as odd as it likes.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let thread: LoopThread

    /// - Parameter port: 0 = a free one.
    init(port wanted: Int = 0, script: @escaping @Sendable (Connection) -> Void) {
        let (listener, port) = Self.listen(backlog: 4096, port: wanted)
        self.listener = listener
        self.port = port
        thread = LoopThread(name: "scripted") {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                var on: Int32 = 1  // small events go at once, as servers of streams have it
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                _ = LoopThread(name: "scripted-c") {
                    script(Connection(descriptor: descriptor))
                    close(descriptor)
                }
            }
        }
    }

    /// Accepts no more; connections end when their scripts do.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// A listening socket of this machine, on a free port unless one is named.
    static func listen(backlog: Int32, port: Int = 0) -> (descriptor: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(bind(listener, raw, size) == 0)
                precondition(Glibc.listen(listener, backlog) == 0)
                getsockname(listener, raw, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        return (listener, port)
    }

    /// A port on which nobody listens.
    static func closedPort() -> Int {
        let (descriptor, port) = listen(backlog: 1)
        close(descriptor)
        return port
    }

    struct Connection: Sendable {
        let descriptor: Int32

        /// Reads one request with its body; nil at the end of the connection.
        func request() -> String? {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = Glibc.read(descriptor, &piece, piece.count)
                guard count > 0 else { return nil }
                bytes += piece[..<count]
                let text = String(decoding: bytes, as: UTF8.self)
                let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                let length = header("content-length", of: text).flatMap { Int($0) } ?? 0
                if parts[1].utf8.count >= length { return text }
            }
        }

        /// False when the client is gone.
        @discardableResult
        func send(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            var offset = 0
            while offset < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        descriptor,
                        $0.baseAddress.map { $0 + offset },
                        bytes.count - offset,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard count > 0 else { return false }
                offset += count
            }
            return true
        }

        /// Whether the client has closed.
        var isGone: Bool {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            return count == 0 || (count < 0 && errno != EAGAIN)
        }

        /// Makes closing the connection send RST.
        func abortOnClose() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }
}

/// Value of a request's header; `name` in lower case.
func header(_ name: String, of request: String) -> String? {
    for line in request.split(separator: "\r\n").dropFirst() {
        guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
}

func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
