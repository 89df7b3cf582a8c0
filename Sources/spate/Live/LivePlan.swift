import Engine
import Measurement
import Report
import Schedule
import Ticks

/// How far a program is, and how long it still takes: by its plan, by how long answers took so far, and by a usual answer
/// before there is one.
struct LivePlan {
    private let program: Program
    private let usual: (Int) -> Duration
    private var seen: Double?  // seconds of an answer, of late
    private var phaseBegan: [Int: Double] = [:]  // by phase, seconds of the run
    /// Seconds of the stages behind the present one: of its phase, of all.
    private var ahead: (index: Int, phase: Double, run: Double)?

    init(_ program: Program, usual: @escaping (Int) -> Duration) {
        self.program = program
        self.usual = usual
    }

    /// What is left of the stage.
    struct StageLeft {
        /// nil = not known
        var seconds: Double?
        /// What it waits for once its time is over.
        var waitingFor: String?
        /// Nothing is left but answers to requests that are in flight.
        var isEnding = false
    }

    /// - Parameters:
    ///   - elapsed: seconds since the stage began
    ///   - done: requests of it that have ended; `measured` of them count
    static func left(
        of stage: LiveFeed.StageView,
        now: Instant,
        inFlight: Int,
        done: Int,
        measured: Int
    ) -> StageLeft {
        let elapsed = Double(now.nanoseconds(since: stage.started)) / 1e9
        let planned = stage.plannedEnd.map { Double($0.nanoseconds(since: now)) / 1e9 }
        func count(_ total: Int) -> StageLeft {
            let rest = max(0, total - done)
            if rest <= inFlight { return StageLeft(waitingFor: last(inFlight), isEnding: true) }
            return StageLeft(seconds: done > 0 ? elapsed / Double(done) * Double(rest) : nil)
        }
        if let level = stage.stage.closed?.window, measured < level.minRequests {
            let settle = level.settle / .seconds(1)
            let rest = Double(level.minRequests - measured)
            let needed = measured > 0 && elapsed > settle ? (elapsed - settle) / Double(measured) * rest : nil
            let longest = level.holdMax / .seconds(1) - elapsed
            if let planned, planned > 0.5 { return StageLeft(seconds: max(planned, min(needed ?? planned, longest))) }
            return StageLeft(
                seconds: needed.map { max(0, min($0, longest)) },
                waitingFor: "\(level.minRequests) requests, \(measured) ended"
            )
        }
        if let planned, planned > 0.5 { return StageLeft(seconds: planned) }
        if stage.stage.plannedPause != nil { return StageLeft() }
        if let total = stage.stage.closed?.budget { return count(total) }
        return StageLeft(waitingFor: last(inFlight), isEnding: true)
    }

    private static func last(_ inFlight: Int) -> String? {
        inFlight == 0 ? nil : inFlight == 1 ? "the last request" : "the last \(inFlight) requests"
    }

    /// Keeps the time of an answer; what lies ahead is reckoned anew when that changed, or the stage.
    mutating func note(answerSeconds: Double?) {
        guard let answerSeconds, answerSeconds > 0 else { return }
        if let seen, abs(seen - answerSeconds) < 0.05 * seen { return }
        seen = answerSeconds
        ahead = nil
    }

    private func duration(_ entry: Program.Entry) -> Double {
        let answer = seen.map { Duration.seconds($0) } ?? usual(max(1, entry.stage.concurrency))
        return entry.stage.duration(answer: answer) / .seconds(1)
    }

    /// Of the phase and of the run at `elapsed` seconds of it.
    mutating func progress(
        at index: Int,
        elapsed: Double,
        stageElapsed: Double,
        stageLeft: Double?
    ) -> (phase: LiveSnapshot.Progress, run: LiveSnapshot.Progress) {
        let entries = program.entries
        let began = phaseBegan[entries[index].phase] ?? elapsed
        phaseBegan[entries[index].phase] = began
        let own = stageLeft ?? max(0, duration(entries[index]) - stageElapsed)
        if ahead?.index != index {
            var (phase, run) = (0.0, 0.0)
            for entry in entries[(index + 1)...] {
                // A time window does not begin before its hour.
                if let notBefore = entry.notBefore { run = max(run, notBefore / .seconds(1) - elapsed - own) }
                let length = duration(entry)
                run += length
                if entry.phase == entries[index].phase { phase += length }
            }
            ahead = (index, phase, run)
        }
        func progress(_ passed: Double, _ left: Double) -> LiveSnapshot.Progress {
            LiveSnapshot.Progress(share: passed + left > 0 ? max(0, passed) / (passed + left) : 0, leftSeconds: left)
        }
        return (
            progress(elapsed - began, own + (ahead?.phase ?? 0)), progress(elapsed, own + (ahead?.run ?? 0))
        )
    }
}
