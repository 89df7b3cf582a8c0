import Measurement
import Schedule
import TestSupport
import Testing
import Wire

@testable import Engine

extension RunTests {
    /// Servers that send their last event, and then keep the connection.
    @Suite struct OpenEnds {
        private typealias R = ReplySample

        /// Answers at once and holds on until the client goes.
        private func server(_ body: String, then rest: String = "") -> ChatServer {
            ChatServer { exchange in
                exchange.head()
                exchange.piece(body)
                for _ in 0..<400 {  // 4 s, far beyond what the tests wait
                    if !rest.isEmpty, !exchange.piece(rest) { break }
                    if rest.isEmpty, exchange.connection.isGone { break }
                    pause(milliseconds: 10)
                }
                return .close
            }
        }

        private func rig(_ port: Int, _ shape: PhaseShape) -> Rig {
            var rig = Rig(port: port, [shape])
            rig.patience.afterFinalSign = 40_000_000
            rig.patience.afterFinishReason = 120_000_000
            rig.grace = .milliseconds(20)
            return rig
        }

        private let answer = R.text("one ") + R.text("two") + R.finish("stop")

        @Test(arguments: ["", ": ping\n\n", "data: {\"choices\":[]}\n\n"])
        func `the slots go on, whatever the connection does`(rest: String) {
            let server = server(answer + R.usage(input: 3, output: 2) + R.done, then: rest)
            let driven = rig(server.port, .steady(3, milliseconds: 400)).run()
            server.stop()
            expectSoundBooks(driven)
            // A server that gets no core until the drain is over has not answered the last ones.
            let answered = driven.requests.filter { driven.isSteady || $0.outcome != .cancelled }
            #expect(!answered.isEmpty)
            for request in answered {
                #expect(request.outcome == .ok && request.useful && request.outputTokens == 2)
                #expect(request.note?.contains("the connection stayed open") ?? false, "\(request.note ?? "no note")")
            }
            guard driven.isSteady else { return }
            #expect(driven.requests.count > 3)  // each slot went on
        }

        @Test func `a request ends with its answer, not with the patience behind it`() throws {
            let server = server(answer)
            let driven = rig(server.port, .oneByOne(2)).run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcomes == [.ok: 2])
            let (first, second) = (driven.requests[0], driven.requests[1])
            #expect(first.ended == first.lastToken)  // they came in one read
            let sent = try #require(second.dispatched)
            let answered = try #require(first.dispatched) + (first.ended ?? 0)
            #expect(sent - answered >= 120_000_000)
        }

        @Test func `the end of a drain takes nothing from an answer that is complete`() {
            let server = server(answer)
            var rig = rig(server.port, .steady(2, milliseconds: 100))
            rig.patience.afterFinishReason = 60_000_000_000
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcomes == [.ok: 2])
        }
    }
}
