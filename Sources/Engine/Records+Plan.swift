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
        target = program.targets[entry.target].id
        name = entry.phaseName
        kind = Kind(entry.phaseKind)
        loop = entry.phaseKind.isOpenLoop ? .open : .closed
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
        kind = Kind(entry.stage.kind)
        concurrency = entry.stage.concurrency
        burst = entry.stage.burst
        block = entry.stage.block
        retryOf = entry.retryOf
        binWidth = entry.binWidth.nanoseconds
        self.started = started
        switch entry.stage.rule {
        case .level(let level): settled = started + level.settle.nanoseconds
        case .edge(let edge), .control(let edge):
            settled = started
            release = started
            connections = edge.connections.rawValue
            self.idle = idle
            self.warmed = warmed
        case .baseline, .batch, .rewarm, .probe:
            settled = started
            gap = entry.stage.afterIdle?.nanoseconds
            if gap != nil { self.idle = idle }
        case .arrivals(let arrivals):
            settled = started + arrivals.settle.nanoseconds
            describe(arrivals)
        case .warmup, .idle, .pause, .drain: break
        }
    }
}

extension LiveFeed.StageView {
    init(_ entry: Program.Entry, of program: Program, index: Int, start: Instant) {
        let length: Duration? =
            switch entry.stage.rule {
            case .level(let level): level.hold
            case .idle(let time), .pause(let time): time
            case .edge(let edge), .control(let edge): edge.hold
            case .arrivals(let arrivals): arrivals.duration
            case .warmup, .baseline, .batch, .rewarm, .probe, .drain: nil
            }
        self.init(
            target: program.targets[entry.target].name,
            phase: entry.phaseName,
            stage: entry.stage,
            index: index,
            count: program.entries.count,
            started: start,
            plannedEnd: length.map { start.advanced(by: $0) }
        )
    }
}

// The plan's names are the records'; none is forgotten, since each is written down.

extension PhaseRecord.Kind {
    init(_ kind: PhasePlan.Kind) {
        self =
            switch kind {
            case .warmup: .warmup
            case .ramp: .ramp
            case .idle: .idle
            case .burst: .burst
            case .steady: .steady
            case .rate: .rate
            case .replay: .replay
            case .batch: .batch
            case .probe: .probe
            case .keepwarm: .keepwarm
            case .trickle: .trickle
            }
    }
}

extension StepRecord.Kind {
    init(_ kind: Stage.Kind) {
        self =
            switch kind {
            case .warmup: .warmup
            case .level: .level
            case .idle: .idle
            case .baseline: .baseline
            case .edge: .edge
            case .control: .control
            case .pause: .pause
            case .batch: .batch
            case .rewarm: .rewarm
            case .probe: .probe
            case .arrivals: .arrivals
            case .drain: .drain
            }
    }
}
