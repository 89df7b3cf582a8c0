import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

/// Whole runs over real sockets. One at a time, since two would share the machine's time.
@Suite(.serialized) struct RunTests {
    @Suite struct Levels {
        /// Answers take some 40 ms: 25 to the first token, three gaps of 5.
        @Test func `a ramp holds each level without a gap between them, and measures each`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 25, tokens: 4, gap: 5)
                return .keepAlive
            }
            var ramp = PhaseShape.Ramp(concurrency: [1, 2, 4])
            ramp.hold = .milliseconds(500)
            ramp.settle = .milliseconds(100)
            ramp.minRequests = 5
            ramp.holdMax = .milliseconds(1_500)
            let driven = Rig(port: server.port, [.ramp(ramp)], warmup: 2).run()
            server.stop()

            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcome.stop == nil)
            #expect(driven.outcome.abandoned.isEmpty)
            #expect(driven.outcomes == [.ok: driven.requests.count])
            #expect(driven.run.steps.map(\.kind) == [.warmup, .drain, .level, .level, .level, .drain])
            #expect(driven.run.phases.map(\.kind) == [.warmup, .ramp])
            #expect(server.journal.mostInFlight <= 5)
            if driven.isSteady { #expect(server.journal.mostInFlight >= 4) }
            // The generator looks after itself every second.
            let health = try #require(driven.run.health.last)
            #expect(Int64(driven.run.health.count) >= driven.outcome.duration / 1_000_000_000 - 1)
            #expect((1...4).contains(health.inFlight))
            #expect(health.loopCPU > 0 && health.loopCPU <= health.processCPU)
            #expect(health.reads >= driven.requests.filter { $0.dispatched ?? 0 < health.at - 500_000_000 }.count)
            #expect(health.kernelStamps > 0 && health.connectionsOpened > 0)
            #expect(health.residentBytes > 1_000_000 && health.descriptors > 4)

            let warmup = try #require(driven.steps(.warmup).first)
            #expect(driven.requests(of: warmup).map(\.measured) == [false, false])
            let levels = driven.steps(.level)
            #expect(levels.map(\.concurrency) == [1, 2, 4])
            for level in levels {
                let (started, settled) = (try #require(level.started), try #require(level.settled))
                let ended = try #require(level.windowEnded)
                #expect(settled - started == 100_000_000)
                #expect(ended - started >= 500_000_000)
                let requests = driven.requests(of: level)
                let measured = requests.filter(\.measured)
                for request in requests {
                    let dispatched = try #require(request.dispatched)
                    #expect(request.measured == (dispatched >= settled && dispatched < ended))
                    #expect(request.rank == nil)
                }
                // The level is kept to the request: a slot is empty only between an end and the next start.
                let inside = driven.bins(of: level).filter {
                    $0.bin * level.binWidth >= settled && ($0.bin + 1) * level.binWidth <= ended
                }
                #expect(inside.map(\.inFlightMax).max() == level.concurrency)
                #expect(Int64(inside.count) >= (ended - settled) / level.binWidth - 1)
                let area = inside.reduce(0) { $0 + $1.inFlightArea }
                let whole = Int64(level.concurrency) * Int64(inside.count) * level.binWidth
                #expect(area <= whole)
                guard driven.isSteady else { continue }
                #expect(ended - started <= 1_600_000_000)
                #expect(measured.count >= 5)
                #expect(Double(area) > 0.93 * Double(whole))
            }
        }

        @Test func `what a request waited for is what the server took`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 60, tokens: 5, gap: 20, usage: (30, 21))
                return .keepAlive
            }
            let driven = Rig(port: server.port, [.oneByOne(6)]).run()
            server.stop()
            expectSoundBooks(driven)
            let requests = driven.requests
            #expect(requests.count == 6)
            for request in requests {
                #expect(request.outcome == .ok)
                #expect(request.useful)
                #expect(try #require(request.firstToken) >= 60_000_000)
                #expect(request.firstVisible == request.firstToken)
                #expect(request.firstReasoning == nil)
                #expect(request.tokenEvents == 5)
                #expect(request.events == 5 + 3)  // and the role, the finish, the usage
                #expect(request.textBytes == 25)
                #expect(request.visibleBytes == 25)
                #expect(request.outputTokens == 21)
                #expect(request.inputTokens == 30)
                #expect(request.tokenSource == .usage)
                #expect(request.finish == "stop")
                #expect(request.httpStatus == 200)
                // Head, role, five tokens, finish, usage, [DONE] and the last chunk: no more reads than were sent.
                #expect((1...11).contains(request.reads))
            }
            guard driven.isSteady else { return }
            // One or the other may be late, most are not.
            func median(_ value: (RequestRecord) -> Int64?) -> Int64 {
                let sorted = requests.compactMap(value).sorted()
                return sorted.isEmpty ? -1 : sorted[sorted.count / 2]
            }
            #expect((60_000_000...160_000_000).contains(median(\.firstToken)))
            #expect((70_000_000...180_000_000).contains(median { ($0.lastToken ?? 0) - ($0.firstToken ?? 0) }))
            #expect((15_000_000...80_000_000).contains(median(\.maxGap)))
            #expect(median { Int64($0.tokenReads) } == 5)
            #expect(median(\.firstReadTextBytes) == 5)
            // The role comes at once and is no token.
            #expect(median { ($0.firstToken ?? 0) - ($0.firstEvent ?? 0) } > 40_000_000)
            #expect(requests.count { $0.stamp == .kernel } >= 4)
            #expect(requests.map(\.connection).first == .new)
        }

        @Test func `without usage the tokens are the events, and say so`() throws {
            let server = ChatServer { exchange in
                exchange.answer(tokens: 3, finish: "length", usage: nil)
                return .keepAlive
            }
            let driven = Rig(port: server.port, [.oneByOne(2)]).run()
            server.stop()
            expectSoundBooks(driven)
            for request in driven.requests {
                #expect(request.outcome == .okLength)
                #expect(request.useful)  // the plan fixes the length of synthetic prompts' answers
                #expect(request.outputTokens == 3)
                #expect(request.tokenSource == .events)
                #expect(request.inputTokens == nil)
            }
        }

        @Test func `two loops share a level, to the request, and close one window`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 20, tokens: 2)
                return .keepAlive
            }
            var ramp = PhaseShape.Ramp(concurrency: [1, 5])
            ramp.hold = .milliseconds(400)
            ramp.settle = .milliseconds(100)
            ramp.minRequests = 4
            ramp.holdMax = .seconds(2)
            var rig = Rig(port: server.port, [.ramp(ramp)])
            rig.loops = 2
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.ok: driven.requests.count])
            // The client may see an answer's end, and ask again, before the server has counted it.
            #expect(server.journal.mostInFlight <= 6)
            guard driven.isSteady else { return }
            #expect(server.journal.mostInFlight >= 5)
            let levels = driven.steps(.level)
            #expect(levels.count == 2)
            // A level of 1 is the first loop's alone; of 5 the first has three and the second two.
            let shares = levels.map { level in
                (0..<2).map { loop in driven.bins(of: level).filter { $0.loop == loop }.map(\.inFlightMax).max() ?? 0 }
            }
            #expect(shares == [[1, 0], [3, 2]])
            let wide = try #require(levels.last)
            let (settled, ended) = (try #require(wide.settled), try #require(wide.windowEnded))
            for loop in 0..<2 {
                let measured = driven.requests(of: wide).filter { $0.measured && $0.loop == loop }
                #expect(measured.count >= 4)
                for request in measured {
                    let dispatched = try #require(request.dispatched)
                    #expect(dispatched >= settled && dispatched < ended, "loop \(loop)")
                }
            }
            #expect(Set(driven.sent.filter { $0.loop == 0 }.map { $0.sequence % 2 }) == [0])
            #expect(Set(driven.sent.filter { $0.loop == 1 }.map { $0.sequence % 2 }) == [1])
        }

        @Test(arguments: [1, 2])
        func `in a busy loop no request is measured that was dispatched outside of the window`(loops: Int) throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 2, tokens: 1)
                return .keepAlive
            }
            var rig = Rig(port: server.port, [.steady(24, milliseconds: 400, settle: 100)])
            rig.loops = loops
            let driven = rig.run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            let level = try #require(driven.steps(.level).first)
            let (settled, ended) = (try #require(level.settled), try #require(level.windowEnded))
            let measured = driven.requests(of: level).filter(\.measured).compactMap(\.dispatched)
            if driven.isSteady { #expect(!measured.isEmpty) }
            #expect(measured.allSatisfy { $0 >= settled })
            #expect(measured.count { $0 >= ended } == 0)
        }

        @Test func `a server that closes after every answer is no server that resets`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 2)
                return .close
            }
            let driven = Rig(port: server.port, [.steady(4, milliseconds: 500)]).run()
            server.stop()
            expectSoundBooks(driven)
            expectSameJournal(driven, server)
            #expect(driven.outcomes == [.ok: driven.requests.count])
            #expect(driven.outcome.closesConnections == [1])
            #expect(server.journal.connections == driven.requests.count)
            #expect(driven.requests.allSatisfy { $0.connection == .new && ($0.connect ?? 0) > 0 })
            guard driven.isSteady else { return }
            #expect(driven.requests.count > 20)
        }

        @Test func `a server that keeps connections alive is asked over few`() {
            let server = ChatServer { exchange in
                exchange.answer(wait: 5, tokens: 2)
                return .keepAlive
            }
            let driven = Rig(port: server.port, [.steady(4, milliseconds: 600)]).run()
            server.stop()
            expectSoundBooks(driven)
            #expect(driven.outcomes == [.ok: driven.requests.count])
            #expect(driven.outcome.closesConnections.isEmpty)
            let reused = driven.requests.count { $0.connection == .reused }
            #expect(driven.requests.allSatisfy { $0.connection != .reused || ($0.connect ?? 0) == 0 })
            #expect(server.journal.connections + reused == driven.requests.count)
            guard driven.isSteady else { return }
            #expect(reused * 2 > driven.requests.count)
        }

        @Test func `probes go one at a time, each its gap after the one before`() throws {
            let server = ChatServer { exchange in
                exchange.answer(wait: 10, tokens: 2)
                return .keepAlive
            }
            var probe = PhaseShape.Probe(requests: 5)
            probe.gap = .milliseconds(60)
            let driven = Rig(port: server.port, [.probe(probe)]).run()
            server.stop()
            expectSoundBooks(driven)
            #expect(server.journal.mostInFlight == 1)
            let requests = driven.requests
            #expect(requests.map(\.measured) == Array(repeating: true, count: 5))
            for (one, next) in zip(requests, requests.dropFirst()) {
                let end = try #require(one.dispatched) + (try #require(one.ended))
                // The pause begins when the answer's end is seen, a little after it arrived.
                #expect(next.scheduled - end >= 60_000_000)
                guard driven.isSteady else { continue }
                #expect(next.scheduled - end <= 80_000_000)
                #expect((0...50_000_000).contains(try #require(next.dispatchLag)))
            }
        }
    }
}
