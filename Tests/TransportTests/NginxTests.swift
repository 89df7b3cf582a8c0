import CCurl
import Foundation
import TestSupport
import Testing
import Ticks

@testable import Transport

/// nginx with a certificate of the test's own: a real peer for HTTP/2 and for resumed TLS sessions.
private final class Nginx {
    let endpoint: Endpoint
    private let process = Process()
    private let folder: URL

    /// - Parameter directives: more of the server's block.
    init?(_ directives: String = "") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("spate-nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        guard Certificate.make(certificate, key: key) else { return nil }
        let port = ScriptedServer.quietPort()
        let text = """
            daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log;
            events { worker_connections 256; }
            http {
              access_log off; client_body_temp_path \(folder.path)/body; proxy_temp_path \(folder.path)/proxy;
              fastcgi_temp_path \(folder.path)/f; uwsgi_temp_path \(folder.path)/u; scgi_temp_path \(folder.path)/s;
              server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(certificate); ssl_certificate_key \(key);
                ssl_session_cache shared:a:1m; \(directives)
                # As before an inference server: a body is read before anything is answered. libcurl 7.88 fails a request
                # of HTTP/2 that is answered amid its body.
                location / {
                  proxy_pass http://unix:\(folder.path)/up;
                  proxy_set_header X-Spoken "$server_protocol $ssl_session_reused";
                }
              }
              server { listen unix:\(folder.path)/up; location / { return 200 $http_x_spoken; } }
            }
            """
        let file = folder.appendingPathComponent("nginx.conf").path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        var endpoint = Endpoint(scheme: .https, host: "127.0.0.1", port: port)
        endpoint.rootsFile = certificate
        self.endpoint = endpoint
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/nginx")
        process.arguments = ["-p", folder.path, "-c", file, "-e", "\(folder.path)/error.log"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        _ = waitUntilAccepted(on: port)
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}

@Suite(.serialized) struct NginxTests {
    /// All at once, on one client.
    private func storm(_ count: Int, at endpoint: Endpoint) -> (results: [Collected], opened: Int64) {
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: endpoint, headers: [])
        var results: [Collected] = []
        var left = count
        let guardTimer = PreciseTimer(loop: loop) { _ in loop.stop() }
        guardTimer.arm(at: MonotonicClock.now().advanced(byNanoseconds: 10_000_000_000))
        let start = PreciseTimer(loop: loop) { _ in
            for number in 0..<count {
                let result = Collected()
                results.append(result)
                let transfer = client.transfer()
                transfer.handler = result
                transfer.prepare(post: "/v1/x", body: Array("{}".utf8), requestID: "r-\(number)")
                result.onEnd = { _ in
                    left -= 1
                    if left == 0 { loop.stop() }
                }
                client.start(transfer, connection: .any)
            }
        }
        start.arm(at: MonotonicClock.now())
        loop.run()
        return (results, client.connectionsOpened)
    }

    @Test func `with HTTP/2 a storm of requests shares one connection`() throws {
        let nginx = try #require(try Nginx())
        defer { nginx.stop() }
        var endpoint = nginx.endpoint
        endpoint.http = .two
        let (results, opened) = storm(40, at: endpoint)
        #expect(opened == 1)
        for result in results {
            #expect(result.failure == nil)
            #expect(result.timing.http == 2)
            #expect(result.text.hasPrefix("HTTP/2.0"))
            let written = try #require(result.timing.written)
            let first = try #require(result.timing.firstByte)
            #expect(result.timing.dispatched <= written && written <= first)
            // Delivered from libcurl's buffers: nobody may take the stamp for the kernel's.
            #expect(result.stamps.allSatisfy { !$0.isKernel })
        }
        #expect(results.count { $0.timing.reused } == 39)
    }

    @Test func `more streams than a connection may carry share several, and do not get one each`() throws {
        let nginx = try #require(try Nginx())  // which allows 128
        defer { nginx.stop() }
        var endpoint = nginx.endpoint
        endpoint.http = .two
        let (results, opened) = storm(250, at: endpoint)
        #expect(opened == 3)
        #expect(results.compactMap(\.failure) == [])
        #expect(results.count { $0.timing.http == 2 } == 250)
    }

    /// RFC 9113, 8.7: what lies above GOAWAY's last stream was not taken, and is asked again.
    @Test(arguments: [1, 8, 64]) func `a proxy that takes 20 requests on a connection fails none`(streams: Int) throws {
        let nginx = try #require(try Nginx("keepalive_requests 20;"))
        defer { nginx.stop() }
        var endpoint = nginx.endpoint
        endpoint.http = .two
        let (results, opened) = closedLoop(200, streams: streams, at: endpoint)
        #expect(results.count == 200)
        #expect(results.compactMap(\.failure) == [])
        #expect(results.allSatisfy { $0.isDone && $0.text.hasPrefix("HTTP/2.0") })
        #expect(opened >= 10)
    }

    /// So many at a time, until all have been asked.
    private func closedLoop(_ count: Int, streams: Int, at endpoint: Endpoint) -> (results: [Collected], opened: Int64)
    {
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: endpoint, headers: [])
        var results: [Collected] = []
        var left = count
        var free: [Transfer] = []
        let limit = PreciseTimer(loop: loop) { _ in loop.stop() }
        limit.arm(at: MonotonicClock.now().advanced(byNanoseconds: 20_000_000_000))
        var next: PreciseTimer?
        next = PreciseTimer(loop: loop) { _ in
            while let transfer = free.popLast(), results.count < count {
                let result = Collected()
                results.append(result)
                transfer.handler = result
                transfer.prepare(post: "/v1/x", body: Array("{}".utf8), requestID: "r-\(results.count)")
                result.onEnd = { _ in
                    left -= 1
                    free.append(transfer)
                    if left == 0 { loop.stop() }
                    next?.arm(at: MonotonicClock.now())
                }
                client.start(transfer, connection: .any)
            }
        }
        for _ in 0..<streams { free.append(client.transfer()) }
        next?.arm(at: MonotonicClock.now())
        loop.run()
        return (results, client.connectionsOpened)
    }

    @Test func `HTTP/1.1 stays what is spoken unless it is asked for`() throws {
        let nginx = try #require(try Nginx())
        defer { nginx.stop() }
        let (results, opened) = storm(3, at: nginx.endpoint)
        #expect(opened == 3)
        #expect(results.allSatisfy { $0.text.hasPrefix("HTTP/1.1") && $0.timing.http == 1 })
    }

    @Test func `a new connection resumes the TLS session of an older one`() throws {
        let nginx = try #require(try Nginx())
        defer { nginx.stop() }
        let results = exchange(with: nginx.endpoint, count: 3, connection: .cold, pauseMilliseconds: 20)
        #expect(results.map(\.timing.reused) == [false, false, false])
        #expect(results.map(\.text) == ["HTTP/1.1 .", "HTTP/1.1 r", "HTTP/1.1 r"])
    }
}

@Suite struct SourceAddressTests {
    @Test func `connections leave from the given addresses in turn`() throws {
        let server = ScriptedServer { connection, _ in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = getpeername(connection.descriptor, $0, &length)
                }
            }
            let last = UInt32(bigEndian: address.sin_addr.s_addr) & 0xff
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n\(last)")
        }
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: server.port)
        endpoint.sources = ["127.0.0.2", "127.0.0.3"]
        let results = exchange(with: endpoint, count: 4, connection: .cold)
        #expect(Set(results.map(\.text)) == ["2", "3"])
        #expect(results.count { $0.text == "2" } == 2)
    }

    @Test func `an address that is not this machine's is a resource of ours that is missing`() throws {
        let server = ScriptedServer { _, _ in }
        defer { server.stop() }
        var endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: server.port)
        endpoint.sources = ["192.0.2.1"]
        let failure = try #require(exchange(with: endpoint, connection: .cold).first?.failure)
        #expect(failure.kind == .clientResource, "\(failure)")
    }

    @Test func `each shard begins with another of the target's addresses`() {
        var endpoint = Endpoint(scheme: .http, host: "h", port: 80)
        #expect(endpoint.resolveEntry(turn: 0) == nil)
        endpoint.addresses = ["1.1.1.1", "::2"]
        #expect(
            (0..<3).map { endpoint.resolveEntry(turn: $0) } == [
                "h:80:1.1.1.1,[::2]", "h:80:[::2],1.1.1.1", "h:80:1.1.1.1,[::2]",
            ]
        )
    }
}
