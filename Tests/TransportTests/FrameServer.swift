import Foundation
import Synchronization
import Testing

@testable import Transport

/// A server of HTTP/2 at the level of frames (RFC 9113), over `openssl s_server`: one connection after another.
final class FrameServer {
    enum Frame {
        static func make(_ type: UInt8, flags: UInt8 = 0, stream: Int, _ payload: [UInt8] = []) -> [UInt8] {
            [
                UInt8(payload.count >> 16 & 255), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255), type,
                flags,
            ]
                + word(stream) + payload
        }
        static func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

        static let settings = make(4, stream: 0)
        /// :status 200 alone, and an end of the stream's headers.
        static func head(_ stream: Int) -> [UInt8] { make(1, flags: 4, stream: stream, [0x88]) }
        static func answer(_ stream: Int) -> [UInt8] {
            head(stream) + data(stream, Array("ok".utf8), ends: true)
        }
        static func data(_ stream: Int, _ bytes: [UInt8], ends: Bool) -> [UInt8] {
            make(0, flags: ends ? 1 : 0, stream: stream, bytes)
        }
        static func refusal(_ stream: Int) -> [UInt8] { make(3, stream: stream, word(7)) }
        static func reset(_ stream: Int) -> [UInt8] { make(3, stream: stream, word(2)) }
        static func goAway(last: Int) -> [UInt8] { make(7, stream: 0, word(last) + word(0)) }
    }

    let endpoint: Endpoint
    private let tls: TLSServer
    private let thread: LoopThread
    private let asked = Requests()

    private final class Requests: Sendable { let count = Mutex(0) }
    /// Requests that came whole so far.
    var requests: Int { asked.count.withLock { $0 } }

    /// - Parameters:
    ///   - script: what is sent for the request of that number (from 0) on that stream.
    ///   - later: sends what follows, before anything more is read.
    init?(
        script: @escaping @Sendable (_ number: Int, _ stream: Int) -> [UInt8],
        later: @escaping @Sendable (_ stream: Int, _ send: ([UInt8]) -> Void) -> Void = { _, _ in }
    ) throws {
        guard let tls = try TLSServer(protocols: "h2") else { return nil }
        self.tls = tls
        signal(SIGPIPE, SIG_IGN)  // the peer may be gone
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: tls.port)
        endpoint.http = .two
        endpoint.rootsFile = tls.certificate
        self.endpoint = endpoint
        let (input, output, asked) = (tls.received, tls.descriptor, asked)
        thread = LoopThread(name: "frames") {
            let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            func send(_ frames: [UInt8]) { _ = frames.withUnsafeBytes { write(output, $0.baseAddress, $0.count) } }
            while true {
                let count = read(input, &piece, piece.count)
                guard count > 0 else { return }
                bytes += piece[..<count]
                while bytes.count >= 9 {
                    if bytes.starts(with: preface.prefix(9)) {  // a new connection
                        guard bytes.count >= preface.count else { break }
                        bytes.removeFirst(preface.count)
                        send(Frame.settings)
                        continue
                    }
                    let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
                    guard bytes.count >= 9 + length else { break }
                    let (type, flags) = (bytes[3], bytes[4])
                    let stream = Int(bytes[5] & 127) << 24 | Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8])
                    bytes.removeFirst(9 + length)
                    if type == 4, flags & 1 == 0 { send(Frame.make(4, flags: 1, stream: 0)) }
                    // A request that has come whole: libcurl 7.88 fails one that is answered amid its body.
                    if type <= 1, flags & 1 == 1 {
                        let number = asked.count.withLock { count in
                            defer { count += 1 }
                            return count
                        }
                        send(script(number, stream))
                        later(stream, send)
                    }
                }
            }
        }
    }

    func stop() {
        tls.stop()
        thread.join()
    }

    /// One request after another.
    static func exchange(
        _ count: Int,
        script: @escaping @Sendable (_ number: Int, _ stream: Int) -> [UInt8]
    ) throws -> (results: [Collected], requests: Int) {
        let server = try #require(try FrameServer(script: script))
        let results = TransportTests.exchange(with: server.endpoint, count: count)
        let requests = server.requests
        server.stop()
        return (results, requests)
    }
}
