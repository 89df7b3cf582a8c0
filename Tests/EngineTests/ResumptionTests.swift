import Measurement
import Schedule
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

/// What is left of a run that was cut off, by what is stored of it: each fault here lost or doubled requests in a simulated
/// world.
@Suite struct ResumptionTests {
    private static let second: Int64 = 1_000_000_000

    /// A run of one target that a kill cut off, written by hand.
    private struct Killed {
        var run = RecordedRun()
        let target: EngineTarget

        init(_ shapes: [PhaseShape]) {
            let plan = RunPlan(
                seed: 1,
                workload: Workload(source: .synthetic(inputTokens: 8)),
                warmupRequests: 0,
                shapes: shapes,
                grace: .seconds(1)
            )
            target = EngineTarget(
                id: 1,
                name: "a",
                endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1),
                basePath: "/v1",
                model: "m",
                provider: Provider(name: "test"),
                headers: [],
                plan: plan
            )
            var row = TargetRecord()
            (row.id, row.name) = (1, "a")
            run.targets = [row]
            for (place, phase) in target.plan.phases.enumerated() {
                var row = PhaseRecord()
                (row.id, row.target, row.name, row.kind) = (place + 1, 1, phase.name, phase.kind)
                run.phases.append(row)
            }
        }

        /// The row of a stage, from its start to its end; nil = the kill came first.
        mutating func step(_ kind: StageKind, _ ordinal: Int = 0, phase: Int = 1, from start: Double, to end: Double?) {
            var row = StepRecord()
            (row.id, row.phase, row.ordinal, row.kind) = (run.steps.count + 1, phase, ordinal, kind)
            row.started = Int64(start * 1e9)
            row.drained = end.map { Int64($0 * 1e9) }
            if kind == .level || kind == .arrivals { row.windowEnded = row.drained }
            run.steps.append(row)
        }

        mutating func request(
            _ sequence: Int64,
            due: Double,
            took: Double,
            step: Int = 1,
            lag: Double = 0,
            isSent: Bool = true
        ) {
            var row = RequestRecord()
            (row.sequence, row.step, row.scheduled, row.measured) = (sequence, step, Int64(due * 1e9), true)
            row.outcome = isSent ? .ok : .notSent
            if isSent { (row.dispatchLag, row.ended) = (Int64(lag * 1e9), Int64(took * 1e9)) }
            run.requests.append(row)
        }

        mutating func incident(
            _ kind: IncidentRecord.Kind,
            at start: Double,
            to end: Double? = nil,
            _ detail: String? = nil
        ) {
            var row = IncidentRecord()
            (row.kind, row.at, row.ended) = (kind, Int64(start * 1e9), end.map { Int64($0 * 1e9) })
            row.detail = detail
            run.incidents.append(row)
        }

        /// It was alive then.
        mutating func alive(at seconds: Double) {
            var row = HealthRecord()
            row.at = Int64(seconds * 1e9)
            run.health.append(row)
        }

        var resumption: Resumption { Resumption(of: run, at: 0) }
        var left: Resumption.Remainder { resumption.remainder(of: target) }

        /// Where each stage that goes on, or begins anew, was cut, in seconds.
        var cuts: [Int: Double] {
            Dictionary(left.cut.compactMap { row in row.windowEnded.map { (row.id, Double($0) / 1e9) } }) { $1 }
        }
    }

    private static func trace(rows: Int, every gap: Double = 1) -> PhaseShape {
        var trace = Trace()
        for row in 0..<rows {
            trace.add(Trace.Row(offset: Int64(Double(row) * gap * 1e9), inputTokens: 8, outputTokens: 8))
        }
        trace.finish()
        var replay = Replay(file: "/trace", format: .jsonl, trace: trace)
        replay.choose()
        return .replay(replay)
    }

    private func rows(_ remainder: Resumption.Remainder) -> Int {
        remainder.target.plan.phases[0].stages.compactMap(\.replay).reduce(0) { $0 + $1.count }
    }

    @Test func `what was under way when a kill came is asked again, however long it had been`() {
        var killed = Killed([Self.trace(rows: 10)])
        killed.step(.arrivals, from: 0, to: 10)
        killed.step(.drain, 1, from: 10, to: nil)
        for row in 0..<10 where row != 4 { killed.request(Int64(row), due: Double(row), took: 0.1) }
        killed.alive(at: 60)
        #expect(killed.cuts[1].map { abs($0 - 3) < 1e-6 } == true, "\(killed.cuts)")
        #expect(rows(killed.left) == 7)
        // All of them are stored, and the drain was over a second before.
        killed.request(4, due: 4, took: 30)
        killed.run.steps[1].drained = 34 * Self.second
        #expect(killed.left.cut.isEmpty && rows(killed.left) == 0)
    }

    @Test func `the only request of a stage was under way when a kill came amid its drain`() {
        var killed = Killed([Self.trace(rows: 1)])
        killed.step(.warmup, from: 0, to: 1)
        killed.step(.arrivals, from: 1, to: 2)
        killed.step(.drain, 1, from: 2, to: nil)
        killed.request(0, due: 0, took: 0.5)
        killed.alive(at: 2.5)
        #expect(rows(killed.left) == 1)
    }

    /// What had fallen due and was not sent is in the books by then; what was under way is not.
    @Test func `what was under way when a kill came behind an interrupt is asked again`() {
        var killed = Killed([Self.trace(rows: 10)])
        killed.step(.arrivals, from: 0, to: nil)
        for row in 0..<8 where row != 4 { killed.request(Int64(row), due: Double(row), took: 0.1) }
        killed.incident(.interrupt, at: 7.5)
        killed.alive(at: 60)
        #expect(killed.cuts[1].map { abs($0 - 3) < 1e-6 } == true, "\(killed.cuts)")
        #expect(rows(killed.left) == 7)
    }

    @Test func `what waited for a place when a kill came is asked, though the wait was longer than any before`() {
        var killed = Killed([Self.trace(rows: 100, every: 0.1)])
        killed.step(.arrivals, from: 0, to: nil)
        for row in 0..<20 { killed.request(Int64(row), due: Double(row) / 10, took: 0.1) }
        killed.alive(at: 9)  // nothing has come for 7 s
        #expect(killed.cuts[1].map { abs($0 - 1.9) < 1e-6 } == true, "\(killed.cuts)")
        #expect(rows(killed.left) == 81)
    }

    /// Two targets that are driven at once tell a pause each; and one amid which the kill came is told by its step alone.
    @Test(arguments: [1, 2], [false, true])
    func `a pause takes no time of a trace`(tellers: Int, isOpen: Bool) {
        var killed = Killed([Self.trace(rows: 100)])
        killed.step(.arrivals, from: 0, to: nil)
        for row in 0..<20 { killed.request(Int64(row), due: Double(row), took: 0.1) }
        if isOpen {
            killed.run.steps[0].paused = Int64(19.5e9)
        } else {
            for _ in 0..<tellers { killed.incident(.pause, at: 19.5, to: 49.5) }
            killed.request(20, due: 50, took: 0.1)
        }
        killed.alive(at: 70)
        // Row 19, or 20 behind the pause, is the last that is known to be there: it is asked again, and all behind it.
        #expect(rows(killed.left) == (isOpen ? 81 : 80))
    }

    /// They fall due later by the pause, though it begins long behind their due instants.
    @Test(arguments: [true, false])
    func `what waited for a place when a pause began is asked where it was under way`(isSent: Bool) {
        var killed = Killed([Self.trace(rows: 30)])
        killed.step(.arrivals, from: 0, to: 200)
        killed.step(.drain, 1, from: 200, to: nil)
        for row in 0..<20 { killed.request(Int64(row), due: Double(row), took: 0.1) }
        killed.incident(.pause, at: 60, to: 100)
        for row in 20..<30 where row != 26 {
            killed.request(Int64(row), due: Double(row) + 40, took: 0.1, lag: 60, isSent: isSent)
        }
        killed.alive(at: 210)
        #expect(killed.cuts[1].map { abs($0 - 65) < 1e-6 } == true, "\(killed.cuts)")
        #expect(rows(killed.left) == 5)
    }

    @Test func `a run goes on behind a pause in which it was ended`() {
        var killed = Killed([Self.trace(rows: 10)])
        killed.step(.arrivals, from: 0, to: 3)
        killed.incident(.pause, at: 3, to: 40)
        killed.alive(at: 3)
        #expect(killed.resumption.reached == 40 * Self.second)
    }

    @Test func `a phase that somebody skipped is not done after all`() {
        var steady = PhaseShape.Steady(concurrency: 1, duration: .seconds(60))
        steady.settle = .zero
        var killed = Killed([Self.trace(rows: 10), .steady(steady)])
        killed.step(.arrivals, from: 0, to: 2)
        killed.incident(.skip, at: 2, killed.run.phases[0].name)
        killed.step(.level, phase: 2, from: 2, to: nil)
        killed.alive(at: 20)
        #expect(killed.left.target.plan.phases.map(\.stages.isEmpty) == [true, false])
    }

    /// Or it would seem to go on beside all that follows, as warm-ups and jobs did.
    @Test func `a stage that a kill left open ends where the run goes on`() {
        var killed = Killed([.batch(.init(requests: 5, concurrency: 1))])
        killed.step(.warmup, from: 0, to: nil)
        killed.step(.batch, 1, from: 1, to: nil)
        killed.alive(at: 7)
        var batch = RecordBatch()
        killed.resumption.open(&batch, [killed.left])
        #expect(batch.steps.map(\.drained) == [7 * Self.second, 7 * Self.second])
        #expect(batch.steps.map(\.cut) == [nil, .continued])
    }
}
