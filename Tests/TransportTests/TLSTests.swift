import CCurl
import Foundation
import TestSupport
import Testing
import Ticks

@testable import Transport

/// `openssl s_server` with a certificate of the test's own: a real TLS peer that sends what it is given.
final class TLSServer {
    let port: Int
    let certificate: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let folder: URL

    /// - Parameter protocols: offered by ALPN; what is received then can be read.
    init?(protocols: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("spate-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        guard Certificate.make(certificate, key: key) else { return nil }
        port = ScriptedServer.quietPort()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key]
        if let protocols { process.arguments? += ["-alpn", protocols] }
        process.standardInput = input
        process.standardOutput = protocols == nil ? FileHandle.nullDevice : output
        process.standardError = FileHandle.nullDevice
        try process.run()
        _ = waitUntilAccepted(on: port)
    }

    /// What is written here, the server sends on its connection.
    var descriptor: Int32 { input.fileHandleForWriting.fileDescriptor }

    /// What it received on its connections, one after another.
    var received: Int32 { output.fileHandleForReading.fileDescriptor }

    func stop() {
        kill(process.processIdentifier, SIGKILL)  // it ignores SIGTERM while its input is open
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}

@Suite(.serialized) struct TLSTests {
    @Test func `bytes over https carry the kernel's stamp too`() throws {
        let server = try #require(try TLSServer())
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: server.port)
        endpoint.rootsFile = server.certificate
        let connection = ScriptedServer.Connection(descriptor: server.descriptor)
        let feeder = LoopThread(name: "feeder") {
            pause(milliseconds: 200)
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<10 {
                pause(milliseconds: 5)
                connection.write("9\r\ndata: a\n\n\r\n")
            }
            connection.write("0\r\n\r\n")
        }
        defer { feeder.join() }
        let result = try #require(exchange(with: endpoint).first)
        #expect(result.failure == nil)
        #expect(result.stamps.count == 10)
        #expect(result.stamps.filter(\.isKernel).count >= 9)
        for stamp in result.stamps { #expect(stamp.instant <= stamp.readAt) }
        #expect(try #require(result.timing.tls) > 0)
        #expect(result.timing.written != nil)
    }

    @Test func `an unknown certificate is refused`() throws {
        let server = try #require(try TLSServer())
        defer { server.stop() }
        let endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: server.port)
        let failure = try #require(exchange(with: endpoint).first?.failure)
        #expect(failure.kind == .tls)
        #expect(failure.detail == "tls_verify")
    }

    @Test func `TLS on a plain port is a TLS failure`() throws {
        let scripted = ScriptedServer { connection, _ in
            var bytes = [UInt8](repeating: 0, count: 512)
            _ = read(connection.descriptor, &bytes, 512)
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        defer { scripted.stop() }
        let endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: scripted.port)
        let failure = try #require(exchange(with: endpoint).first?.failure)
        #expect(failure.kind == .tls)
    }
}
