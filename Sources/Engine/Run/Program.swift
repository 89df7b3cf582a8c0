public import Measurement
public import Schedule
public import Ticks
internal import Transport

/// Everything a run does, in order: stages of phases of targets, numbered as the store will know them.
public struct Program: Sendable {
    public struct Entry: Sendable {
        public var target: Int  // `EngineTarget.id`
        public var phase: Int  // `PhaseRecord.id`
        public var phaseName: String
        public var phaseKind: PhaseKind
        public var isOpenLoop: Bool  // its phase: requests start when they are due
        public var step: Int  // `StepRecord.id`
        public var ordinal: Int  // within the phase
        public var stage: Stage
        public var binWidth: Duration
        public var probeRate: Double?  // of its phase
        public var isLastOfPhase: Bool
        public var window: Int?  // from 0, where the plan is run several times
        /// It does not begin earlier, since t0: the first of a time window.
        public var notBefore: Duration?
        /// Index of the first prompt of a turn: the same for the turns that targets take at one block, so that all are
        /// asked the same. nil: prompts go on, or (one target) have the number of their request.
        public var firstPrompt: Int64?
        /// The step that it measures again.
        public var retryOf: Int?
        /// Prompts of the whole job, where the phase is one.
        public var jobSize: Int?
    }

    /// Where an earlier program of the same run left off: a search decides each level when the one before has ended.
    public struct Continuation: Sendable {
        public var phase = 1  // id of the first phase
        public var phaseStarted: Int64?  // when an earlier program began it, since t0
        public var step = 1  // id of the first step
        public var ordinal = 0  // of that step within its phase
        public var sequence: Int64 = 0  // of the first request
        /// Phases that an interrupted run had begun, by id.
        public var begun: [Int: Begun] = [:]
        public var beside: Int?  // the phase whose load it probes
        var begins: Int64?  // no stage begins earlier, since t0
        var probeRuns = 0  // runs of probes beside its loads, so far
        var resumptions: Int64 = 0  // so far, this one apart

        public struct Begun: Sendable {
            var phase: PhaseRecord
            var steps = 0
            /// Of each block that had begun, how many requests are stored.
            var requests: [Int: Int64] = [:]
        }

        public init() {}

        /// Behind all that is stored of a run that was cut off.
        public init(behind recorded: RecordedRun) {
            let loads = recorded.steps.filter { $0.id < Numbering.firstProbeRow }
            phase = (recorded.phases.map(\.id).filter { $0 < Numbering.firstProbeRow }.max() ?? 0) + 1
            step = (loads.map(\.id).max() ?? 0) + 1
            follow(recorded)
            sequence = Numbering.behind(Numbering.lastOfLoads(recorded.requests))
            probeRuns += Numbering.probeRunsLost
        }

        /// Goes on behind earlier parts of the same run, all of whose requests are stored: with their next numbers, those of
        /// the probes beside them too.
        mutating func follow(_ recorded: RecordedRun) {
            sequence = max(sequence, (Numbering.lastOfLoads(recorded.requests) ?? -1) + 1)
            probeRuns = max(probeRuns, Numbering.probeRuns(in: recorded.steps.map(\.id)))
            resumptions = Int64(recorded.incidents.count { $0.kind == .resume })
            for phase in recorded.phases { begun[phase.id] = Begun(phase: phase) }
            var requests: [Int: Int64] = [:]  // by step
            for request in recorded.requests { requests[request.step, default: 0] += 1 }
            for step in recorded.steps {
                begun[step.phase]?.steps += 1
                begun[step.phase]?.requests[step.block ?? 0, default: 0] += requests[step.id] ?? 0
            }
        }

        /// How far behind its first prompt a turn goes on that had begun: what was asked in it is in the server's cache by
        /// now, and a user of another number asks on.
        func asked(ofBlock block: Int, in begun: Begun?) -> Int64 {
            guard let count = begun?.requests[block] else { return 0 }
            return Numbering.behind(count - 1) + resumptions * Numbering.resumptionGap
        }
    }

    public let targets: [EngineTarget]
    public let continuation: Continuation
    public let entries: [Entry]
    /// Prompts are counted by turn, not by request: there are several targets.
    let countsPromptsByTurn: Bool

    /// All targets in one program: block by block where their plans are cut into blocks, else phase by phase.
    public init(
        targets: [EngineTarget],
        order: TargetOrder = .interleaved,
        continuing continuation: Continuation = Continuation()
    ) {
        precondition(order != .parallel || targets.count == 1, "targets in parallel have programs of their own")
        let targets = Self.drawn(targets)
        let turns = Self.turns(of: targets, order).flatMap(\.self)
        self.init(targets: targets, turns: turns, continuing: continuation)
    }

    /// Programs to be driven at the same time: one, or with `parallel` one for each target.
    public static func all(
        targets: [EngineTarget],
        order: TargetOrder,
        continuing first: Continuation = Continuation()
    ) -> [Program] {
        var continuation = first
        let targets = drawn(targets)
        return turns(of: targets, order).map { turns in
            let program = Program(targets: targets, turns: turns, continuing: continuation)
            continuation.phase = max(continuation.phase, (program.entries.map(\.phase).max() ?? 0) + 1)
            continuation.step += program.entries.count
            return program
        }
    }

    /// All are asked the same, so that open loops need drawing once only.
    private static func drawn(_ targets: [EngineTarget]) -> [EngineTarget] {
        var plans: [RunPlan: RunPlan] = [:]
        return targets.map { target in
            var target = target
            let plan = plans[target.plan] ?? target.plan.drawn()
            plans[target.plan] = plan
            target.plan = plan
            return target
        }
    }

    private static func turns(of targets: [EngineTarget], _ order: TargetOrder) -> [[Turn]] {
        order.turns(
            blocks: targets.map { $0.plan.phases.map(\.blocks) },
            windows: targets.first?.plan.windows.count ?? 1,
            seed: targets.first?.plan.seed ?? 0
        )
    }

    private init(targets: [EngineTarget], turns: [Turn], continuing continuation: Continuation) {
        self.targets = targets
        self.continuation = continuation
        countsPromptsByTurn = targets.count > 1
        var entries: [Entry] = []
        var phaseIDs: [Turn: Int] = [:]  // by the first turn of each
        var windowsSeen: Set<Int> = [0]
        for turn in turns {
            let plan = targets[turn.target].plan
            let phase = plan.phases[turn.phase]
            let key = Turn(window: turn.window, phase: turn.phase, block: 0, target: turn.target)
            let window = plan.windows.count > 1 ? turn.window : nil
            let begun = continuation.begun.values.first {
                $0.phase.target == targets[turn.target].id && $0.phase.name == phase.name && $0.phase.window == window
            }
            let id = begun?.phase.id ?? phaseIDs[key] ?? continuation.phase + phaseIDs.count
            let stages = phase.stages(ofBlock: turn.block)
            for (place, (ordinal, stage)) in stages.enumerated() {
                var entry = Entry(
                    target: targets[turn.target].id,
                    phase: id,
                    phaseName: phase.name,
                    phaseKind: phase.kind,
                    isOpenLoop: phase.isOpenLoop,
                    step: continuation.step + entries.count,
                    ordinal: ordinal + (begun?.steps ?? 0)
                        + (entries.count < phase.stages.count ? continuation.ordinal : 0),
                    stage: stage,
                    binWidth: phase.binWidth,
                    isLastOfPhase: place == stages.count - 1 && turn.block == phase.blocks - 1,
                    window: window,
                    jobSize: phase.kind == .batch ? phase.stages.compactMap(\.jobSize).reduce(0, +) : nil
                )
                entry.probeRate = phase.probeRate
                if place == 0, countsPromptsByTurn {
                    entry.firstPrompt =
                        Numbering.promptsPerTurn * Self.number(of: turn, in: plan)
                        + continuation.asked(ofBlock: turn.block, in: begun)
                }
                if place == 0, windowsSeen.insert(turn.window).inserted {
                    entry.notBefore = plan.windows.every * turn.window
                }
                entries.append(entry)
            }
            phaseIDs[key] = id
        }
        self.entries = entries
    }

    /// The same in parts that end where no phase is under way, so that something can be decided in between.
    public var parts: [Program] {
        var parts: [Program] = []
        var open: Set<Int> = []
        var start = 0
        for (index, entry) in entries.enumerated() {
            if entry.isLastOfPhase { open.remove(entry.phase) } else { open.insert(entry.phase) }
            guard open.isEmpty else { continue }
            parts.append(part(Array(entries[start...index]), continuation))
            start = index + 1
        }
        return parts
    }

    /// Steps of a phase that is over, once more at its end.
    /// - Parameters:
    ///   - ids: of their first tries, which this program holds
    ///   - phase: the record of the phase, and how many steps it has by now
    ///   - nextStep: the first free id
    ///   - recorded: what is stored of the run so far
    public func again(
        _ ids: [Int],
        of phase: (phase: PhaseRecord, steps: Int),
        nextStep: Int,
        behind recorded: RecordedRun
    ) -> Program? {
        let first = entries.filter { ids.contains($0.step) }
        guard let last = first.last, !first.isEmpty else { return nil }
        var drain = last
        drain.stage = .drain(grace: last.stage.grace)
        var result = first + [drain]
        for place in result.indices {
            result[place].retryOf = place < first.count ? first[place].step : nil
            result[place].step = nextStep + place
            result[place].ordinal = phase.steps + place
            result[place].isLastOfPhase = place == result.count - 1
            result[place].notBefore = nil
            // Others than the first time: what was asked then may be in the server's cache.
            result[place].firstPrompt = result[place].firstPrompt.map {
                $0 + Numbering.promptsPerTurn * Int64(1000 + nextStep)
            }
        }
        var continuation = Continuation()
        continuation.phase = phase.phase.id
        continuation.follow(recorded)
        return part(result, continuation)
    }

    /// The same with numbers that go on behind what is stored of the run, and without targets that were given up.
    public func continuing(behind recorded: RecordedRun?, without abandoned: Set<Int>) -> Program {
        var continuation = continuation
        if let recorded { continuation.follow(recorded) }
        return part(entries.filter { !abandoned.contains($0.target) }, continuation)
    }

    private func part(_ entries: [Entry], _ continuation: Continuation) -> Program {
        Program(
            targets: targets,
            entries: entries,
            continuation: continuation,
            countsPromptsByTurn: countsPromptsByTurn
        )
    }

    private init(targets: [EngineTarget], entries: [Entry], continuation: Continuation, countsPromptsByTurn: Bool) {
        self.targets = targets
        self.entries = entries
        self.continuation = continuation
        self.countsPromptsByTurn = countsPromptsByTurn
    }

    /// The same for all targets at the same block of the same phase and window.
    private static func number(of turn: Turn, in plan: RunPlan) -> Int64 {
        let before = plan.phases[..<turn.phase].reduce(0) { $0 + $1.blocks }
        let whole = plan.phases.reduce(0) { $0 + $1.blocks }
        return Int64(turn.window * whole + before + turn.block)
    }

    /// How many targets before this one are the same model at the same place. They are asked the same, but for the nonce:
    /// the second must not find the first one's prompts in the server's cache.
    func twins(before target: EngineTarget) -> UInt64 {
        let before = targets.prefix { $0.id != target.id }
        return UInt64(before.count { $0.endpoint.origin == target.endpoint.origin && $0.model == target.model })
    }

    func target(_ id: Int) -> EngineTarget {
        guard let target = targets.first(where: { $0.id == id }) else {
            preconditionFailure("no target has the id \(id)")
        }
        return target
    }

    /// What the stage of that step replays.
    func replay(ofStep step: Int) -> Replay? {
        entries.first { $0.step == step }?.stage.replay
    }

    /// The wave that follows an idle time or a pause, for which connections and requests are made ready.
    func wave(after index: Int) -> ClosedLoad? {
        guard index + 1 < entries.count, entries[index + 1].target == entries[index].target,
            entries[index].stage.plannedPause != nil
        else { return nil }
        return entries[index + 1].stage.closed.flatMap { $0.wave == nil ? nil : $0 }
    }
}
