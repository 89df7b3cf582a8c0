import Glibc
import TestSupport

/// One GET of a server on this machine, its head included; nil where nobody listens.
func localGet(_ path: String, ofPort port: UInt16) -> String? {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(connection) }
    let isConnected = Loopback.with(port: Int(port)) { connect(connection, $0, $1) == 0 }
    guard isConnected else { return nil }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8)
    _ = send(connection, request, request.count, Int32(MSG_NOSIGNAL))
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while case let count = Glibc.read(connection, &piece, piece.count), count > 0 { answer += piece[..<count] }
    return String(decoding: answer, as: UTF8.self)
}
