import Foundation
public import Glibc
public import Transport

/// A real proxy of this machine between client and server, with a certificate of the test's own where it speaks TLS.
public final class Middleman {
    public enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        case nginx, haproxy
        case nghttpx  // TLS and HTTP/2 to the client
        case stunnel  // TLS to the client, bytes

        public var description: String { rawValue }

        fileprivate var program: String? {
            ["/usr/sbin/\(rawValue)", "/usr/bin/\(rawValue)", "/usr/bin/\(rawValue)4"].first { access($0, X_OK) == 0 }
        }

        public var isInstalled: Bool { program != nil }

        /// The word before tests that need it.
        public var missing: String { "\(rawValue) is not installed" }
    }

    public let kind: Kind
    public let endpoint: Endpoint
    private let process = Process()
    private let folder: URL

    /// - Parameters:
    ///   - upstream: the port behind it.
    ///   - patience: how long it waits for the server behind it, ms. nginx moves a timer by 300 ms or more only.
    ///   - settings: more of its configuration: of nginx's server, of haproxy's section, arguments of nghttpx, stunnel's.
    /// - Returns: nil where it cannot be started.
    public init?(_ kind: Kind, before upstream: Int, patience: Int = 10_000, settings: String = "") throws {
        guard let program = kind.program else { return nil }
        self.kind = kind
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("spate-\(kind)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = ScriptedServer.quietPort()
        let isTLS = kind == .nghttpx || kind == .stunnel
        var endpoint = Endpoint(scheme: isTLS ? .https : .http, host: "127.0.0.1", port: port)
        let certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        if isTLS {
            guard Certificate.make(certificate, key: key) else { return nil }
            endpoint.rootsFile = certificate
            if kind == .nghttpx { endpoint.http = .two }
        }
        self.endpoint = endpoint
        let file = folder.appendingPathComponent("conf").path
        process.executableURL = URL(fileURLWithPath: program)
        switch kind {
        case .nginx:
            try Self.nginx(folder.path, port, upstream, patience, settings).write(
                toFile: file,
                atomically: true,
                encoding: .utf8
            )
            process.arguments = ["-p", folder.path, "-c", file, "-e", "\(folder.path)/error.log"]
        case .haproxy:
            try Self.haproxy(port, upstream, patience, settings).write(toFile: file, atomically: true, encoding: .utf8)
            process.arguments = ["-db", "-f", file]
        case .nghttpx:
            process.arguments =
                [
                    "--conf=/dev/null", "--single-process", "-f127.0.0.1,\(port)", "-b127.0.0.1,\(upstream)",
                    "--workers=1",
                    "--backend-read-timeout=\(patience)ms", "--backend-connect-timeout=\(patience)ms",
                    "--accesslog-file=/dev/null", "--errorlog-file=\(folder.path)/error.log",
                ] + settings.split(separator: " ").map(String.init) + [key, certificate]
        case .stunnel:
            let text = """
                foreground = yes
                pid =
                output = \(folder.path)/error.log
                \(settings)
                [s]
                accept = 127.0.0.1:\(port)
                connect = 127.0.0.1:\(upstream)
                cert = \(certificate)
                key = \(key)
                TIMEOUTclose = 0

                """
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            process.arguments = [file]
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        guard waitUntilAccepted(on: port), process.isRunning else {
            stop()
            return nil
        }
    }

    private static func nginx(_ folder: String, _ port: Int, _ upstream: Int, _ patience: Int, _ settings: String)
        -> String
    {
        """
        daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
        events { worker_connections 256; }
        http {
          access_log off; client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
          fastcgi_temp_path \(folder)/f; uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
          limit_req_zone $server_port zone=one:1m rate=1r/m; limit_req_status 429;
          server {
            listen 127.0.0.1:\(port);
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
            proxy_connect_timeout \(patience)ms; proxy_read_timeout \(patience)ms;
            location / { proxy_pass http://127.0.0.1:\(upstream); \(settings) }
          }
        }
        """
    }

    private static func haproxy(_ port: Int, _ upstream: Int, _ patience: Int, _ settings: String) -> String {
        """
        global
          maxconn 64
        defaults
          mode http
          retries 0
          timeout connect \(patience)ms
          timeout client 10s
          timeout server \(patience)ms
        listen l
          bind 127.0.0.1:\(port)
          server s 127.0.0.1:\(upstream)
          option http-no-delay
          http-reuse never
          \(settings)

        """
    }

    /// What it wrote of errors.
    public var log: String {
        (try? String(contentsOf: folder.appendingPathComponent("error.log"), encoding: .utf8)) ?? ""
    }

    public var processID: pid_t { process.processIdentifier }

    public func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
