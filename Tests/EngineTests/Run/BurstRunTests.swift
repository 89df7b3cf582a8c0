import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

extension RunTests {
    @Suite struct Bursts {
        private func burst(_ connections: ClosedLoad.Connections, loops: Int = 1, hold: Duration = .milliseconds(120))
            -> (
                driven: Driven, journal: ChatServer.Journal
            )
        {
            let server = ChatServer { exchange in
                exchange.answer(wait: 30, tokens: 3, gap: 2)
                return .keepAlive
            }
            var burst = PhaseShape.Burst(requests: 8)
            burst.baseline = .init(concurrency: 1, requests: 3)
            burst.idle = .milliseconds(500)
            burst.hold = hold
            burst.pause = .milliseconds(450)
            burst.connections = connections
            var rig = Rig(port: server.port, [.burst(burst)])
            rig.loops = loops
            let driven = rig.run()
            server.stop()
            return (driven, server.journal)
        }

        /// What holds of every burst, whatever its connections.
        private func expectSoundBurst(_ driven: Driven, sourceLocation: SourceLocation = #_sourceLocation) throws {
            expectSoundBooks(driven, sourceLocation: sourceLocation)
            #expect(driven.outcomes == [.ok: driven.requests.count], sourceLocation: sourceLocation)
            #expect(
                driven.run.steps.map(\.kind) == [.baseline, .idle, .edge, .drain, .pause, .control, .drain],
                sourceLocation: sourceLocation
            )
            #expect(driven.run.steps.allSatisfy { $0.burst == 0 }, sourceLocation: sourceLocation)
            let baseline = try #require(driven.steps(.baseline).first)
            #expect(
                driven.requests(of: baseline).map(\.measured) == [true, true, true],
                sourceLocation: sourceLocation
            )
            for (kind, rest) in [(StageKind.edge, 500_000_000), (.control, 450_000_000)] {
                let step = try #require(driven.steps(kind).first)
                let release = try #require(step.release)
                #expect(step.concurrency == 8, sourceLocation: sourceLocation)
                #expect(step.started == release && step.settled == release, sourceLocation: sourceLocation)
                let idle = try #require(step.idle)
                #expect(idle >= Int64(rest), sourceLocation: sourceLocation)
                // Nothing was in flight before it.
                let before = driven.requests.filter { ($0.dispatched ?? 0) < release }
                #expect(
                    before.allSatisfy { ($0.dispatched ?? 0) + ($0.ended ?? 0) <= release - idle },
                    sourceLocation: sourceLocation
                )

                let requests = driven.requests(of: step)
                let wave = requests.filter { $0.rank != nil }.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
                #expect(wave.map(\.rank) == (0..<8).map { $0 }, sourceLocation: sourceLocation)
                #expect(wave.allSatisfy { $0.measured && $0.scheduled == release }, sourceLocation: sourceLocation)
                // Each completion within the hold starts another, so that as many stay in flight.
                let others = requests.filter { $0.rank == nil }
                let completions = requests.compactMap { request in
                    request.ended.map { (request.dispatched ?? 0) + $0 - release }
                }
                let freed = completions.count { $0 < 100_000_000 }...completions.count { $0 < 120_000_000 }
                #expect(others.count <= freed.upperBound, sourceLocation: sourceLocation)
                #expect(
                    others.allSatisfy { $0.scheduled < release + 120_000_000 && $0.measured },
                    sourceLocation: sourceLocation
                )
                for loop in Set(requests.map(\.loop)) {
                    let share = wave.count { $0.loop == loop }
                    let most = driven.bins(of: step).filter { $0.loop == loop }.map(\.inFlightMax).max()
                    #expect(most == share, sourceLocation: sourceLocation)
                }
                guard driven.isSteady else { continue }
                #expect(others.count >= freed.lowerBound, sourceLocation: sourceLocation)
                #expect(idle <= Int64(rest) + 200_000_000, sourceLocation: sourceLocation)
                let lags = wave.compactMap(\.dispatchLag)
                #expect(lags.allSatisfy { $0 <= 60_000_000 }, sourceLocation: sourceLocation)
            }
        }

        private func wave(_ driven: Driven, _ kind: StageKind) throws -> (
            step: StepRecord, requests: [RequestRecord]
        ) {
            let step = try #require(driven.steps(kind).first)
            return (step, driven.requests(of: step).filter { $0.rank != nil })
        }

        @Test func `a cold edge opens a connection for each request, whatever lies idle`() throws {
            let (driven, journal) = burst(.cold)
            try expectSoundBurst(driven)
            #expect(journal.gets == 0)
            for kind in [StageKind.edge, .control] {
                let (step, requests) = try wave(driven, kind)
                #expect(step.connections == "cold")
                #expect(step.warmed == 0)
                #expect(requests.map(\.connection) == Array(repeating: .new, count: 8))
                #expect(requests.allSatisfy { ($0.connect ?? 0) > 0 })
            }
        }

        @Test(arguments: [ClosedLoad.Connections.cold, .preopened])
        func `an edge on new connections first closes those that lie idle`(connections: ClosedLoad.Connections) throws {
            let (driven, journal) = burst(connections, hold: .milliseconds(5))  // ended before the first answer
            guard driven.isSteady else { return }
            #expect(journal.connections > 16)  // the baseline's, the edge's and the control's
            #expect(journal.mostOpen == 8)
        }

        @Test func `a preopened edge finds its connections open and unused`() throws {
            let (driven, journal) = burst(.preopened)
            try expectSoundBurst(driven)
            #expect(journal.gets == 0)
            guard driven.isSteady else { return }
            for kind in [StageKind.edge, .control] {
                let (step, requests) = try wave(driven, kind)
                #expect(step.connections == "preopened")
                #expect(step.warmed == 8)
                #expect(requests.map(\.connection) == Array(repeating: .preopened, count: 8))
            }
        }

        @Test func `a warm edge finds connections that have carried a request`() throws {
            let (driven, journal) = burst(.warm)
            try expectSoundBurst(driven)
            guard driven.isSteady else { return }
            // The baseline left some, and the control found the edge's.
            #expect((5...7).contains(journal.gets))
            for kind in [StageKind.edge, .control] {
                let (step, requests) = try wave(driven, kind)
                #expect(step.connections == "warm")
                #expect(step.warmed == 8)
                #expect(requests.map(\.connection) == Array(repeating: .reused, count: 8))
            }
        }

        @Test func `two loops release one wave, with ranks that do not meet`() throws {
            let (driven, _) = burst(.cold, loops: 2)
            try expectSoundBurst(driven)
            let (_, requests) = try wave(driven, .edge)
            #expect(requests.count { $0.loop == 0 } == 4)
            #expect(requests.count { $0.loop == 1 } == 4)
        }

        @Test func `a server that closes after every answer leaves no warm connections, and the edge says so`() throws {
            let server = ChatServer(keepsAlive: false) { exchange in
                exchange.answer(wait: 20, tokens: 2)
                return .close
            }
            var burst = PhaseShape.Burst(requests: 4)
            burst.baseline = .init(concurrency: 2, requests: 4)
            burst.idle = .milliseconds(400)
            burst.hold = .milliseconds(50)
            burst.control = false
            burst.connections = .warm
            let driven = Rig(port: server.port, [.burst(burst)]).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }  // a server that gets no core closes late
            #expect(driven.outcomes == [.ok: driven.requests.count])
            let (step, requests) = try wave(driven, .edge)
            #expect(step.connections == "warm")
            #expect(step.warmed == 0)
            #expect(requests.map(\.connection) == Array(repeating: .new, count: 4))
            #expect(server.journal.gets == 4)
        }

        @Test func `an interrupt amid the idle time ends the run without an edge`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 10)
                return .keepAlive
            }
            var burst = PhaseShape.Burst(requests: 4)
            burst.baseline = .init(concurrency: 1, requests: 2)
            burst.idle = .seconds(10)
            burst.connections = .warm
            var rig = Rig(port: server.port, [.burst(burst)])
            rig.interruptAfter = .seconds(2)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcome.stop == .interrupt)
            #expect(driven.run.steps.map(\.kind) == [.baseline, .idle])
            if driven.isSteady { #expect(driven.outcome.duration < 3_000_000_000) }
            #expect(driven.requests.map(\.outcome) == [.ok, .ok])
        }
    }
}
