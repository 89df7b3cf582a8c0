import Measurement
import Schedule
import Testing

@testable import Engine

extension RunTests {
    @Suite struct Retries {
        private static let refusal =
            #"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#

        /// Every second POST is refused and asks to wait 200 ms.
        private func moody() -> ChatServer {
            ChatServer { exchange in
                if exchange.number % 2 == 0 {
                    exchange.whole(
                        status: "429 Too Many Requests",
                        Self.refusal,
                        headers: "Retry-After-Ms: 200\r\nX-RateLimit-Limit-Requests: 50\r\n"
                            + "X-RateLimit-Remaining-Requests: \(10 - min(10, exchange.number))\r\n"
                    )
                } else {
                    exchange.answer(wait: 10, tokens: 2)
                }
                return .keepAlive
            }
        }

        @Test func `unless asked for, nothing is sent again`() {
            let server = moody()
            let driven = Rig(port: server.port, [.oneByOne(6)]).run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.rateLimited: 3, .ok: 3])
            #expect(driven.requests.allSatisfy { $0.attempt == 0 })
        }

        @Test func `a refused request is sent again when its server asked for it, each attempt a row`() throws {
            let server = moody()
            var rig = Rig(port: server.port, [.oneByOne(3)])
            rig.retries = 2
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.rateLimited: 3, .ok: 3])
            #expect(driven.requests.map(\.attempt) == [0, 1, 0, 1, 0, 1])
            let chains = Dictionary(grouping: driven.requests, by: \.sequence)
            #expect(chains.count == 3)
            for chain in chains.values {
                let (first, second) = (chain[0], chain[1])
                #expect(first.outcome == .rateLimited && second.outcome == .ok)
                #expect(second.measured == first.measured && second.step == first.step)
                let ended = try #require(first.dispatched) + (try #require(first.ended))
                let wait = second.scheduled - ended
                // Asked 200 ms, and up to 250 ms of jitter.
                #expect((200_000_000...450_000_000).contains(wait), "\(wait)")
                if driven.isSteady { #expect(try #require(second.dispatchLag) < 50_000_000) }
            }
            // The user waits with the request: the next is not sent meanwhile.
            #expect(server.journal.mostInFlight == 1)
            let limits = try #require(driven.outcome.rateLimits[1])
            #expect(limits.responses == 3 && limits.retryAfters == 3)
            #expect(limits.limits.map(\.name) == ["requests"])
            #expect(limits.limits[0].limit == 50 && limits.limits[0].leastRemaining == 6)
            #expect(limits.longestRetryAfterSeconds == 0.2)
        }

        @Test func `a request that is refused each time ends with its last attempt`() {
            let server = ChatServer { exchange in
                exchange.whole(status: "503 Service Unavailable", "{}", headers: "Retry-After-Ms: 1\r\n")
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.oneByOne(2)])
            rig.retries = 2
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.requests.map(\.attempt) == [0, 1, 2, 0, 1, 2])
            #expect(driven.outcomes == [.overloaded: 6])
        }

        @Test func `who stops does not wait for those that wait`() {
            let server = ChatServer { exchange in
                exchange.whole(status: "429 Too Many Requests", Self.refusal, headers: "Retry-After: 50\r\n")
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(4, milliseconds: 10_000)])
            rig.retries = 5
            rig.interruptAfter = .milliseconds(300)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.requests.count == 4)
            if driven.isSteady { #expect(driven.outcome.duration < 2_000_000_000) }
        }

        @Test func `a level's end does not lose those that wait, nor count them twice`() {
            let server = moody()
            var ramp = PhaseShape.Ramp(concurrency: [2, 4])
            ramp.hold = .milliseconds(600)
            ramp.settle = .milliseconds(100)
            ramp.minRequests = 1
            ramp.holdMax = .milliseconds(900)
            var rig = Rig(port: server.port, [.ramp(ramp)])
            rig.retries = 3
            rig.loops = 2
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(server.journal.mostInFlight <= 4)
            for chain in Dictionary(grouping: driven.requests, by: \.sequence).values {
                #expect(chain.map(\.attempt) == Array(0..<chain.count))
                #expect(Set(chain.map(\.step)).count == 1 && Set(chain.map(\.measured)).count == 1)
            }
        }

        @Test(arguments: [
            (
                429,
                #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#
            ),
            (402, #"{"error":{"message":"Insufficient credits"}}"#),
        ])
        func `an empty purse ends the target, in the server's words`(status: Int, body: String) throws {
            let server = ChatServer { exchange in
                if exchange.number >= 5 {
                    exchange.whole(status: "\(status) No", body)
                } else {
                    exchange.answer(tokens: 2)
                }
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.oneByOne(500)])
            rig.retries = 3
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            // After a success it takes 20 refusals in a row: five answers, then those.
            #expect(server.journal.posts == 25)
            let reason = try #require(driven.outcome.abandoned[1])
            #expect(
                reason.hasPrefix(
                    "20 requests in a row were refused: the server says that no credit or quota is left (HTTP \(status)): "
                )
            )
            #expect(reason.contains(status == 402 ? "Insufficient credits" : "You exceeded your current quota"))
            #expect(driven.run.incidents.contains { $0.kind == .unusable })
        }
    }
}
