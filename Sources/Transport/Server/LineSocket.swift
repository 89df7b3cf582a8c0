internal import CCurl
internal import Glibc

/// A TCP connection on which both sides say short lines, one at a time. Blocking, for threads that have nothing else to do.
final class LineSocket: Sendable {
    /// A line that is longer is none of ours.
    private static let longest = 512

    let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, 4)
        // The sockets of this module are made non-blocking.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// False when the other side is gone.
    @discardableResult
    func say(_ line: String) -> Bool {
        let bytes = Array((line + "\n").utf8)
        return bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            == bytes.count
    }

    /// The next line without its end; nil when the other side is gone, or talks too much.
    /// - Parameter meanwhile: called about five times a second while nothing comes.
    func hear(meanwhile: () -> Void = {}) -> String? {
        var line: [UInt8] = []
        while line.count <= Self.longest {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&ready, 1, 200)
            if count == 0 {
                meanwhile()
                continue
            }
            if count < 0, errno == EINTR { continue }
            var byte: UInt8 = 0
            guard count > 0, recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// No more is heard or said on it, by any thread.
    func hangUp() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Where the shards of a run meet.
public struct MeetingPlace: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    /// `HOST:PORT`, `[ADDRESS]:PORT`; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        (self.host, self.port) = (String(host), port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Numeric, in the system's order of preference.
    var addresses: [SocketAddress] {
        if let address = SocketAddress(host, port: port) { return [address] }
        return (Resolver.addresses(of: host) ?? []).compactMap { SocketAddress($0, port: port) }
    }
}

/// Why shards could not meet.
public struct RendezvousError: Error, Sendable, Hashable {
    public var text: String
}
