import Glibc
import Measurement
import Schedule
import TestSupport
import Testing
import Ticks

@testable import Engine

extension RunTests {
    @Suite struct TimeoutsAndDrains {
        /// The watchdog looks every 50 ms; the rest is for a machine that has other things to do.
        private func isAbout(_ nanoseconds: Int64?, milliseconds: Int64) -> Bool {
            guard let nanoseconds else { return false }
            return (milliseconds * 1_000_000...(milliseconds + 300) * 1_000_000).contains(nanoseconds)
        }

        private func rig(_ port: Int, _ timeouts: Timeouts, requests: Int = 2) -> Rig {
            var rig = Rig(port: port, [.oneByOne(requests)])
            rig.timeouts = timeouts
            return rig
        }

        /// A listener whose queue is full drops what comes next, as a black hole does.
        @Test func `a connection that never comes about runs into the connect timeout`() {
            let listener = FullListener()
            pause(milliseconds: 20)
            let driven = rig(listener.port, Timeouts(connect: .milliseconds(300))).run()
            listener.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.timeoutConnect: 2])
            for request in driven.requests {
                #expect(isAbout(request.ended, milliseconds: 300))
                #expect(request.written == nil)
                #expect(request.firstByte == nil)
            }
        }

        @Test func `a server that takes the request and says nothing runs into the first token's`() {
            let server = ChatServer { _ in
                pause(milliseconds: 700)
                return .close
            }
            let driven = rig(server.port, Timeouts(firstToken: .milliseconds(300))).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.timeoutFirstToken: 2])
            for request in driven.requests {
                #expect(isAbout(request.ended, milliseconds: 300))
                #expect(request.written != nil)
                #expect(request.firstByte == nil)
            }
        }

        @Test func `keep-alives and a role are no first token`() {
            let server = ChatServer { exchange in
                exchange.head()
                exchange.piece(ReplySample.role)
                for _ in 0..<40 {
                    guard exchange.piece(": ping\n\n") else { break }
                    pause(milliseconds: 20)
                }
                return .close
            }
            let driven = rig(
                server.port,
                Timeouts(firstToken: .milliseconds(300), idle: .milliseconds(100))
            ).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.timeoutFirstToken: 2])
            for request in driven.requests {
                #expect(isAbout(request.ended, milliseconds: 300))
                #expect(request.firstEvent != nil)
                #expect(request.firstToken == nil)
            }
        }

        @Test func `a stream that stops amid its answer runs into the idle timeout`() throws {
            let server = ChatServer { exchange in
                exchange.head()
                exchange.piece(ReplySample.text("one "))
                pause(milliseconds: 120)
                exchange.piece(ReplySample.text("two "))
                pause(milliseconds: 800)
                return .close
            }
            let driven = rig(server.port, Timeouts(idle: .milliseconds(250))).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.timeoutIdle: 2])
            for request in driven.requests {
                let last = try #require(request.lastToken)
                #expect(isAbout(last, milliseconds: 120))
                #expect(isAbout(try #require(request.ended) - last, milliseconds: 250))
                #expect(request.tokenEvents == 2)
                #expect(request.outputTokens == 2)  // what came was counted
                #expect(request.tokenSource == .events)
            }
        }

        @Test func `a stream without an end runs into the total timeout`() {
            let server = ChatServer { exchange in
                exchange.head()
                while exchange.piece(ReplySample.text("word ")) { pause(milliseconds: 10) }
                return .close
            }
            let driven = rig(server.port, Timeouts(idle: .milliseconds(200), total: .milliseconds(400))).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.timeoutTotal: 2])
            for request in driven.requests {
                #expect(isAbout(request.ended, milliseconds: 400))
                #expect(request.tokenEvents > 3)
            }
        }

        @Test func `a request that was given up makes room for another in its slot`() {
            let server = ChatServer { exchange in
                if exchange.number % 2 == 0 {
                    pause(milliseconds: 700)
                    return .close
                }
                exchange.answer(wait: 10)
                return .keepAlive
            }
            let driven = rig(server.port, Timeouts(firstToken: .milliseconds(200)), requests: 4).run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.requests.map(\.outcome) == [.timeoutFirstToken, .ok, .timeoutFirstToken, .ok])
        }

        // MARK: interrupt

        @Test func `an interrupt starts nothing more, lets what runs end, and the run with it`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 150, tokens: 2)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(4, milliseconds: 10_000), .oneByOne(50)])
            rig.interruptAfter = .milliseconds(400)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcome.stop == .interrupt)
            #expect(driven.outcomes == [.ok: driven.requests.count])
            guard driven.isSteady else { return }
            #expect((400_000_000...1_200_000_000).contains(driven.outcome.duration))
            let incident = try #require(driven.run.incidents.first { $0.kind == .interrupt })
            #expect((400_000_000...600_000_000).contains(incident.at))
            // A request may be on its way while the word goes round.
            #expect(driven.sent.allSatisfy { ($0.dispatched ?? 0) < incident.at + 20_000_000 })
            #expect(driven.run.phases.count == 1)
            let level = try #require(driven.steps(.level).first)
            #expect(abs(try #require(level.windowEnded) - incident.at) < 20_000_000)
        }

        @Test func `an interrupt waits for a hanging server no longer than the grace`() {
            let server = ChatServer { _ in
                pause(milliseconds: 2_500)
                return .close
            }
            var rig = Rig(port: server.port, [.steady(3, milliseconds: 10_000)])
            rig.interruptAfter = .milliseconds(200)
            rig.grace = .milliseconds(300)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.cancelled: 3])
            #expect((500_000_000...1_200_000_000).contains(driven.outcome.duration))
            #expect(driven.requests.allSatisfy { $0.outcome.class == .excluded && !$0.useful })
        }

        @Test func `a drain waits for a hanging server no longer than the grace, and the next phase begins empty`()
            throws
        {
            let server = ChatServer { exchange in
                if exchange.number < 2 {
                    pause(milliseconds: 2_000)
                    return .close
                }
                exchange.answer(wait: 10)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(2, milliseconds: 200), .oneByOne(3)])
            rig.grace = .milliseconds(250)
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            guard driven.isSteady else { return }
            #expect(driven.outcomes == [.cancelled: 2, .ok: 3])
            let drain = try #require(driven.steps(.drain).first)
            let probe = try #require(driven.steps(.probe).first)
            #expect(try #require(probe.started) >= (try #require(drain.drained)))
            #expect(driven.bins(of: probe).map(\.inFlightMax).max() == 1)
        }
    }
}
