import Measurement
import Schedule
import Synchronization
import TestSupport
import Testing
import Transport
import Wire

@testable import Engine

extension RunTests {
    @Suite struct Outcomes {
        /// One reply of the server, and what must become of it.
        struct Reply: Sendable {
            var outcome: Outcome
            var detail: String?
            var send: @Sendable (ChatServer.Exchange) -> ChatServer.After

            /// What the cap cut while the model reasoned is as good an answer as the cap allows.
            var `class`: Outcome.Class {
                outcome == .reasoningOnly && detail == "truncated_length" ? .success : outcome.class
            }

            init(_ outcome: Outcome, _ detail: String? = nil, _ send: @escaping @Sendable (ChatServer.Exchange) -> Void)
            {
                self.outcome = outcome
                self.detail = detail
                self.send = {
                    send($0)
                    return .keepAlive
                }
            }

            init(
                _ outcome: Outcome,
                _ detail: String? = nil,
                then after: ChatServer.After,
                _ send: @escaping @Sendable (ChatServer.Exchange) -> Void
            ) {
                self.init(outcome, detail, send)
                self.send = {
                    send($0)
                    return after
                }
            }
        }

        private typealias R = ReplySample
        private static let problem = "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":\"c\"}}"

        static let replies: [Reply] = [
            Reply(.ok) { $0.answer() },
            Reply(.rateLimited, "rate_limited") {
                $0.whole(status: "429 Too Many", problem, headers: "Retry-After: 9999\r\n")
            },
            Reply(.okLength) { $0.answer(finish: "length") },
            Reply(.http5xx, "http_5xx") { $0.whole(status: "500 Oops", problem) },
            Reply(.truncated, "truncated") { $0.stream(R.role + R.text("half an")) },
            Reply(.inbandError, "inband_error") {
                $0.stream(R.role + R.text("a") + R.error(type: "t", code: "c") + R.done)
            },
            Reply(.protocol, "not_a_stream") { $0.whole(status: "200 OK", type: "text/html", "<html>hello</html>") },
            Reply(.empty, "empty") { $0.stream(R.role + R.finish("stop") + R.done) },
            Reply(.ok) { $0.answer() },
            Reply(.truncated, "truncated") { $0.stream("") },
            Reply(.overloaded, "http_5xx") { $0.whole(status: "503 Busy", "<html>busy</html>") },
            Reply(.overloaded, "http_5xx") { $0.whole(status: "529 Busy", problem) },
            Reply(.overloaded, "inband_error: overloaded") { $0.stream(R.error(type: "overloaded_error")) },
            Reply(.http4xx, "http_4xx_404") { $0.whole(status: "404 Not Found", problem) },
            Reply(.http4xx, "redirect") {
                $0.whole(status: "302 Found", "", headers: "Location: http://127.0.0.1:1/elsewhere\r\n")
            },
            Reply(.auth, "http_4xx_401") { $0.whole(status: "401 Unauthorized", problem) },
            Reply(.refusal) { $0.stream(R.chunk("\"refusal\":\"no\"") + R.finish("stop") + R.done) },
            Reply(.filtered) { $0.stream(R.text("a") + R.finish("content_filter") + R.done) },
            Reply(.reasoningOnly, "truncated_length") { $0.stream(R.reasoning("hm") + R.finish("length") + R.done) },
            Reply(.ok) { $0.stream(R.text("a") + R.finish("stop")) },
            Reply(.empty, "empty") { $0.connection.send("HTTP/1.1 204 No Content\r\n\r\n") },
            Reply(.ok) {
                let message = "\"message\":{\"role\":\"assistant\",\"content\":\"hello\"}"
                $0.whole(
                    status: "200 OK",
                    "{\"choices\":[{\"index\":0,\(message),\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}"
                )
            },
            Reply(.truncated, "truncated", then: .close) {
                $0.connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n")
                $0.connection.send(R.text("a"))
            },
            Reply(.rateLimited, "rate_limited", then: .close) {
                $0.connection.send("HTTP/1.1 429 Too Many\r\nContent-Length: 9999\r\n\r\n{\"error\":")
            },
            Reply(.reset, "reset_midstream", then: .reset) {
                $0.head()
                $0.piece(R.text("a"))
                pause(milliseconds: 30)
            },
            Reply(.reset, then: .reset) { _ in },
            Reply(.ok, then: .reset) {
                $0.head()
                $0.piece(R.text("a") + R.finish("stop") + R.done)
                pause(milliseconds: 30)
            },
            Reply(.protocol, "protocol_chunk", then: .close) {
                $0.head()
                $0.connection.send("zz\r\nnonsense\r\n")
            },
            Reply(.ok) { $0.answer() },
        ]

        @Test func `each reply has its outcome, and the classes add up to what was scheduled`() throws {
            let replies = Self.replies
            let server = ChatServer { exchange in
                exchange.number < replies.count ? replies[exchange.number].send(exchange) : .close
            }
            let driven = Rig(port: server.port, [.oneByOne(replies.count)]).run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            let requests = driven.requests
            #expect(requests.count == replies.count)
            for (number, (request, reply)) in zip(requests, replies).enumerated() {
                #expect(request.outcome == reply.outcome, "reply \(number)")
                if reply.detail != nil { #expect(request.detail == reply.detail, "reply \(number)") }
                #expect(request.useful == (reply.outcome == .ok || reply.outcome == .okLength), "reply \(number)")
                #expect((request.error == nil) || request.outcome.class != .success, "reply \(number)")
            }
            // Of the outcomes that take a reply none is missing.
            let without: Set<Outcome> = [
                .cancelled, .notSent, .clientResource, .dns, .connect, .tls, .timeoutConnect, .timeoutFirstToken,
                .timeoutIdle, .timeoutTotal,
            ]
            #expect(Set(replies.map(\.outcome)) == Set(Outcome.allCases).subtracting(without))

            let totals = try #require(RunResult(of: driven.run).targets.first?.totals.requests)
            #expect(totals.scheduled == replies.count)
            #expect(totals.success == replies.count { $0.class == .success })
            #expect(totals.throttled == replies.count { $0.class == .throttled })
            #expect(totals.failed == replies.count { $0.class == .failed })
            #expect(totals.scheduled == totals.success + totals.failed + totals.throttled + totals.excluded)
        }

        @Test func `an answer in one piece has an end and no first token, and its tokens count`() throws {
            let server = ChatServer { exchange in
                pause(milliseconds: 20)
                let message = "\"message\":{\"role\":\"assistant\",\"content\":\"hello\"}"
                exchange.whole(status: "200 OK", "{\"choices\":[{\"index\":0,\(message),\"finish_reason\":\"stop\"}]}")
                return .keepAlive
            }
            let driven = Rig(port: server.port, [.oneByOne(3)]).run()
            server.stop()
            expectSoundBooks(driven)
            for request in driven.requests {
                #expect(request.outcome == .ok)
                #expect(request.firstToken == nil)
                #expect(request.firstVisible == nil)
                #expect(try #require(request.lastToken) >= 20_000_000)
                #expect(request.textBytes == 5)
                #expect(request.tokenReads == 1)
                #expect(request.reads == 1)
                #expect(request.note == "answered in one piece, not as a stream")
            }
        }

        @Test func `a port on which nobody listens is not hammered, and the target is given up with the reason`() throws
        {
            var rig = Rig(port: ScriptedServer.closedPort(), [.steady(25, milliseconds: 8_000)])
            rig.breakerAfter = .milliseconds(150)
            let driven = rig.run()
            expectSoundBooks(driven)
            // All 25 at once, and again 250 ms later: the fiftieth of them is the last that it takes.
            #expect((50...75).contains(driven.requests.count))
            #expect(driven.outcomes == [.connect: driven.requests.count])
            #expect(driven.requests.allSatisfy { $0.detail == "connect_refused" && $0.error != nil })
            #expect(driven.requests.allSatisfy { $0.written == nil && $0.connection == nil })
            let reason = try #require(driven.outcome.abandoned[1])
            #expect(reason.contains("without a success or a token"))
            #expect(driven.outcome.stop == nil)
            let incidents = driven.run.incidents.filter { $0.kind == .unusable }
            #expect(incidents.count == 1)
            #expect(incidents.first?.detail?.contains("target-1") == true)
            #expect(driven.outcome.duration >= 250_000_000)
        }

        /// A job against a server that comes back after 1.2 s: nothing of it is lost, and the time is told.
        @Test func `a run outlives its server's restart, and a job's prompts that were refused are asked again`() throws
        {
            let port = ScriptedServer.closedPort()
            let isOver = Mutex(false)
            let restart = LoopThread(name: "restart") {
                pause(milliseconds: 1_200)
                let server = ChatServer(port: port) { exchange in
                    exchange.answer()
                    return .close
                }
                while !isOver.withLock({ $0 }) { pause(milliseconds: 5) }
                server.stop()
            }
            let driven = Rig(port: port, [.batch(.init(requests: 6, concurrency: 2))]).run()
            isOver.withLock { $0 = true }
            restart.join()
            expectSoundBooks(driven)
            #expect(driven.outcome.abandoned.isEmpty)
            let answered = driven.requests.filter { $0.outcome == .ok }
            #expect(Set(answered.compactMap(\.item)) == [0, 1, 2, 3, 4, 5])
            #expect(answered.count == 6)
            let refused = driven.requests.filter { $0.outcome == .connect }
            #expect(Set(refused.compactMap(\.item)) == [0, 1])
            // Each at 0, 0.25, 0.75 and 1.75 s by hand, the last of which succeeds; a slow machine has fewer.
            #expect((2...6).contains(refused.count))
            let outages = driven.run.incidents.filter { $0.kind == .outage }
            #expect(outages.count == 1)
            let outage = try #require(outages.first)
            #expect(outage.attempts == refused.count)
            #expect(try #require(outage.ended) - outage.at >= 1_000_000_000)
            #expect(outage.at == refused.compactMap(\.dispatched).min())
        }

        @Test func `a server that throttles at once is backed off from and not given up`() {
            let server = ChatServer { exchange in
                exchange.whole(status: "429 Too Many Requests", "{}")
                return .keepAlive
            }
            let driven = Rig(port: server.port, [.steady(2, milliseconds: 800)]).run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.rateLimited: driven.requests.count])
            #expect((1...160).contains(driven.requests.count))  // never more than 2 per 10 ms
            #expect(driven.outcome.abandoned.isEmpty)
        }

        @Test func `twenty refusals end the target's part, and the next target's goes on`() throws {
            let refusing = ChatServer { exchange in
                if exchange.number < 3 {  // these never answer; the grace ends them
                    pause(milliseconds: 1_500)
                    return .close
                }
                exchange.whole(status: "401 Unauthorized", "{\"error\":{\"message\":\"who are you?\"}}")
                return .keepAlive
            }
            let serving = ChatServer { exchange in
                exchange.answer(wait: 20, tokens: 2)
                return .keepAlive
            }
            var rig = Rig([
                Rig.Target(
                    port: refusing.port,
                    shapes: [.steady(6, milliseconds: 3_000), .steady(6, milliseconds: 3_000)]
                ),
                Rig.Target(port: serving.port, shapes: [.steady(2, milliseconds: 400)]),
            ])
            rig.grace = .milliseconds(200)
            let driven = rig.run()
            refusing.stop()
            serving.stop()
            expectSoundBooks(driven)
            #expect(Set(driven.outcome.abandoned.keys) == [1])
            #expect(driven.outcome.abandoned[1]?.contains("20 requests in a row") == true)
            let phases = driven.run.phases.map(\.target)
            #expect(phases == [1, 2])
            let first = try #require(driven.run.steps.first)
            let ours = driven.requests(of: first)
            #expect(ours.count { $0.outcome == .auth } >= 20)
            #expect(refusing.journal.posts == ours.count)
            let others = driven.requests.filter { $0.step != first.id }
            #expect(others.allSatisfy { $0.outcome == .ok })
            #expect(serving.journal.posts == others.count)
            #expect(serving.journal.mostInFlight <= 2)
            guard driven.isSteady else { return }
            #expect(ours.count { $0.outcome == .cancelled } == 3)
            #expect(others.count > 10)
            #expect(driven.outcome.duration < 3_000_000_000)
        }

        /// The server echoes the key wherever it can.
        @Test func `no word of a server brings the key into a record`() {
            let key = "sk-CANARY-7f31c0ffee42"
            let error = "{\"error\":{\"message\":\"bad key \(key)\",\"type\":\"\(key)\",\"code\":\"\(key)\"}}"
            let replies: [@Sendable (ChatServer.Exchange) -> ChatServer.After] = [
                {
                    $0.whole(status: "400 Bad", error)
                    return .keepAlive
                },
                {
                    $0.stream("data: \(error)\n\n")
                    return .keepAlive
                },
                {
                    $0.whole(status: "502 Bad", type: "text/html", "<p>Authorization: Bearer \(key)</p>")
                    return .keepAlive
                },
                {
                    $0.whole(status: "200 OK", type: "text/html", "<p>\(key)</p>")
                    return .keepAlive
                },
                {
                    $0.stream(ReplySample.role + ReplySample.finish(key) + ReplySample.done)
                    return .keepAlive
                },
                {
                    $0.stream(ReplySample.text("a") + ReplySample.finish(key) + ReplySample.done)
                    return .keepAlive
                },
                {
                    $0.connection.send("HTTP/1.1 200 \(key)\r\nContent-Length: x\(key)\r\n\r\n")
                    return .close
                },
                {
                    $0.connection.send("\(key)\r\n\r\n")
                    return .close
                },
            ]
            let server = ChatServer { exchange in
                guard header("authorization", of: exchange.request) == "Bearer \(key)" else { return .close }
                return replies[exchange.number % replies.count](exchange)
            }
            var rig = Rig(port: server.port, [.oneByOne(replies.count)])
            rig.targets[0].headers = [Header(name: "Authorization", value: "Bearer \(key)")]
            rig.redactor = Redactor(secrets: [key])
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(server.journal.posts == replies.count)
            #expect(driven.requests.count { $0.error?.contains("[redacted]") == true } >= 4)
            #expect(!"\(driven.run)".contains("CANARY"))
        }
    }
}
