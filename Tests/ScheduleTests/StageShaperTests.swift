import Testing
import Ticks

@testable import Schedule

@Suite struct LevelTests {
    private func level(
        _ concurrency: Int,
        hold: Double,
        settle: Double = 0,
        minimum: Int = 0,
        most: Double? = nil,
        grace: Double = 30
    ) -> Stage {
        let window = ClosedLoad.Window(
            hold: .seconds(hold),
            settle: .seconds(settle),
            minRequests: minimum,
            holdMax: .seconds(most ?? hold * 5)
        )
        return Stage(.level, .closed(ClosedLoad(concurrency, .time(window))), grace: .seconds(grace))
    }

    @Test func `a level starts its width at once and a request for each that ends`() {
        let run = VirtualRun([level(4, hold: 0.95)], server: VirtualServer(slots: 4, service: .milliseconds(100)))
        // 4 at 0, 100, ..., 900 ms are measured; the window closes at 950 ms, and at 1 s four more start unmeasured.
        #expect(run.measured(of: 0).count == 40)
        #expect(run.requests.filter { $0.dispatched == .zero }.count == 4)
        #expect(run.requests.filter { !$0.measured }.map(\.dispatched) == Array(repeating: at(1), count: 4))
        #expect(run.leastInFlight(from: .zero, to: at(1)) == 4)
        #expect(run.mostInFlight(from: .zero, to: at(2)) == 4)
    }

    @Test func `a start is scheduled at the instant of the event that freed its slot`() {
        let run = VirtualRun([level(3, hold: 2)], server: VirtualServer(slots: 2, service: .milliseconds(300)))
        let ends = Set(run.requests.map(\.ended))
        for request in run.requests {
            #expect(request.scheduled == .zero || ends.contains(request.scheduled))
            #expect(request.scheduled == request.dispatched)
        }
    }

    @Test func `a wide level opens its slots sixteen at a time, five thousand a second`() throws {
        let run = VirtualRun(
            [level(40, hold: 1), level(80, hold: 1)],
            server: VirtualServer(slots: 80, service: .seconds(10))
        )
        let openings = [(0, 16), (0.0032, 16), (0.0064, 8)]
        for (stage, wide) in [(0, openings), (1, openings)] {
            let begun = run.passages[stage].started
            let requests = run.requests(of: stage).filter { $0.dispatched < begun.advanced(by: .seconds(1)) }
            #expect(requests.count == 40)
            for (after, count) in wide {
                let due = begun.advanced(byNanoseconds: Int64(after * 1e9))
                #expect(requests.filter { $0.scheduled == due && $0.dispatched == due }.count == count)
            }
        }
    }

    @Test func `what may be started at once is limited for slots, and an edge's wave goes whole`() {
        var slots = StageShaper(stage: level(8, hold: 1), start: .zero, carriedInFlight: 0)
        let three = StageShaper.Decision.start(count: 3, scheduled: .zero, measured: true, firstRank: nil)
        #expect(slots.next(at: at(0.1), atMost: 3) == three)
        #expect(slots.next(at: at(0.1), atMost: 3) == three)
        #expect(
            slots.next(at: at(0.1), atMost: 3) == .start(count: 2, scheduled: .zero, measured: true, firstRank: nil)
        )
        let edge = ClosedLoad(wave: 40, hold: .seconds(1), on: .cold)
        var wave = StageShaper(stage: Stage(.edge, .closed(edge), grace: .seconds(1)), start: .zero, carriedInFlight: 0)
        #expect(wave.next(at: .zero, atMost: 3) == .start(count: 40, scheduled: .zero, measured: true, firstRank: 0))
    }

    @Test func `no gap opens between the levels of a ramp`() throws {
        let levels = [1, 2, 4, 8, 16].map { level($0, hold: 2, settle: 0.5) }
        let run = VirtualRun(levels, server: VirtualServer(slots: 8, service: .milliseconds(150)))
        #expect(run.passages.count == 5)
        for (index, width) in [1, 2, 4, 8, 16].enumerated() {
            let passage = run.passages[index]
            let quiet = try #require(passage.quiet)
            #expect(run.leastInFlight(from: passage.started, to: quiet) == width, "level \(width)")
            #expect(run.mostInFlight(from: passage.started, to: quiet) == width, "level \(width)")
            if index > 0 { #expect(run.passages[index - 1].quiet == passage.started) }
        }
    }

    @Test func `every measured request of a level ends before the next level begins`() throws {
        let run = VirtualRun(
            [level(3, hold: 1), level(5, hold: 1)],
            server: VirtualServer(slots: 2, service: .milliseconds(170))
        )
        let quiet = try #require(run.passages[0].quiet)
        #expect(!run.measured(of: 0).isEmpty)
        #expect(run.measured(of: 0).allSatisfy { $0.ended <= quiet })
    }

    @Test func `only requests dispatched after settling and before the closing are measured`() throws {
        let run = VirtualRun(
            [level(2, hold: 3, settle: 1)],
            server: VirtualServer(slots: 2, service: .milliseconds(400))
        )
        let closed = try #require(run.passages[0].closed)
        #expect(closed == at(3))
        for request in run.requests {
            #expect(request.measured == (request.dispatched >= at(1) && request.dispatched < closed))
        }
        // Starts at 0, 0.4, 0.8 | 1.2, 1.6, 2.0, 2.4, 2.8 | 3.2: five rounds of two.
        #expect(run.measured(of: 0).count == 10)
    }

    @Test func `a level lasts beyond its hold until the minimum of requests has ended`() throws {
        // One stream, one request a second, dispatched at 5, 6, ...: the 25th measured one ends at 30 s.
        let slow = VirtualServer(slots: 1, service: .seconds(1))
        let run = VirtualRun([level(1, hold: 10, settle: 5, minimum: 25, most: 50)], server: slow)
        #expect(try #require(run.passages[0].closed) == at(30))
        // The request that the 25th one's end released was dispatched before the window was closed at that instant.
        #expect(run.measured(of: 0).count { $0.ended <= at(30) } == 25)
        #expect(run.measured(of: 0).count == 26)
    }

    @Test func `hold_max bounds a level whose minimum is out of reach`() throws {
        let slow = VirtualServer(slots: 1, service: .seconds(4))
        let run = VirtualRun([level(1, hold: 10, settle: 2, minimum: 25, most: 19)], server: slow)
        #expect(try #require(run.passages[0].closed) == at(19))
        #expect(run.measured(of: 0).count == 4)  // dispatched at 4, 8, 12 and 16 s
    }

    @Test func `a level ends when the grace has passed, whatever is still unanswered`() throws {
        let stuck = VirtualServer(slots: 4, service: .seconds(500))
        let run = VirtualRun([level(4, hold: 10, grace: 30), level(6, hold: 5)], server: stuck)
        #expect(try #require(run.passages[0].quiet) == at(40))
        // The four that hang are taken over: two more make six.
        #expect(run.requests(of: 1).filter { $0.dispatched == at(40) }.count == 2)
    }

    @Test func `a downward step lets the excess drain and starts nothing until it has`() throws {
        let run = VirtualRun(
            [level(8, hold: 1), level(2, hold: 2)],
            server: VirtualServer(slots: 8, service: .milliseconds(300))
        )
        let start = run.passages[1].started
        let first = try #require(run.requests(of: 1).first)
        let carried = run.requests(of: 0).filter { $0.dispatched <= start && $0.ended > start }
        #expect(carried.count == 8)
        #expect(first.dispatched == carried.map(\.ended).max())
        #expect(
            run.mostInFlight(from: start.advanced(by: .milliseconds(300)), to: start.advanced(by: .seconds(2))) == 2
        )
        #expect(run.requests(of: 1).filter { $0.dispatched == first.dispatched }.count == 2)
    }

    @Test func `a refused port does not make eight slots spin`() {
        let refused = VirtualServer(slots: 8, service: .zero, refusesAfter: .microseconds(200))
        let run = VirtualRun([level(8, hold: 2)], server: refused, until: at(2))
        #expect(run.requests.count <= 1600)
        // By hand: eight at a time after 10, 20, 40, 80 and then every 100 ms: 4 rounds in the first 70 ms and
        // one each 100.2 ms from 150 ms to 2 s, and the first at 0.
        #expect((150...200).contains(run.requests.count))
        let starts = run.requests.map(\.dispatched)
        #expect(zip(starts, starts.dropFirst(8)).allSatisfy { $1.nanoseconds(since: $0) >= 10_000_000 })
    }

    @Test func `a slot whose connection nobody took waits 250 ms, and twice as long each round, up to 2 s`() {
        var backoff = FailureBackoff(slots: 2)
        let pauses = (0..<10).map { _ in backoff.pause(failedFast: true, refused: true) / 1_000_000 }
        #expect(pauses == [250, 250, 500, 500, 1000, 1000, 2000, 2000, 2000, 2000])
        #expect(backoff.pause(failedFast: true, refused: false) == 10_000_000)  // it listens again, and fails at once
        #expect(backoff.pause(failedFast: false, refused: true) == 250_000_000)
    }

    @Test func `a request that takes its time ends the pauses of fast failures`() {
        var shaper = StageShaper(stage: level(1, hold: 10), start: .zero, carriedInFlight: 0)
        var now = Instant.zero
        var pauses: [Int64] = []
        for failedFast in [true, true, true, false, true] {
            guard case .start(1, let scheduled, _, _) = shaper.next(at: now) else {
                Issue.record("nothing starts at \(now)")
                return
            }
            #expect(scheduled == now)
            shaper.requestEnded(.measured, failedFast: failedFast, at: now)
            if case .wait(let until?) = shaper.next(at: now) {
                pauses.append(until.nanoseconds(since: now) / 1_000_000)
                now = until
            } else {
                pauses.append(0)
                now = now.advanced(by: .milliseconds(1))
                shaper = shaper.restarting(at: now, level(1, hold: 10))
            }
        }
        #expect(pauses == [10, 20, 40, 0, 10])
    }

    @Test func `an interrupt starts nothing more and waits for what runs`() throws {
        let run = VirtualRun(
            [level(4, hold: 100), level(8, hold: 100)],
            server: VirtualServer(slots: 4, service: .seconds(1)),
            stopAt: at(2.5)
        )
        #expect(run.passages.count == 1)
        #expect(run.requests.allSatisfy { $0.dispatched < at(2.5) })
        #expect(try #require(run.passages[0].quiet) == at(3))
    }

    @Test func `an interrupt waits no longer than the grace`() throws {
        let run = VirtualRun(
            [level(4, hold: 100, grace: 3)],
            server: VirtualServer(slots: 4, service: .seconds(60)),
            stopAt: at(2)
        )
        #expect(try #require(run.passages[0].quiet) == at(5))
    }

    @Test func `time in which the loop did not run is none of the grace`() {
        var shaper = StageShaper(stage: level(1, hold: 1, grace: 3), start: .zero, carriedInFlight: 0)
        _ = shaper.next(at: .zero)
        shaper.stoodStill(nanoseconds: 1_000_000_000)  // its window is open
        #expect(shaper.next(at: at(1)) == .windowReady)
        shaper.closeWindow(at: at(1))
        #expect(shaper.next(at: at(2)) == .wait(until: at(4)))
        shaper.stoodStill(nanoseconds: 10_000_000_000)
        #expect(shaper.next(at: at(12)) == .wait(until: at(14)))
        #expect(shaper.next(at: at(14)) == .quiet)

        var drain = StageShaper(stage: .drain(grace: .seconds(3)), start: .zero, carriedInFlight: 1)
        #expect(drain.next(at: at(1)) == .wait(until: at(3)))
        drain.stoodStill(nanoseconds: 40_000_000_000)
        #expect(drain.next(at: at(41)) == .wait(until: at(43)))
        #expect(drain.next(at: at(43)) == .quiet)
    }

    @Test func `two loops hold a level together and close its window at one instant`() throws {
        let stages = [level(5, hold: 2, minimum: 11), level(9, hold: 2)]
        let run = VirtualRun(stages, server: VirtualServer(slots: 9, service: .milliseconds(250)), loops: 2)
        let quiet = try #require(run.passages[0].quiet)
        #expect(run.leastInFlight(from: .zero, to: quiet) == 5)
        #expect(run.mostInFlight(from: .zero, to: quiet) == 5)
        #expect(Set(run.requests.map(\.loop)) == [0, 1])
        #expect(run.leastInFlight(from: run.passages[1].started, to: try #require(run.passages[1].closed)) == 9)
    }

    @Test func `windowReady and quiet are said once`() {
        var shaper = StageShaper(stage: level(1, hold: 1), start: .zero, carriedInFlight: 0)
        _ = shaper.next(at: .zero)
        #expect(shaper.next(at: at(1)) == .windowReady)
        #expect(shaper.next(at: at(1)) == .wait(until: nil))
        shaper.closeWindow(at: at(1.5))
        #expect(shaper.next(at: at(1.2)) == .wait(until: at(1.5)))
        shaper.requestEnded(.measured, failedFast: false, at: at(1.3))
        #expect(shaper.next(at: at(1.3)) == .start(count: 1, scheduled: at(1.3), measured: true, firstRank: nil))
        shaper.requestEnded(.measured, failedFast: false, at: at(1.6))
        #expect(shaper.next(at: at(1.6)) == .start(count: 1, scheduled: at(1.6), measured: false, firstRank: nil))
        #expect(shaper.next(at: at(1.6)) == .quiet)
        #expect(shaper.next(at: at(1.6)) == .wait(until: nil))
        #expect(shaper.inFlight == 1)
    }
}

extension StageShaper {
    /// A shaper that goes on with what is in flight, in a new stage.
    fileprivate func restarting(at now: Instant, _ stage: Stage) -> StageShaper {
        StageShaper(stage: stage, start: now, carriedInFlight: 0)
    }
}
