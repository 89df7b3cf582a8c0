import Measurement
import Schedule
import Synchronization
import TestSupport
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

/// Decisions of a run as a value: no loop, no socket, no clock.
@Suite struct AgendaTests {
    // MARK: openings and closings

    @Test func `the run begins when the last loop is there, at an instant that lies ahead of all`() {
        var diary = Diary([[level]], loops: 2)
        #expect(diary.say(.attached(loop: 0), at: 1) == [])
        #expect(diary.say(.attached(loop: 0), at: 2) == [])
        #expect(diary.say(.attached(loop: 1), at: 3) == [.enter(index: 0, start: ms(3002))])
    }

    @Test func `one loop alone begins at once`() {
        var diary = Diary([[level]])
        #expect(diary.say(.attached(loop: 0), at: 3) == [.enter(index: 0, start: ms(3000))])
    }

    @Test func `a window closes when every loop is ready, a stage ends when every loop is quiet`() {
        var diary = Diary([[level, level]], loops: 2)
        diary.begin()
        #expect(diary.say(.windowReady(loop: 1, index: 0), at: 4) == [])
        #expect(diary.say(.windowReady(loop: 1, index: 0), at: 4) == [])
        #expect(diary.say(.windowReady(loop: 0, index: 0), at: 5) == [.closeWindow(index: 0, at: ms(5002))])
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 6) == [])
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 6) == [])
        #expect(diary.say(.quiet(loop: 1, index: 0, warmed: 0), at: 7) == [.enter(index: 1, start: ms(7002))])
        #expect(diary.step(1).windowEnded == 5_002_000_000)
        #expect(diary.step(1).drained == 7_000_000_000)
    }

    @Test func `a stage that is quiet before the agreed end of its window lasts as long as the window`() {
        var diary = Diary([[level, level]], loops: 2)
        diary.begin()
        for loop in 0...1 { _ = diary.say(.windowReady(loop: loop, index: 0), at: 5) }
        for loop in 0...1 { _ = diary.say(.quiet(loop: loop, index: 0, warmed: 0), at: 5.001) }
        #expect(diary.step(1).windowEnded == 5_002_000_000 && diary.step(1).drained == 5_002_000_000)
        #expect(diary.step(2).started == 5_003_000_000)
    }

    @Test func `what is said of an earlier stage counts for nothing`() {
        var diary = Diary([[level, level]], loops: 2)
        diary.begin()
        diary.quiet(0, at: 2)
        #expect(diary.say(.windowReady(loop: 0, index: 0), at: 3) == [])
        #expect(diary.say(.windowReady(loop: 1, index: 0), at: 3) == [])
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 3) == [])
        #expect(diary.say(.quiet(loop: 1, index: 0, warmed: 0), at: 3) == [])
    }

    @Test func `shards wait for one another before a stage that follows answers, and begin it at the agreed instant`() {
        var diary = Diary([[level, level]], shard: Shard(0, of: 2))
        diary.begin()
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 2) == [])
        #expect(diary.met == [1])
        #expect(diary.say(.met(index: 0, instant: ms(2500)), at: 2.1) == [], "an answer to another question")
        #expect(diary.say(.met(index: 1, instant: ms(2500)), at: 2.2) == [.enter(index: 1, start: ms(2500))])
        #expect(diary.say(.met(index: 1, instant: ms(2600)), at: 2.3) == [], "it has begun")
        // Whoever stops while the others are waited for is at the end.
        diary = Diary([[level, level]], shard: Shard(0, of: 2))
        diary.begin()
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 2) == [])
        #expect(diary.say(.stop(.interrupt), at: 3).last == .end)
        #expect(diary.say(.met(index: 1, instant: ms(3500)), at: 3.2) == [])
    }

    @Test func `after the last stage all is over, and nothing is said twice`() {
        var diary = Diary([[level]])
        diary.begin()
        #expect(diary.quiet(0, at: 2) == [.end])
        #expect(diary.say(.quiet(loop: 0, index: 0, warmed: 0), at: 3) == [])
        #expect(diary.say(.stop(.interrupt), at: 3) == [])
        #expect(diary.phase(1).ended == 2_000_000_000)
    }

    @Test func `rows are written before loops are told, since nobody waits for what follows the end`() throws {
        var diary = Diary([[level]])
        diary.begin()
        let kinds = diary.take(.quiet(loop: 0, index: 0, warmed: 0), at: 2).map { action in
            switch action {
            case .write: "write"
            case .tell: "tell"
            case .show: "show"
            case .beginProbes, .endProbes: "probes"
            case .meet: "meet"
            }
        }
        #expect(kinds.last == "tell")
        #expect(kinds.filter { $0 == "write" }.count == 2)
        #expect(try #require(kinds.lastIndex(of: "write")) < (try #require(kinds.firstIndex(of: "show"))))
    }

    // MARK: open loops

    @Test func `an open loop's window closes when its plan says, and the next stretch begins there`() {
        var diary = Diary([[open(seconds: 3), open(seconds: 2)]], loops: 2)
        diary.begin(at: 1)
        let planned = ms(4002)
        _ = diary.say(.windowReady(loop: 0, index: 0), at: 4.1)
        #expect(diary.say(.windowReady(loop: 1, index: 0), at: 4.2) == [.closeWindow(index: 0, at: planned)])
        #expect(diary.quiet(0, at: 4.3) == [.enter(index: 1, start: planned)])
        #expect(diary.quiet(1, at: 6.5) == [.end])
    }

    @Test func `another phase's stretch does not begin in the past`() {
        var diary = Diary([[open(seconds: 3)], [open(seconds: 2)]])
        diary.begin(at: 1)
        #expect(diary.quiet(0, at: 4.3) == [.enter(index: 1, start: ms(4300))])
    }

    @Test func `a hopeless open loop is given up once, and what follows waits for no planned end`() throws {
        var diary = Diary([[open(seconds: 100, gives: true), open(seconds: 5)]])
        diary.begin(at: 0)
        var said: [Agenda.Command] = []
        for second in 0..<60 {
            let sample = LoadSample(
                inSystem: 100 * (second + 1),
                firstTokens: 10,
                ttftSum: Int64(second + 1) * 10_000_000_000
            )
            said += diary.say(.load(sample, second: second, index: 0), at: Double(second + 1))
        }
        #expect(said.count == 1)
        guard case .giveUp(index: 0, let at)? = said.first else {
            Issue.record("not given up")
            return
        }
        #expect(diary.quiet(0, at: 70) == [.enter(index: 1, start: ms(70_000))])
        let step = diary.step(1)
        #expect(step.saturated == at.nanoseconds)
        #expect(step.windowEnded == at.nanoseconds)
        #expect(try #require(step.saturationInSystem) > 0)
    }

    // MARK: targets that are given up

    @Test func `a target that is given up is passed over, and the others are asked`() {
        var diary = Diary([[level, level, drain], [level, drain]])
        diary.begin()
        #expect(
            diary.say(.abandon(target: 1, reason: "the key was refused"), at: 2) == [.stop(index: 0, at: ms(2000))]
        )
        #expect(diary.say(.abandon(target: 1, reason: "again"), at: 2.5) == [])
        #expect(diary.quiet(0, at: 3) == [.enter(index: 3, start: ms(3000))])
        #expect(diary.agenda.abandoned == [1: "the key was refused"])
        #expect(diary.incidents.map(\.kind) == [.unusable])
        #expect(diary.incidents.map(\.target) == [1])
        #expect(diary.incidents.map(\.detail) == ["target-1: the key was refused"])
        #expect(diary.step(1).windowEnded == 2_000_000_000)
        #expect(diary.phase(1).ended == 3_000_000_000)
        #expect(diary.phase(2).ended == nil)
        #expect(diary.quiet(3, at: 5) == [.enter(index: 4, start: ms(5000))])
        #expect(diary.quiet(4, at: 6) == [.end])
    }

    @Test func `one that is given up while another is asked disturbs nobody`() {
        var diary = Diary([[level, drain], [level, drain]])
        diary.begin()
        #expect(diary.say(.abandon(target: 2, reason: "gone"), at: 2) == [])
        #expect(diary.quiet(0, at: 3) == [.enter(index: 1, start: ms(3000))])
        #expect(diary.quiet(1, at: 4) == [.end])
    }

    @Test func `when all are given up the run is over`() {
        var diary = Diary([[level], [level]])
        diary.begin()
        _ = diary.say(.abandon(target: 1, reason: "gone"), at: 2)
        _ = diary.say(.abandon(target: 2, reason: "gone"), at: 2)
        #expect(diary.quiet(0, at: 3) == [.end])
        #expect(diary.agenda.stop == nil)
    }

    // MARK: stops

    @Test(arguments: [Conductor.Stop.interrupt, .cap("max_cost"), .over])
    func `a stop ends the stage, then the run, and is said once`(reason: Conductor.Stop) {
        var diary = Diary([[level, level], [level]])
        diary.begin()
        #expect(diary.say(.stop(reason), at: 2) == [.stop(index: 0, at: ms(2000))])
        #expect(diary.say(.stop(.interrupt), at: 2.5) == [])
        #expect(diary.agenda.stop == reason)
        #expect(diary.quiet(0, at: 3) == [.end])
        #expect(diary.step(1).windowEnded == 2_000_000_000)
        switch reason {
        case .interrupt: #expect(diary.incidents.map(\.kind) == [.interrupt])
        case .cap(let name):
            #expect(diary.incidents.map(\.kind) == [.limit])
            #expect(diary.incidents.map(\.detail) == [name])
        case .over: #expect(diary.incidents == [])
        }
    }

    @Test func `a stop does not move a window's end that is settled`() {
        var diary = Diary([[level]])
        diary.begin()
        _ = diary.say(.windowReady(loop: 0, index: 0), at: 2)
        _ = diary.say(.stop(.interrupt), at: 3)
        _ = diary.quiet(0, at: 4)
        #expect(diary.step(1).windowEnded == 2_000_000_000)
    }

    @Test func `a stop before the first stage lets none begin`() {
        var diary = Diary([[level]], loops: 2)
        _ = diary.say(.attached(loop: 0), at: 1)
        _ = diary.say(.stop(.interrupt), at: 1)
        #expect(diary.say(.attached(loop: 1), at: 2) == [.end])
        #expect(diary.batches.flatMap(\.steps) == [])
    }

    @Test(arguments: [
        Agenda.Event.stop(.interrupt), .stop(.cap("max_cost")), .skip, .abandon(target: 1, reason: "gone"),
    ])
    func `a stage that is ended before the instant agreed for its beginning has no length`(event: Agenda.Event) {
        let edge = Stage(.edge, .closed(.init(wave: 4, hold: .seconds(1), on: .cold)), grace: .seconds(1))
        for stage in [level, edge, drain, open(seconds: 2)] {
            var diary = Diary([[stage]], loops: 2)
            diary.begin(at: 1)
            _ = diary.say(event, at: 1.001)
            for loop in 0...1 { _ = diary.say(.quiet(loop: loop, index: 0, warmed: 0), at: 1.0015) }
            let step = diary.step(1)
            let end = stage.hasWindow ? 1_001_000_000 : 1_002_000_000
            #expect(step.started == Int64(end), "\(stage.kind)")
            #expect(step.windowEnded == (stage.hasWindow ? 1_001_000_000 : nil), "\(stage.kind)")
            #expect(step.drained == 1_002_000_000, "\(stage.kind)")
            #expect(step.release == nil || step.release == step.started, "\(stage.kind)")
            #expect(diary.phase(1).started == step.started && diary.phase(1).ended == step.drained, "\(stage.kind)")
        }
    }

    @Test func `a stop while a time window is waited for leaves nothing that lies ahead`() {
        var diary = Diary([[level]], windows: TimeWindows(count: 2, every: .seconds(3600)))
        diary.begin(at: 0)
        diary.quiet(0, at: 5)
        #expect(diary.step(2).started == 3_600_000_000_000)
        _ = diary.say(.stop(.interrupt), at: 60)
        diary.quiet(1, at: 60)
        #expect(diary.step(2).started == 60_000_000_000 && diary.step(2).drained == 60_000_000_000)
        #expect(diary.phase(2).started == 60_000_000_000 && diary.phase(2).ended == 60_000_000_000)
    }

    // MARK: what stages leave behind

    @Test func `an edge knows how long nothing was sent before it, and how many connections are ready`() {
        let edge = Stage(.edge, .closed(.init(wave: 4, hold: .seconds(1), on: .warm)), grace: .seconds(1))
        var diary = Diary([[Stage(.idle, .wait(.seconds(9)), grace: .seconds(1)), edge]], loops: 2)
        diary.begin(at: 0)
        _ = diary.say(.quiet(loop: 0, index: 0, warmed: 2), at: 9)
        _ = diary.say(.quiet(loop: 1, index: 0, warmed: 1), at: 9)
        #expect(diary.step(2).idle == 9_000_000_000)
        #expect(diary.step(2).warmed == 3)
        #expect(diary.step(2).connections == "warm")
    }

    @Test func `a time window waits for its time, and one that is late says so`() {
        for (ended, start, late) in [(5.0, 10_000, 0), (14.0, 14_000, 1)] {
            var diary = Diary([[level]], windows: TimeWindows(count: 2, every: .seconds(10)))
            diary.begin(at: 0)
            #expect(diary.quiet(0, at: ended) == [.enter(index: 1, start: ms(start))])
            #expect(diary.incidents.count { $0.kind == .lateWindow } == late)
        }
    }

    @Test(arguments: [Agenda.Event.skip, .abandon(target: 1, reason: "gone")])
    func `probes do not go on beside the load of another phase`(event: Agenda.Event) {
        var diary = Diary([[level, drain], [level, drain]], probed: 2)
        diary.begin()
        _ = diary.say(event, at: 1)
        diary.quiet(0, at: 2)  // the drain of what was cut short is passed over
        #expect(diary.probes == ["begin", "end", "begin"])
        diary.quiet(2, at: 3)
        #expect(diary.probes == ["begin", "end", "begin", "end"])
    }

    @Test func `probes begin once beside what is loaded, and end with it`() {
        var diary = Diary([[level, level, drain]], probed: 2)
        diary.begin()
        diary.quiet(0, at: 1)
        #expect(diary.probes == ["begin"])
        diary.quiet(1, at: 2)
        #expect(diary.probes == ["begin", "end"])
        diary.quiet(2, at: 3)
        #expect(diary.probes == ["begin", "end"])
    }

    @Test func `probes beside a load that lies ahead begin with it`() {
        var diary = Diary([[level, drain]], windows: TimeWindows(count: 2, every: .seconds(10)), probed: 2)
        diary.begin()
        diary.quiet(0, at: 1)
        diary.quiet(1, at: 2)
        #expect(diary.probesBegin == [ms(0), ms(10_000)])
        // And so they do, whatever runs them.
        var continuation = Program.Continuation()
        continuation.begins = 10_000_000_000
        let probes = Program(targets: Program.of([[level]]).targets, continuing: continuation)
        var agenda = Agenda(program: probes, loops: 1, t0: .zero)
        let commands: [Agenda.Command] = agenda.take(.attached(loop: 0), at: ms(2_000)).compactMap {
            if case .tell(let command) = $0 { command } else { nil }
        }
        #expect(commands == [.enter(index: 0, start: ms(10_000))])
    }

    @Test(arguments: [nil, 1])
    func `a pause amid a stage is kept at once, once for a load and the probes beside it`(beside: Int?) {
        var continuation = Program.Continuation()
        continuation.beside = beside
        let program = Program(targets: Program.of([[level]]).targets, continuing: continuation)
        var agenda = Agenda(program: program, loops: 1, t0: .zero)
        _ = agenda.take(.attached(loop: 0), at: ms(0))
        let actions = agenda.take(.pause, at: ms(500)) + agenda.take(.resume, at: ms(700))
        var rows: [Int64?] = []
        var incidents: [IncidentRecord.Kind] = []
        for case .write(let batch) in actions {
            rows += batch.steps.map(\.paused)
            incidents += batch.incidents.map(\.kind)
        }
        #expect(rows == (beside == nil ? [500_000_000, nil] : []))
        #expect(incidents == (beside == nil ? [.pause] : []))
    }

    @Test func `a loop may speak while it is spoken to, and all hear things in the order they were decided`() {
        let program = Program.of([[level, drain]])
        let conductor = Conductor(
            program: program,
            loops: 2,
            t0: .zero,
            sink: MemorySink(),
            feed: LiveFeed(loops: 2)
        )
        let heard = Mutex<[[String]]>([[], []])
        for loop in 0..<2 {
            conductor.attach(loop: loop) { command in
                let name =
                    switch command {
                    case .enter: "enter"
                    case .closeWindow: "closeWindow"
                    case .giveUp: "giveUp"
                    case .stop: "stop"
                    case .pause: "pause"
                    case .resume: "resume"
                    case .end: "end"
                    }
                heard.withLock { $0[loop].append(name) }
                if case .enter = command { conductor.stop(.interrupt) }
                if case .stop = command { conductor.take(.quiet(loop: loop, index: 0, warmed: 0)) }
            }
        }
        #expect(heard.withLock { $0 } == [["enter", "stop", "end"], ["enter", "stop", "end"]])
    }
}

// MARK: stages

private let level = Stage(.level, .closed(ClosedLoad(2, .time(.init(hold: .seconds(1))))), grace: .seconds(1))
private let drain = Stage.drain(grace: .seconds(1))

private func open(seconds: Int, gives: Bool = false) -> Stage {
    var arrivals = Arrivals(.rate(ArrivalPlan(.constant(Rate(10)), for: .seconds(seconds), law: .constant)))
    arrivals.stopsWhenSaturated = gives
    return Stage(.arrivals, .open(arrivals), grace: .seconds(1))
}

private func ms(_ milliseconds: Int) -> Instant { Instant(nanoseconds: Int64(milliseconds) * 1_000_000) }
