import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

extension RunTests {
    @Suite struct Caps {
        @Test(arguments: [1, 2])
        func `a cap on requests is reached to the request`(loops: Int) {
            let server = ChatServer { exchange in
                exchange.answer(wait: 10, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(4, milliseconds: 10_000)], warmup: 2)
            rig.loops = loops
            rig.caps = Limits(maxRequests: 37)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(server.journal.posts == 37)
            #expect(driven.outcome.stop == .cap("max_requests"))
            #expect(driven.run.incidents.filter { $0.kind == .limit }.map(\.detail) == ["max_requests"])
            let left = driven.requests.filter { $0.dispatchLag == nil }
            #expect((1...8).contains(left.count))
            #expect(left.allSatisfy { $0.outcome == .notSent && $0.detail == "cap" })
            #expect(driven.outcomes[.ok] == 37)
            if driven.isSteady { #expect(driven.outcome.duration < 3_000_000_000) }
        }

        @Test func `a cap amid an edge sends what it allows and books the rest`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 10, tokens: 2)
                return .keepAlive
            }
            var burst = PhaseShape.Burst(requests: 8)
            burst.baseline = nil
            burst.idle = .milliseconds(100)
            burst.hold = .milliseconds(200)
            burst.control = false
            var rig = Rig(port: server.port, [.burst(burst)])
            rig.caps = Limits(maxRequests: 5)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(server.journal.posts == 5)
            let edge = try #require(driven.steps(.edge).first)
            let wave = driven.requests(of: edge).filter { $0.rank != nil }
            #expect(wave.compactMap(\.rank).sorted() == Array(0..<8))
            #expect(wave.count { $0.outcome == .ok } == 5)
            #expect(wave.count { $0.outcome == .notSent } == 3)
        }

        /// Answers take 1 to 8 of the 8 tokens that each may take.
        @Test(arguments: [1, 2])
        func `a cap on tokens is never overshot, and what requests did not use is used by others`(loops: Int) throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 2, usage: (16, 1 + exchange.number % 8))
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(4, milliseconds: 10_000)])
            rig.loops = loops
            rig.caps = Limits(maxOutputTokens: 300)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcome.stop == .cap("max_output_tokens"))
            let used = driven.sent.reduce(0) { $0 + ($1.outputTokens ?? 0) }
            #expect(used <= 300)
            #expect(used > 300 - 4 * 8)
            #expect(server.journal.posts > 300 / 8)
        }

        @Test func `without usage a request keeps its claim, however few events it had`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 1, usage: nil)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(2, milliseconds: 10_000)])
            rig.caps = Limits(maxOutputTokens: 100)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(server.journal.posts == 12)  // of 8 each
            #expect(driven.outcome.stop == .cap("max_output_tokens"))
        }

        @Test func `a cap on money holds by the server's own usage`() {
            // A request costs 100 · $10 + 4 · $100 in a million tokens: $0.0014.
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 4, usage: (100, 4))
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(1, milliseconds: 10_000)])
            rig.price = Price(input: 10, output: 100)
            rig.caps = Limits(maxCost: 0.05)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcome.stop == .cap("max_cost"))
            // 35 would fit if each were known before; the worst case of the last (some 300 bytes, 8 tokens) does not.
            #expect((30...35).contains(server.journal.posts))
        }
    }
}
