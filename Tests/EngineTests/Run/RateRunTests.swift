import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

extension RunTests {
    @Suite struct Rates {
        private func rate(
            _ stretches: [(rps: Double, milliseconds: Int)],
            _ law: ArrivalLaw = .constant,
            cap: Int? = nil,
            overflow: Arrivals.Overflow = .queue
        ) -> PhaseShape {
            var shape = RateShape(
                stretches.map { .init(.constant(Rate($0.rps)), for: .milliseconds($0.milliseconds)) }
            )
            shape.law = law
            shape.maxConcurrency = cap
            shape.overflow = overflow
            return .rate(shape)
        }

        @Test(arguments: [1, 2])
        func `requests leave at the instants of the plan, stretch after stretch`(loops: Int) throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 30, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [rate([(50, 600), (100, 500)])], warmup: 2)
            rig.loops = loops
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            let steps = driven.steps(.arrivals)
            #expect(steps.count == 2)
            #expect(driven.run.phases.last?.loop == .open)
            let begun = try #require(steps[0].started)
            #expect(steps[1].started == begun + 600_000_000)
            #expect(steps[0].windowEnded == begun + 600_000_000)
            #expect(steps[1].windowEnded == begun + 1_100_000_000)
            let planned =
                (0..<30).map { begun + Int64($0) * 20_000_000 }
                + (0..<50).map { begun + 600_000_000 + Int64($0) * 10_000_000 }
            let sent = driven.requests.filter { steps.map(\.id).contains($0.step) }
            #expect(sent.map(\.scheduled).sorted() == planned)
            #expect(sent.allSatisfy { $0.measured && $0.queued == nil && $0.outcome == .ok })
            #expect(steps.map(\.rps) == [50, 100])
            #expect(steps.map(\.arrivals) == ["constant", "constant"])
            if driven.isSteady {
                let lags = sent.compactMap(\.dispatchLag).sorted()
                #expect(lags[lags.count / 2] < 5_000_000)
            }
        }

        @Test func `a cap queues, and the records say how long`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 100, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [rate([(50, 400)], cap: 1)])
            rig.loops = 2  // the cap is kept by one of them, and so by both
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.sent.count == 20)
            #expect(server.journal.mostInFlight == 1)
            let queued = driven.sent.sorted { $0.scheduled < $1.scheduled }.map { $0.queued ?? 0 }
            #expect(queued[0] == 0)
            // Each takes 100 ms, and 20 ms pass between two: the k-th waits 80 k ms at least.
            for (k, wait) in queued.enumerated() { #expect(wait >= Int64(k) * 80_000_000, "\(k)") }
            for request in driven.sent { #expect((request.dispatchLag ?? 0) >= (request.queued ?? 0)) }
            #expect(driven.sent.allSatisfy { $0.measured })
            #expect(driven.steps(.arrivals).first?.cap == 1)
        }

        @Test func `a cap that sheds books what it did not send`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 200, tokens: 2)
                return .keepAlive
            }
            let driven = Rig(port: server.port, [rate([(50, 800)], cap: 3, overflow: .shed)]).run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.requests.count == 40)
            #expect(server.journal.mostInFlight == 3)
            let shed = driven.requests.filter { $0.outcome == .notSent }
            #expect(shed.allSatisfy { $0.detail == "max_concurrency" && $0.measured })
            #expect((10...15).contains(driven.sent.count) || !driven.isSteady)
            #expect(shed.count == 40 - driven.sent.count)
        }

        @Test func `an interrupt ends it in good order`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 10, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [rate([(100, 20_000)], .poisson)])
            rig.interruptAfter = .milliseconds(400)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcome.stop == .interrupt)
            #expect(driven.sent.count > 5)
        }
    }
}
