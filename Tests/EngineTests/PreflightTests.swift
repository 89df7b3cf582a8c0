import TestSupport
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

extension RunTests {
    @Suite struct Preflights {
        private func ask(_ port: Int, host: String = "127.0.0.1", seconds: Int64 = 5) -> Preflight.Answer {
            Preflight.ask(
                Preflight.Question(
                    endpoint: Endpoint(scheme: .http, host: host, port: port),
                    path: "/v1/models",
                    headers: [Header(name: "Authorization", value: "Bearer k")]
                ),
                seconds: seconds
            )
        }

        private func server(_ reply: @escaping @Sendable (String) -> String) -> ScriptedServer {
            ScriptedServer { connection in
                while let request = connection.request() { connection.send(reply(request)) }
            }
        }

        private static func response(_ status: String, _ body: String) -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        @Test func `the models are asked for with the key, and named`() {
            let server = server { request in
                let isGood = request.hasPrefix("GET /v1/models ") && header("authorization", of: request) == "Bearer k"
                return isGood
                    ? Self.response("200 OK", "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}")
                    : Self.response("400 Bad", "")
            }
            let answer = ask(server.port)
            server.stop()
            #expect(answer.status == 200)
            #expect(answer.models == ["a", "b"])
            #expect(answer.failure == nil)
            #expect(answer.words == nil)
        }

        @Test func `a name is resolved once, for the endpoint`() {
            let server = server { _ in Self.response("200 OK", "[]") }
            let answer = ask(server.port, host: "localhost")
            server.stop()
            #expect(answer.endpoint.addresses.contains("127.0.0.1"))
            #expect(answer.resolveNanoseconds > 0)
        }

        @Test func `an answer without models keeps its status and first words`() {
            let server = server { _ in Self.response("401 Unauthorized", "who are you?") }
            let answer = ask(server.port)
            server.stop()
            #expect(answer.status == 401)
            #expect(answer.models.isEmpty)
            #expect(answer.words == "who are you?")
            #expect(answer.failure == nil)
        }

        @Test func `a closed port and a name that does not exist say why`() {
            let refused = ask(ScriptedServer.closedPort())
            #expect(refused.failure?.kind == .connect)
            #expect(refused.failure?.detail == "connect_refused")
            let unknown = ask(1, host: "no-such-host.invalid")
            #expect(unknown.failure?.kind == .resolve)
            #expect(unknown.failure?.text.contains("no-such-host.invalid") == true)
        }

        @Test func `a server that says nothing is given up after the time it has`() {
            let server = ScriptedServer { connection in
                _ = connection.request()
                pause(milliseconds: 1_600)
            }
            let before = MonotonicClock.now()
            let answer = ask(server.port, seconds: 1)
            let nanoseconds = MonotonicClock.now().nanoseconds(since: before)
            server.stop()
            #expect(answer.failure?.detail == "connect_timeout")
            #expect((1_000_000_000...1_500_000_000).contains(nanoseconds))
        }
    }
}
