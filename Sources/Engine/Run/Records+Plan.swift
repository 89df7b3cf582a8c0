internal import Measurement
internal import Schedule
internal import Ticks

extension PhaseRecord {
    /// The row of a phase whose first stage begins, or which an interrupted run had begun.
    init(_ entry: Program.Entry, of program: Program, started: Int64) {
        if let begun = program.continuation.begun[entry.phase]?.phase {
            self = begun
            ended = nil
            return
        }
        self.init()
        id = entry.phase
        target = entry.target
        name = entry.phaseName
        kind = entry.phaseKind
        loop = entry.isOpenLoop ? .open : .closed
        window = entry.window
        requests = entry.jobSize
        beside = program.continuation.beside
        self.started = program.continuation.phaseStarted ?? started
    }
}

extension StepRecord {
    /// The row of a stage that begins.
    /// - Parameters:
    ///   - idleSince: when the time began in which nothing was sent, if that is what it follows
    ///   - warmed: connections made ready for it
    init(_ entry: Program.Entry, started: Int64, idleSince: Int64?, warmed: Int) {
        self.init()
        let idle = idleSince.map { started - $0 }
        id = entry.step
        phase = entry.phase
        ordinal = entry.ordinal
        kind = entry.stage.kind
        concurrency = entry.stage.concurrency
        burst = entry.stage.burst
        block = entry.stage.block
        retryOf = entry.retryOf
        binWidth = entry.binWidth.nanoseconds
        self.started = started
        let stage = entry.stage
        if stage.hasWindow { settled = started + stage.settle.nanoseconds }
        gap = stage.afterIdle?.nanoseconds
        if let wave = stage.closed?.wave {
            release = started
            connections = wave.rawValue
            self.warmed = warmed
        }
        if stage.closed?.wave != nil || gap != nil { self.idle = idle }
        if let arrivals = stage.arrivals { describe(arrivals) }
    }
}

extension LiveFeed.StageView {
    init(_ entry: Program.Entry, of program: Program, index: Int, start: Instant) {
        self.init(
            target: program.target(entry.target).name,
            phase: entry.phaseName,
            stage: entry.stage,
            index: index,
            count: program.entries.count,
            started: start,
            plannedEnd: entry.stage.plannedLength.map { start.advanced(by: $0) }
        )
    }
}
