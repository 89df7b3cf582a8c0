import Measurement
import Schedule
import TestSupport
import Testing
import Ticks

@testable import Engine

/// Runs that somebody pauses, in virtual time.
@Suite struct PauseTests {
    private let server = VirtualServer(slots: 4, service: .milliseconds(500))
    private let drain = Stage.drain(grace: .seconds(3))

    private func level(_ concurrency: Int = 2, settle: Duration = .zero, requests: Int = 0) -> Stage {
        let window = ClosedLoad.Window(hold: .seconds(10), settle: settle, minRequests: requests)
        return Stage(.level, .closed(ClosedLoad(concurrency, .time(window))), grace: .seconds(3))
    }

    private func run(
        _ stages: [[Stage]],
        loops: Int = 1,
        _ events: (Double, Agenda.Event)...
    ) -> VirtualRun {
        VirtualRun(
            Program.of(stages),
            server: server,
            loops: loops,
            events: events.map { (at: at($0.0), say: $0.1) }
        )
    }

    private func pauses(_ run: VirtualRun) -> [IncidentRecord] {
        run.batches.flatMap(\.incidents).filter { $0.kind == .pause }
    }

    private func sent(_ run: VirtualRun, from start: Double, to end: Double) -> Int {
        run.requests.count { at(start) <= $0.dispatched && $0.dispatched < at(end) }
    }

    @Test(arguments: [1, 2])
    func `a level starts nothing while it is paused, and holds for as long as it was to hold`(loops: Int) throws {
        let run = run([[level(), drain]], loops: loops, (4.2, .pause), (9.2, .resume))
        #expect(run.hasEnded)
        #expect(sent(run, from: 4.2, to: 9.2) == 0)
        #expect(sent(run, from: 9.2, to: 9.201) == 2)
        #expect(run.passages[0].closed == at(15))
        let pause = try #require(pauses(run).first)
        #expect(pauses(run).count == 1 && pause.at == 4_200_000_000 && pause.ended == 9_200_000_000)
        #expect(run.requests.allSatisfy { $0.scheduled <= $0.dispatched })
    }

    @Test func `after a pause the load settles again before it is measured, for as long in all`() {
        let run = run([[level(settle: .seconds(2)), drain]], (6, .pause), (8, .resume))
        // 4 s were measured before, and 4 s are after the 2 s in which it settles again. What is sent at the very instant of
        // the window's end is not of it: records leave it out.
        let measured = run.measured(of: 0).map(\.dispatched).filter { $0 < at(14) }
        #expect(measured.allSatisfy { (at(2)..<at(6)).contains($0) || (at(10)..<at(14)).contains($0) })
        #expect(measured.count == 2 * 2 * 8)
        #expect(run.passages[0].closed == at(14))
    }

    @Test func `a pause before the load had settled costs no measured time`() {
        let run = run([[level(settle: .seconds(2)), drain]], (1, .pause), (4, .resume))
        #expect(run.measured(of: 0).map(\.dispatched).min() == at(6))
        #expect(run.passages[0].closed == at(14))
    }

    @Test func `an open loop's arrivals come that much later, and the next stretch behind them`() {
        let stretches = [5, 2].map { seconds in
            let plan = ArrivalPlan(Rate(10), for: .seconds(seconds), law: .constant)
            return Stage(.arrivals, .open(Arrivals(.rate(plan))), grace: .seconds(3))
        }
        let program = Program.of([stretches + [drain]])
        let plain = VirtualRun(program, server: server, events: [])
        let run = VirtualRun(program, server: server, events: [(at(2.05), .pause), (at(5.05), .resume)])
        #expect(
            run.requests.map(\.scheduled)
                == plain.requests.map {
                    $0.scheduled < at(2.05) ? $0.scheduled : $0.scheduled.advanced(by: .seconds(3))
                }
        )
        #expect(run.requests.allSatisfy { $0.dispatched == $0.scheduled })
        #expect(run.passages[1].started == at(8))
    }

    @Test(arguments: [(0.5, 9.5), (1.2, 60), (1.2, 1.3), (2.9, 100)])
    func `what waits for a place when it is paused loses nothing of its patience, behind the window either`(
        pause: Double,
        resume: Double
    ) {
        var arrivals = Arrivals(.rate(ArrivalPlan(Rate(10), for: .seconds(1), law: .constant)))
        (arrivals.limit, arrivals.isCapped) = (1, true)  // two a second are answered: eight wait when the window ends
        let program = Program.of([[Stage(.arrivals, .open(arrivals), grace: .seconds(3)), drain]])
        let plain = VirtualRun(program, server: server, events: [])
        let run = VirtualRun(program, server: server, events: [(at(pause), .pause), (at(resume), .resume)])
        #expect(plain.requests.count + plain.shed.count == 10 && !plain.shed.isEmpty)
        #expect(run.requests.count + run.shed.count == 10, "each is in the books once")
        // An answer that comes meanwhile makes room for one more.
        #expect(run.requests.count - plain.requests.count <= 1)
        #expect(run.requests.count >= plain.requests.count)
    }

    @Test func `a burst is finished before a pause begins`() {
        var burst = PhaseShape.Burst(requests: 4)
        (burst.cycles, burst.idle, burst.hold, burst.baseline) = (2, .seconds(20), .seconds(5), nil)
        let stages = PhaseShape.burst(burst).stages(grace: .seconds(30))
        let run = run([stages], (3, .pause), (100, .resume))
        let second = stages.count / 2
        #expect(run.passages[1].started == at(20), "the edge comes after its idle time to the nanosecond")
        #expect(run.passages[second].started == at(100))
        #expect(pauses(run).map(\.ended) == [100_000_000_000])
        #expect((pauses(run).first?.at ?? 0) > 30_000_000_000)
    }

    @Test func `each prompt of a job is asked once, however often it is paused`() {
        let batch = Stage(.batch, .closed(ClosedLoad(4, .items(JobItems(count: 40)))), grace: .seconds(3))
        let run = run([[batch, drain]], (1.2, .pause), (3, .resume), (3.3, .pause), (9, .resume))
        #expect(run.requests(of: 0).count == 40)
        #expect(sent(run, from: 1.2, to: 3) == 0 && sent(run, from: 3.3, to: 9) == 0)
        #expect(pauses(run).count == 2)
    }

    @Test func `a run that is stopped while it is paused ends, and sends nothing more`() throws {
        let run = run([[level(), drain], [level(), drain]], (4.2, .pause), (6, .stop(.interrupt)))
        #expect(run.hasEnded && run.now == at(6))
        #expect(sent(run, from: 4.2, to: 100) == 0)
        #expect(try #require(pauses(run).first).ended == 6_000_000_000)
    }

    /// A kill may come amid a pause, so that its step says since when; and not behind it, however the step ended.
    @Test(arguments: [
        [(4.2, Agenda.Event.pause), (9, .resume)], [(4.2, .pause), (6, .skip)],
        [(4.1, .skip), (4.2, .pause), (9, .resume)],
    ])
    func `a step says that it is paused while it is`(events: [(Double, Agenda.Event)]) {
        let run = VirtualRun(
            Program.of([[level(), drain], [level(), drain]]),
            server: server,
            loops: 1,
            events: events.map { (at: at($0.0), say: $0.1) }
        )
        let rows = run.batches.flatMap(\.steps)
        #expect(rows.contains { $0.paused != nil })
        let last = Dictionary(rows.map { ($0.id, $0) }) { $1 }
        #expect(last.values.allSatisfy { $0.paused == nil && $0.drained != nil })
    }

    /// At 5 s the first stretch is over, and its loops have not said so yet.
    @Test(arguments: [4.9989, 5, 5.0005])
    func `a pause at the border of two stretches puts the second off, and does not let it fall due at once`(
        pause: Double
    ) {
        let stretches = [5, 2].map { seconds in
            let plan = ArrivalPlan(Rate(10), for: .seconds(seconds), law: .constant)
            return Stage(.arrivals, .open(Arrivals(.rate(plan))), grace: .seconds(3))
        }
        let run = run([stretches + [drain]], (pause, .pause), (15, .resume))
        let second = run.requests(of: 1)
        #expect(second.count == 20)
        let apart = zip(second, second.dropFirst()).map { $1.dispatched.nanoseconds(since: $0.dispatched) }
        #expect(apart.allSatisfy { $0 >= 99_000_000 }, "\(apart.min() ?? 0)")
        #expect(sent(run, from: pause + 0.003, to: 15) == 0)
    }

    @Test(arguments: [Agenda.Event.stop(.interrupt), .skip])
    func `nothing falls due while an open loop is paused, though it is ended then`(end: Agenda.Event) {
        let arrivals = Arrivals(.rate(ArrivalPlan(Rate(2), for: .seconds(10), law: .constant)))
        let run = run([[Stage(.arrivals, .open(arrivals), grace: .seconds(3)), drain]], (4.2, .pause), (9.2, end))
        #expect(run.hasEnded)
        #expect(run.shed.isEmpty && run.requests.count == 9)
    }

    @Test func `a warm-up is finished before a pause begins`() {
        let warmup = Stage.oneByOne(.warmup, 4, grace: .seconds(3))
        let run = run([[warmup, level(), drain]], (0.6, .pause), (20, .resume))
        #expect(run.requests(of: 0).count == 4)
        #expect(sent(run, from: 2, to: 20) == 0)
        #expect(run.passages[1].started == at(20) && run.passages[1].closed == at(30))
        #expect(pauses(run).map(\.at) == [2_000_000_000])
    }

    @Test func `what is asked twice or in vain changes nothing`() {
        let plain = run([[level(), drain]])
        let odd = run([[level(), drain]], (1, .resume), (12, .pause), (12.1, .pause), (12.2, .resume), (12.3, .resume))
        #expect(odd.requests.map(\.dispatched) == plain.requests.map(\.dispatched))
        let twice = run([[level(), drain]], (4.2, .pause), (5, .pause), (9.2, .resume))
        #expect(pauses(twice).map(\.at) == [4_200_000_000])
    }

    @Test(arguments: [1, 2])
    func `a phase that is skipped ends, and the next one has all of its own`(loops: Int) {
        let run = run([[level(), level(), drain], [level(), drain]], loops: loops, (4.2, .skip))
        #expect(run.hasEnded)
        #expect(run.requests.filter { $0.dispatched >= at(4.2) }.allSatisfy { $0.stage == 3 })
        #expect(run.measured(of: 3).filter { $0.dispatched < at(14.5) }.count == 2 * 20)
        #expect(run.batches.flatMap(\.incidents).map(\.kind) == [.skip])
        let phases = run.batches.flatMap(\.phases).filter { $0.ended != nil }
        #expect(Set(phases.map(\.id)) == [1, 2])
    }

    @Test func `a paused phase can be skipped`() {
        let run = run([[level(), drain], [level(), drain]], (4.2, .pause), (8, .skip))
        #expect(run.hasEnded && sent(run, from: 4.2, to: 8) == 0)
        #expect(run.requests(of: 2).map(\.dispatched).min() == at(8))
        #expect(run.batches.flatMap(\.incidents).map(\.kind) == [.skip, .pause])
    }
}
