import Foundation
import Glibc
import TestSupport

/// A gateway for tests, whose tax is known because it is put in: it waits before it passes a request on, and loses or keeps
/// what it is told to. A connection to the upstream for each request, which both sides close behind the answer.
struct DelayingProxy {
    var upstream: Int  // port
    var delayMilliseconds = 0
    /// Streams tell no usage: its name in them is another.
    var dropsUsage = false
    /// It reads an answer to its end although its client has gone.
    var ignoresLeaving = false

    func start() -> ScriptedServer {
        let proxy = self
        return ScriptedServer { connection, _ in proxy.serve(connection) }
    }

    private func serve(_ client: ScriptedServer.Connection) {
        guard let request = client.request() else { return }
        pause(milliseconds: delayMilliseconds)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        guard Loopback.with(port: upstream, { connect(descriptor, $0, $1) }) == 0 else { return }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let server = ScriptedServer.Connection(descriptor: descriptor)
        let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
        let kept =
            lines.prefix(1) + ["Connection: close"]
            + lines.dropFirst().filter {
                !$0.lowercased().hasPrefix("connection:")
            }
        server.send(kept.joined(separator: "\r\n"))
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return }
            var bytes = Array(piece[..<count])
            // As long as before, so that no length is wrong.
            if dropsUsage {
                bytes = Array(String(decoding: bytes, as: UTF8.self).replacing("\"usage\"", with: "\"other\"").utf8)
            }
            if !client.send(bytes), !ignoresLeaving { return }
        }
    }
}
