import Glibc

/// A listening socket whose queue is full, so that further connections neither succeed nor fail: a black hole.
public final class FullListener {
    public let port: Int
    private let listener: Int32
    private var clients: [Int32] = []

    public init() {
        (listener, port) = ScriptedServer.listen(backlog: 0)
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = Loopback.with(port: port) { connect(client, $0, $1) }
            clients.append(client)
        }
    }

    public func stop() {
        for client in clients { close(client) }
        close(listener)
    }
}
