internal import Measurement
internal import Schedule
internal import Ticks

extension Agenda {
    /// The rows of phases, steps and incidents, written whenever one of their instants becomes known.
    struct Books: Sendable {
        private let program: Program
        private let t0: Instant
        /// Begun and not ended, by id: blocks of several targets take turns.
        private var phases: [Int: PhaseRecord] = [:]
        private var lastDrained: [Int: Int64] = [:]  // by phase
        private var step: StepRecord?
        private var idleSince: Int64?  // where nothing is sent in the present stage
        private var written: [RecordBatch] = []

        init(program: Program, t0: Instant) {
            self.program = program
            self.t0 = t0
        }

        mutating func takeWritten() -> [RecordBatch] {
            defer { written = [] }
            return written
        }

        mutating func begin(_ entry: Program.Entry, start: Instant, warmed: Int) {
            let offset = start.nanoseconds(since: t0)
            if phases[entry.phase] == nil {
                phases[entry.phase] = PhaseRecord(entry, of: program, started: offset)
            }
            step = StepRecord(entry, started: offset, idleSince: idleSince, warmed: warmed)
            idleSince = entry.stage.plannedPause == nil ? nil : offset
            writeStep()
        }

        mutating func closeWindow(at instant: Instant, unlessClosed: Bool = false) {
            if unlessClosed, step?.windowEnded != nil { return }
            step?.windowEnded = instant.nanoseconds(since: t0)
            beginNoLater(than: instant.nanoseconds(since: t0))
        }

        /// A stage begins at an instant that lies ahead, a moment or hours, and may be ended before: then it began and
        /// ended there.
        private mutating func beginNoLater(than end: Int64) {
            guard var step, let started = step.started, started > end else { return }
            step.started = end
            if step.release != nil { step.release = end }
            step.settled = step.settled.map { $0 - (started - end) }
            if let began = phases[step.phase]?.started { phases[step.phase]?.started = min(began, end) }
            self.step = step
        }

        mutating func giveUp(_ finding: OverSaturation.Finding, at now: Instant) {
            step?.saturated = now.nanoseconds(since: t0)
            step?.saturationInSystem = finding.inSystemPerSecond
            step?.saturationTTFT = finding.ttftPerSecond
            closeWindow(at: now)
        }

        mutating func finishStep(at now: Instant) {
            guard let phase = step?.phase else { return }
            // Several loops agree on a window's end that lies ahead, and may all be quiet before it.
            let drained = max(now.nanoseconds(since: t0), step?.windowEnded ?? .min)
            step?.drained = drained
            step?.paused = nil  // what follows waits for the pause's end
            beginNoLater(than: drained)
            lastDrained[phase] = drained
            writeStep()
            step = nil
        }

        /// It ended when its last step did: targets may have taken turns since.
        mutating func finishPhase(_ id: Int) {
            guard var phase = phases.removeValue(forKey: id) else { return }
            phase.ended = lastDrained[id] ?? phase.started
            write { $0.phases.append(phase) }
        }

        /// Nothing more is asked of that target.
        mutating func finishPhases(of target: Int) {
            for (id, phase) in phases where phase.target == target { finishPhase(id) }
        }

        mutating func finish() { for id in phases.keys.sorted() { finishPhase(id) } }

        /// - Parameter target: nil = it concerns them all
        mutating func note(_ kind: IncidentRecord.Kind, _ detail: String?, of target: Int? = nil, at now: Instant) {
            var incident = IncidentRecord()
            incident.target = target
            incident.at = now.nanoseconds(since: t0)
            incident.kind = kind
            incident.detail = detail
            write { $0.incidents.append(incident) }
        }

        /// Kept at once, for a kill may come before the pause is over. Probes pause with their load, whose row it is.
        mutating func beginPause(at instant: Instant) {
            guard program.continuation.beside == nil else { return }
            step?.paused = instant.nanoseconds(since: t0)
            writeStep()
        }

        /// Nothing of it is measured time.
        mutating func notePause(from start: Instant, to end: Instant) {
            if step?.paused != nil {
                step?.paused = nil
                writeStep()
            }
            guard program.continuation.beside == nil else { return }
            var incident = IncidentRecord()
            incident.at = start.nanoseconds(since: t0)
            incident.ended = end.nanoseconds(since: t0)
            incident.kind = .pause
            write { $0.incidents.append(incident) }
        }

        mutating func noteLateWindow(_ entry: Program.Entry, by nanoseconds: Int64, at now: Instant) {
            let seconds = (nanoseconds + 500_000_000) / 1_000_000_000
            let number = (entry.window ?? 0) + 1
            note(.lateWindow, "time window \(number) began \(seconds) s late: the one before took longer", at: now)
        }

        private mutating func writeStep() {
            guard let step else { return }
            let phase = phases[step.phase]
            write { batch in
                if let phase { batch.phases.append(phase) }
                batch.steps.append(step)
            }
        }

        private mutating func write(_ fill: (inout RecordBatch) -> Void) {
            var batch = RecordBatch()
            fill(&batch)
            written.append(batch)
        }
    }
}
