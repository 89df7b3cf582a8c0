import Foundation
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    /// How a target may be named and reached.
    @Suite struct WaysInTests {
        private final class Lines: Sendable {
            private let seen = Mutex<[String]>([])
            func add(_ request: String) { seen.withLock { $0.append(String(request.prefix { $0 != "\r\n" })) } }
            var all: [String] { seen.withLock { $0 } }
        }

        private static let answer = ScriptedServer.answer(
            "200 OK",
            "text/event-stream",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        )
        private static let probe = [
            "probe", "--request-count", "1", "--gap", "1ms", "--warmup-request-count", "0", "--max-tokens", "4",
            "--model", "m",
        ]

        @Test func `a whole URL with a query is asked as it is`() throws {
            let (folder, lines) = (try Folder(), Lines())
            let server = ScriptedServer.answering { request in
                lines.add(request)
                return Self.answer
            }
            let url = "http://127.0.0.1:\(server.port)/openai/deployments/d/chat/completions?api-version=2024-10-21"
            let ended = try Spate.run(Self.probe + ["--url", url, "-o", folder["run"]], within: 20)
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            let posts = lines.all.filter { $0.hasPrefix("POST") }
            #expect(!posts.isEmpty)
            #expect(
                posts.allSatisfy { $0 == "POST /openai/deployments/d/chat/completions?api-version=2024-10-21 HTTP/1.1" }
            )
            #expect(
                lines.all.contains { $0.hasPrefix("GET ") && $0.hasSuffix("/models?api-version=2024-10-21 HTTP/1.1") }
            )
        }

        @Test func `a name that only a proxy knows is asked through it, and the result says so`() throws {
            let (folder, lines) = (try Folder(), Lines())
            let server = ScriptedServer.answering { request in
                lines.add(request)
                return Self.answer
            }
            let ended = try Spate.run(
                Self.probe + ["--url", "http://model.unknown.invalid/v1", "-o", folder["run"], "--full"],
                environment: ["HTTP_PROXY": "http://user:pass-word-1@127.0.0.1:\(server.port)"],
                within: 20
            )
            #expect([0, 97].contains(ended.status), "\(ended.all)")
            #expect(
                lines.all.contains("POST http://model.unknown.invalid/v1/chat/completions HTTP/1.1"),
                "\(lines.all)"
            )
            #expect(ended.all.contains("proxy") && !ended.all.contains("pass-word-1"), "\(ended.all)")
        }

        @Test func `a redirect says where it pointed`() throws {
            let folder = try Folder()
            let server = ScriptedServer.answering { _ in
                "HTTP/1.1 307 X\r\nLocation: https://other.example/v1/\u{1b}[2J\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            let ended = try Spate.run(Self.probe + ["--url", server.url, "-o", folder["run"]], within: 20)
            #expect(ended.status == 98, "\(ended.all)")
            #expect(
                ended.error.contains("redirected to https://other.example/v1/") && !ended.all.contains("\u{1b}"),
                "\(ended.all)"
            )
        }
    }
}
