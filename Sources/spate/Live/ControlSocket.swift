import Glibc
import Synchronization
import Transport

/// The Unix socket in a run's folder by which its owner's other terminals speak to it: a line asks, an answer comes, the
/// connection ends.
///
/// Paths of sockets are short (108 bytes), those of results need not be: both sides go by way of the folder's descriptor.
enum ControlSocket {
    static let name = "control.sock"
    /// A question is that long at most, bytes.
    static let longest = 64

    static func address(inFolder descriptor: Int32) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (place, byte) in "/proc/self/fd/\(descriptor)/\(name)".utf8.prefix(path.count - 1).enumerated() {
                path[place] = byte
            }
        }
        return address
    }

    static func with<Result>(
        _ address: sockaddr_un,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    static func send(_ text: String, on descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// All up to the end, or to a line's end; no more than `limit` bytes.
    static func receive(on descriptor: Int32, limit: Int, line: Bool) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = recv(descriptor, &piece, min(piece.count, limit - bytes.count), 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
            if line, bytes.contains(UInt8(ascii: "\n")) { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nobody holds a side up by saying nothing.
    static func limitPatience(of descriptor: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
}

/// What is asked of a run.
enum ControlCommand: String, CaseIterable, Sendable {
    case status
    case statusAsJSON = "status json"
    case pause, resume, skip, stop
}

/// What the run says to it.
struct ControlAnswer: Sendable {
    var isDone = true
    var text: String

    /// As it is sent: `ok` or `no`, then the words.
    var wire: String { (isDone ? "ok\n" : "no\n") + text + "\n" }

    init(_ text: String, isDone: Bool = true) { (self.text, self.isDone) = (text, isDone) }

    init?(wire: String) {
        guard let end = wire.firstIndex(of: "\n"), ["ok", "no"].contains(wire[..<end]) else { return nil }
        isDone = wire.hasPrefix("ok")
        text = String(wire[wire.index(after: end)...])
    }
}

/// The run's side: a thread takes questions, the main thread answers them.
final class ControlServer: Sendable {
    private struct State {
        var asked: ControlCommand?
        var answer: ControlAnswer?
        var isClosing = false
    }

    private final class Desk: Sendable {
        let state = Mutex(State())
    }

    private let desk = Desk()
    private let thread: LoopThread
    private let folder: Int32

    /// nil where no socket can be made there (some network file systems bear none): then the run has none.
    init?(folder path: String) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return nil }
        unlinkat(folder, ControlSocket.name, 0)  // of a run that was killed: the folder is ours
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let address = ControlSocket.address(inFolder: folder)
        let isBound =
            listener >= 0 && fchmod(listener, 0o600) == 0
            && ControlSocket.with(address) { bind(listener, $0, $1) } == 0
            && fchmodat(folder, ControlSocket.name, 0o600, 0) == 0 && listen(listener, 4) == 0
        guard isBound else {
            if listener >= 0 { Glibc.close(listener) }
            Glibc.close(folder)
            return nil
        }
        self.folder = folder
        let desk = desk
        thread = LoopThread(name: "control") {
            Self.serve(desk, listener)
            Glibc.close(listener)
        }
    }

    /// Answers what was asked since the last call. On the main thread, some times a second.
    func serve(_ answer: (ControlCommand) -> ControlAnswer) {
        guard let command = desk.state.withLock({ $0.answer == nil ? $0.asked : nil }) else { return }
        let said = answer(command)
        desk.state.withLock { $0.answer = said }
    }

    func close() {
        desk.state.withLock { $0.isClosing = true }
        thread.join()
        unlinkat(folder, ControlSocket.name, 0)
        Glibc.close(folder)
    }

    private static func serve(_ desk: Desk, _ listener: Int32) {
        while !desk.state.withLock(\.isClosing) {
            var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 100) > 0 else { continue }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            ControlSocket.limitPatience(of: connection, seconds: 2)
            if isOwn(connection) { ControlSocket.send(reply(desk, to: connection).wire, on: connection) }
            Glibc.close(connection)
        }
    }

    /// Whether the other side is the same user.
    private static func isOwn(_ connection: Int32) -> Bool {
        var peer: (process: Int32, user: UInt32, group: UInt32) = (0, .max, 0)  // struct ucred
        var size = socklen_t(MemoryLayout.size(ofValue: peer))
        return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.user == geteuid()
    }

    private static func reply(_ desk: Desk, to connection: Int32) -> ControlAnswer {
        let line = ControlSocket.receive(on: connection, limit: ControlSocket.longest, line: true)
        guard let command = ControlCommand(rawValue: String(line.prefix { $0 != "\n" })) else {
            let known = ControlCommand.allCases.map(\.rawValue).joined(separator: ", ")
            return ControlAnswer("not understood; allowed: \(known)", isDone: false)
        }
        desk.state.withLock { $0.asked = command }
        var answer: ControlAnswer?
        for _ in 0..<1000 {
            answer = desk.state.withLock {
                $0.isClosing ? $0.answer ?? ControlAnswer("the run is over", isDone: false) : $0.answer
            }
            if answer != nil { break }
            usleep(10_000)
        }
        desk.state.withLock { ($0.asked, $0.answer) = (nil, nil) }
        return answer ?? ControlAnswer("the run did not answer within 10 s", isDone: false)
    }
}
