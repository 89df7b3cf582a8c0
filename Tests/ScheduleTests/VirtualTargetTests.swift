import Schedule
import TestSupport
import Testing
import Ticks

@testable import Engine

/// Whole runs in virtual time, ended early.
@Suite struct VirtualTargetTests {
    private let server = VirtualServer(slots: 4, service: .milliseconds(500))
    private let level = Stage(.level, .closed(ClosedLoad(2, .time(.init(hold: .seconds(10))))), grace: .seconds(3))
    private let drain = Stage.drain(grace: .seconds(3))

    private func run(_ stages: [[Stage]], loops: Int = 1, at instant: Instant, say event: Agenda.Event) -> VirtualRun {
        VirtualRun(Program.of(stages), server: server, loops: loops, at: instant, say: event)
    }

    @Test(arguments: [1, 2])
    func `a target that is given up gets no request more, and the next one gets all of its own`(loops: Int) {
        let event = Agenda.Event.abandon(target: 1, reason: "the key was refused")
        let run = run([[level, level, drain], [level, drain]], loops: loops, at: at(4.2), say: event)
        #expect(run.hasEnded)
        #expect(run.requests.filter { $0.dispatched >= at(4.2) }.allSatisfy { $0.stage == 3 })
        #expect(run.requests(of: 0).count == 2 * 9)
        #expect(run.requests(of: 1).isEmpty)
        // What is sent at the very instant of the window's end is not of it: records leave it out.
        #expect(run.measured(of: 3).filter { $0.dispatched < at(14.5) }.count == 2 * 20)
        #expect(run.passages[1].started == at(4.5))
    }

    @Test(arguments: [Conductor.Stop.interrupt, .cap("max_requests")])
    func `after a stop nothing is sent to any target`(stop: Conductor.Stop) {
        let run = run([[level, drain], [level, drain]], at: at(4.2), say: .stop(stop))
        #expect(run.hasEnded)
        #expect(run.requests.allSatisfy { $0.dispatched < at(4.2) })
        #expect(run.now == at(4.5))
        #expect(run.batches.flatMap(\.incidents).count == 1)
    }

    @Test func `an open loop's stretches meet to the nanosecond, whatever is in flight between them`() {
        let stretches = [1, 2].map { seconds in
            let plan = ArrivalPlan(Rate(10), for: .seconds(seconds), law: .constant)
            return Stage(.arrivals, .open(Arrivals(.rate(plan))), grace: .seconds(3))
        }
        let program = Program.of([stretches + [drain]])
        let run = VirtualRun(program, server: server, at: nil, say: .stop(.over))
        #expect(run.passages.map(\.started).prefix(2) == [at(0), at(1)])
        #expect(run.passages[1].closed == at(3))
        #expect(run.requests.count == 30)
    }
}
