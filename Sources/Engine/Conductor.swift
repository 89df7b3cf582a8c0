internal import Measurement
internal import Schedule
internal import Synchronization
internal import Ticks
internal import Transport

/// Where the loops of a run meet: decides when windows close and the next stage begins, the same for all of them.
///
/// A loop says that its window may close (`windowReady`) or that its stage may end (`quiet`); when all have said so, all
/// get one command with one instant. Also keeps the rows of phases and steps, whose instants it is the only one to know.
public final class Conductor: Sendable {
    enum Command: Sendable {
        case enter(index: Int, start: Instant)
        case closeWindow(index: Int, at: Instant)
        case giveUp(index: Int, at: Instant)  // an open loop that the server cannot keep up with
        case stop(index: Int, at: Instant)
        case end
    }

    /// Why a run ends before its plan does.
    public enum Stop: Sendable, Hashable {
        case interrupt
        case cap(String)
        case over  // what it went beside is over
    }

    private struct State {
        var index = -1
        var ready: Set<Int> = []
        var quiet: Set<Int> = []
        var stop: Stop?
        var abandoned: [Int: String] = [:]  // target index -> reason
        /// Begun and not ended, by id: blocks of several targets take turns.
        var phases: [Int: PhaseRecord] = [:]
        var lastDrained: [Int: Int64] = [:]  // by phase
        var step: StepRecord?
        var lastIdleStart: Int64?
        var start = Instant.zero  // of the stage
        var monitor: LoadMonitor?
        var isGivenUp = false
        var probes: Run?  // beside the present phase
        var warmed = 0
        var posts: [Int: @Sendable (Command) -> Void] = [:]
        /// The entry before which it waits for the other shards.
        var awaited: Int?
        var ended = false
    }

    private let program: Program
    private let loops: Int
    private let t0: Instant
    private let sink: any RecordSink
    private let feed: LiveFeed
    private let trickle: Trickle?
    private let prices: [Price]
    private let gate: (any StageGate)?
    private let state = Mutex(State())

    /// - Parameter trickle: begins probes beside a phase; nil where there are none, as beside a load.
    init(
        program: Program,
        loops: Int,
        t0: Instant,
        sink: any RecordSink,
        feed: LiveFeed,
        trickle: Trickle? = nil,
        prices: [Price] = [],
        gate: (any StageGate)? = nil
    ) {
        self.program = program
        self.loops = loops
        self.t0 = t0
        self.sink = sink
        self.feed = feed
        self.trickle = trickle
        self.prices = prices
        self.gate = gate
    }

    /// Why it stopped early, and which targets were given up with what reason.
    public var stop: Stop? { state.withLock { $0.stop } }
    public var abandoned: [Int: String] { state.withLock { $0.abandoned } }

    // MARK: from the loops

    /// The last loop to attach begins the run.
    func attach(loop: Int, post: @escaping @Sendable (Command) -> Void) {
        state.withLock { state in
            state.posts[loop] = post
            if state.posts.count == loops { advance(&state) }
        }
    }

    func windowReady(loop: Int, index: Int) {
        state.withLock { state in
            guard index == state.index else { return }
            state.ready.insert(loop)
            if state.ready.count == loops {
                closeWindow(&state, at: plannedEnd(state) ?? commonInstant(after: MonotonicClock.now()))
            }
        }
    }

    /// - Parameter warmed: connections this loop has made ready for the edge that follows.
    func quiet(loop: Int, index: Int, warmed: Int) {
        state.withLock { state in
            guard index == state.index, state.quiet.insert(loop).inserted else { return }
            state.warmed += warmed
            if state.quiet.count == loops { advance(&state) }
        }
    }

    /// One loop's load over one second of an open loop's stage; ends the stage when it is hopeless.
    func load(_ sample: LoadSample, second: Int, index: Int) {
        state.withLock { state in
            guard index == state.index, !state.isGivenUp, state.stop == nil,
                let finding = state.monitor?.add(sample, second: second)
            else { return }
            let now = MonotonicClock.now()
            state.isGivenUp = true
            state.step?.saturated = now.nanoseconds(since: t0)
            state.step?.saturationInSystem = finding.inSystemPerSecond
            state.step?.saturationTTFT = finding.ttftPerSecond
            state.step?.windowEnded = now.nanoseconds(since: t0)
            post(.giveUp(index: index, at: now), state)
        }
    }

    /// Ends the target's part of the run; the other targets go on.
    func abandon(target: Int, reason: String) {
        state.withLock { state in
            guard state.abandoned[target] == nil else { return }
            state.abandoned[target] = reason
            note(.unusable, "\(program.targets[target].name): \(reason)")
            if state.index >= 0, !state.ended, program.entries[state.index].target == target { stopStage(&state) }
        }
    }

    // MARK: from anywhere

    /// Starts no more requests; what runs may end within the grace.
    public func stop(_ reason: Stop) {
        state.withLock { state in
            guard state.stop == nil, !state.ended else { return }
            state.stop = reason
            switch reason {
            case .interrupt: note(.interrupt, nil)
            case .cap(let name): note(.limit, name)
            case .over: break
            }
            stopStage(&state)
        }
    }

    // MARK: transitions

    private func stopStage(_ state: inout State) {
        let now = MonotonicClock.now()
        if state.index >= 0, state.step?.windowEnded == nil, program.entries[state.index].stage.hasWindow {
            state.step?.windowEnded = now.nanoseconds(since: t0)
        }
        post(.stop(index: state.index, at: now), state)
        if state.awaited != nil { begin(&state, next: program.entries.count, after: now) }
    }

    private func closeWindow(_ state: inout State, at instant: Instant) {
        state.step?.windowEnded = instant.nanoseconds(since: t0)
        post(.closeWindow(index: state.index, at: instant), state)
    }

    /// One loop acts at once; several need an instant that lies ahead of them all.
    private func commonInstant(after now: Instant) -> Instant {
        loops == 1 ? now : now.advanced(byNanoseconds: 2_000_000)
    }

    /// An open loop's stage ends when its plan says, to the nanosecond: the next stretch begins there.
    private func plannedEnd(_ state: State) -> Instant? {
        guard state.index >= 0, !state.isGivenUp, state.stop == nil,
            case .arrivals(let arrivals) = program.entries[state.index].stage.rule
        else { return nil }
        return state.start.advanced(by: arrivals.duration)
    }

    private func advance(_ state: inout State) {
        let now = MonotonicClock.now()
        finishStep(&state, at: now)
        if state.index >= 0, program.entries[state.index].isLastOfPhase {
            finishPhase(&state, program.entries[state.index].phase)
        }
        var next = state.index + 1
        if state.stop != nil { next = program.entries.count }
        while next < program.entries.count, state.abandoned[program.entries[next].target] != nil { next += 1 }
        let given = Set(state.abandoned.keys.map { program.targets[$0].id })
        for (id, phase) in state.phases where given.contains(phase.target) { finishPhase(&state, id) }
        guard let gate, next < program.entries.count, program.meets(before: next) else {
            return begin(&state, next: next, after: now)
        }
        state.awaited = next
        gate.meet(next) { [self, next] instant in
            self.state.withLock { state in
                guard state.awaited == next else { return }
                begin(&state, next: next, after: MonotonicClock.now(), agreed: instant)
            }
        }
    }

    /// - Parameter agreed: with other shards.
    private func begin(_ state: inout State, next: Int, after now: Instant, agreed: Instant? = nil) {
        state.awaited = nil
        if next >= program.entries.count {
            for phase in state.phases.keys.sorted() { finishPhase(&state, phase) }
            state.ended = true
            endProbes(&state)
            feed.enter(nil)
            post(.end, state)
            return
        }
        var start = max(commonInstant(after: now), t0)  // which may be agreed with others, and lie ahead
        if let agreed { start = max(start, agreed) }
        if let notBefore = program.entries[next].notBefore {
            let planned = t0.advanced(by: notBefore)
            if planned < now { noteLateWindow(program.entries[next], by: now.nanoseconds(since: planned)) }
            start = max(start, planned)
        }
        if let edge = program.edgeInstant(at: next, after: state.start) { start = max(start, edge) }
        if let end = plannedEnd(state), next == state.index + 1, case .arrivals = program.entries[next].stage.rule,
            program.entries[next].phase == program.entries[state.index].phase
        {
            start = end
        }
        begin(&state, index: next, start: start)
        post(.enter(index: next, start: start), state)
    }

    private func begin(_ state: inout State, index: Int, start: Instant) {
        let entry = program.entries[index]
        let offset = start.nanoseconds(since: t0)
        if state.phases[entry.phase] == nil {
            var phase = PhaseRecord()
            phase.id = entry.phase
            phase.target = program.targets[entry.target].id
            phase.name = entry.phaseName
            phase.kind = PhaseRecord.Kind(rawValue: entry.phaseKind.rawValue) ?? .ramp
            phase.loop = entry.phaseKind.isOpenLoop ? .open : .closed
            phase.window = entry.window
            phase.requests = entry.jobSize
            phase.beside = program.continuation.beside
            phase.started = program.continuation.phaseStarted ?? offset
            if let begun = program.continuation.begun[entry.phase]?.phase {
                phase = begun
                phase.ended = nil
            }
            state.phases[entry.phase] = phase
        }
        var step = StepRecord()
        step.id = entry.step
        step.phase = entry.phase
        step.ordinal = entry.ordinal
        step.kind = StepRecord.Kind(rawValue: entry.stage.kind.rawValue) ?? .level
        step.concurrency = entry.stage.concurrency
        step.burst = entry.stage.burst
        step.block = entry.stage.block
        step.retryOf = entry.retryOf
        step.binWidth = entry.binWidth.nanoseconds
        step.started = offset
        state.start = start
        state.monitor = nil
        state.isGivenUp = false
        switch entry.stage.rule {
        case .level(let level):
            step.settled = offset + level.settle.nanoseconds
        case .edge(let edge), .control(let edge):
            step.settled = offset
            step.release = offset
            step.connections = edge.connections.rawValue
            step.idle = state.lastIdleStart.map { offset - $0 }
            step.warmed = state.warmed
        case .baseline, .batch, .rewarm, .probe:
            step.settled = offset
            step.gap = entry.stage.afterIdle?.nanoseconds
            if step.gap != nil { step.idle = state.lastIdleStart.map { offset - $0 } }
        case .arrivals(let arrivals):
            step.settled = offset + arrivals.settle.nanoseconds
            step.describe(arrivals)
            if arrivals.stopsWhenSaturated, arrivals.isSteady {
                state.monitor = LoadMonitor(loops: loops, offered: arrivals.offeredPerSecond)
            }
        case .warmup, .idle, .pause, .drain:
            break
        }
        switch entry.stage.rule {
        case .idle, .pause: state.lastIdleStart = offset
        default: state.lastIdleStart = nil
        }
        state.index = index
        state.ready = []
        state.quiet = []
        state.warmed = 0
        state.step = step
        probe(&state, entry)
        writeRows(state)
        feed.enter(view(entry, index: index, start: start))
    }

    /// Probes go beside the loaded stages of a phase that asks for them, and end with them.
    private func probe(_ state: inout State, _ entry: Program.Entry) {
        guard let trickle, let rate = entry.probeRate, entry.stage.isLoaded else { return endProbes(&state) }
        guard state.probes == nil else { return }
        let target = program.targets[entry.target]
        let price = prices[entry.target]
        state.probes = trickle.begin(target, price: price, beside: entry.phase, named: entry.phaseName, rate: rate)
    }

    private func endProbes(_ state: inout State) {
        state.probes?.conductor.stop(.over)
        state.probes = nil
    }

    private func finishStep(_ state: inout State, at now: Instant) {
        guard let step = state.step else { return }
        let drained = now.nanoseconds(since: t0)
        state.step?.drained = drained
        state.lastDrained[step.phase] = drained
        writeRows(state)
        state.step = nil
    }

    /// It ended when its last step did: targets may have taken turns since.
    private func finishPhase(_ state: inout State, _ id: Int) {
        guard var phase = state.phases.removeValue(forKey: id) else { return }
        phase.ended = state.lastDrained[id] ?? phase.started
        var batch = RecordBatch()
        batch.phases.append(phase)
        sink.write(batch)
    }

    private func writeRows(_ state: State) {
        guard let step = state.step else { return }
        var batch = RecordBatch()
        if let phase = state.phases[step.phase] { batch.phases.append(phase) }
        batch.steps.append(step)
        sink.write(batch)
    }

    private func noteLateWindow(_ entry: Program.Entry, by nanoseconds: Int64) {
        let seconds = (nanoseconds + 500_000_000) / 1_000_000_000
        note(.lateWindow, "time window \((entry.window ?? 0) + 1) began \(seconds) s late: the one before took longer")
    }

    private func note(_ kind: IncidentRecord.Kind, _ detail: String?) {
        var incident = IncidentRecord()
        incident.at = MonotonicClock.now().nanoseconds(since: t0)
        incident.kind = kind
        incident.detail = detail
        var batch = RecordBatch()
        batch.incidents.append(incident)
        sink.write(batch)
    }

    private func view(_ entry: Program.Entry, index: Int, start: Instant) -> LiveFeed.StageView {
        let length: Duration? =
            switch entry.stage.rule {
            case .level(let level): level.hold
            case .idle(let time), .pause(let time): time
            case .edge(let edge), .control(let edge): edge.hold
            case .arrivals(let arrivals): arrivals.duration
            case .warmup, .baseline, .batch, .rewarm, .probe, .drain: nil
            }
        return LiveFeed.StageView(
            target: program.targets[entry.target].name,
            phase: entry.phaseName,
            stage: entry.stage,
            index: index,
            count: program.entries.count,
            started: start,
            plannedEnd: length.map { start.advanced(by: $0) }
        )
    }

    private func post(_ command: Command, _ state: State) {
        for post in state.posts.values { post(command) }
    }
}
