import Ticks

/// The result of merged shards whose requests are too many to hold at once: shard by shard, in memory that does not grow with
/// them.
///
/// Counts, tokens, cost and rates are sums over the shards, exact. Times and speeds are counted in histograms, whose percentiles are
/// within 0.4 % and have no intervals. Bursts and what is told by requests side by side (drift, silences, power) are left out.
public struct LargeUnion: Sendable {
    /// Merged results of more requests are computed so.
    public static let fewest = 2_000_000

    private let union: ShardUnion
    private var result: RunResult?
    private var totals: [Int: Row] = [:]  // by the target's place
    private var phases: [[Int]: (row: Row, validity: [ValidityResult])] = [:]  // by places
    private var steps: [[Int]: Row] = [:]
    /// Of jobs, by places: from the first shard's first dispatch to the last one's last answer.
    private var jobs: [[Int]: (start: Int64, end: Int64)] = [:]
    private var added = 0

    public init(_ union: ShardUnion) { self.union = union }

    /// The next shard in the order of `union.shards`, with all its requests.
    /// - Returns: what the shard's own result is, in the time in which all shards held each level
    public mutating func add(_ recorded: RecordedRun) -> RunResult {
        var part = recorded
        for place in part.steps.indices {
            guard let common = union.common[part.steps[place].id] else { continue }
            (part.steps[place].settled, part.steps[place].windowEnded) = (common.lowerBound, common.upperBound)
        }
        for (place, request) in part.requests.enumerated() where request.measured {
            guard let common = union.common[request.step] else { continue }
            if !common.contains(request.dispatched ?? request.scheduled) { part.requests[place].measured = false }
        }
        let index = RunIndex(part)
        let own = RunResult(of: part)
        let name = "shard \(union.shards.indices.contains(added) ? union.shards[added].index : added)"
        added += 1
        for (target, (record, told)) in zip(part.targets, own.targets).enumerated() {
            let requests = index.requests(of: record)
            totals[target, default: Row()].add(
                told.totals,
                of: requests.only { !index.isWarmup($0) },
                gaps: Histogram(),
                seconds: told.phases.reduce(0) { $0 + ($1.seconds ?? 0) }
            )
            for (phase, (stored, phaseTold)) in zip(index.phases(of: record.id), told.phases).enumerated() {
                let place = [target, phase]
                phases[place, default: (Row(), [])].row.add(
                    phaseTold.stats,
                    of: requests.only { index.phase(of: $0) == stored.id && !index.isWarmup($0) },
                    gaps: index.histogram(.itl, of: index.steps(of: stored).filter { $0.kind != .warmup }),
                    seconds: phaseTold.seconds ?? 0,
                    validity: phaseTold.rowValidity,
                    name: name
                )
                phases[place]?.validity.append(phaseTold.validity.named(name))
                if let length = phaseTold.batch?.makespanSeconds,
                    let start = index.steps(of: stored).filter({ $0.kind == .batch }).compactMap(\.started).min()
                {
                    let (span, end) = (jobs[place], start + Int64(length * 1e9))
                    jobs[place] = (min(start, span?.start ?? start), max(end, span?.end ?? end))
                }
                let groups = StepResult.groups(of: stored, index)
                for (step, (records, stepTold)) in zip(groups, phaseTold.steps).enumerated() {
                    var gaps = Histogram()
                    for record in records {
                        gaps.merge(index.histogram(.itl, of: [record], in: MeasuredWindow(of: record)))
                    }
                    steps[place + [step], default: Row()].add(
                        stepTold.stats,
                        of: RequestSet(joining: records.map { index.requests(of: $0).only(\.measured) }),
                        gaps: gaps,
                        seconds: stepTold.windowSeconds ?? 0,
                        weight: Double(stepTold.concurrency ?? 1),
                        validity: stepTold.validity,
                        name: name
                    )
                }
            }
        }
        result.absorb(own)
        return own
    }

    /// The whole's result. `shards` are the rows with what each says of itself.
    public func result(shards: [ShardRecord]) -> RunResult {
        var whole = result ?? RunResult()
        var head = RecordedRun()
        (head.run, head.targets, head.phases, head.steps) = (union.run, union.targets, union.phases, union.steps)
        head.shards = shards
        let index = RunIndex(head)
        whole.run = RunFacts(union.run, lastInstant: index.lastInstant)
        whole.shards = ShardsResult(head)
        for (target, record) in union.targets.enumerated() where whole.targets.indices.contains(target) {
            var told = whole.targets[target]
            (told.notes, told.rateLimits) = (record.notes, record.rateLimits)
            told.preflight = .init(requests: record.preflightRequests, outputTokens: record.preflightOutputTokens)
            told.preflightGets = record.preflightGets
            told.inputLength = nil
            for (phase, stored) in index.phases(of: record.id).enumerated() where told.phases.indices.contains(phase) {
                told.phases[phase] = self.phase(stored, told.phases[phase], [target, phase], index)
            }
            let seconds = told.phases.reduce(0) { $0 + ($1.seconds ?? 0) }
            told.totals = totals[target]?.statistics(seconds: seconds) ?? RequestStatistics()
            whole.targets[target] = told
        }
        whole.markMissingShards()
        whole.comparison = nil
        let judged = whole.targets.flatMap { target in target.phases.map(\.validity) }
        whole.validity = ValidityResult(worstOf: judged)
        whole.workload = WorkloadResult(union.run.workload, whole.targets)
        whole.warnings =
            union.run.warnings + [
                "The result has \(inCount(totals.values.reduce(0) { $0 + $1.requests }, "request")), too many to hold at once. Counts and rates are "
                    + "exact; percentiles are read from histograms, to 0.4 %, and have no intervals. Bursts, trends and silences are not in it."
            ]
        whole.caveats = []
        whole.thresholds = union.run.thresholds.map { ThresholdResult(judging: $0, on: whole, union.run) }
        whole.headline = Headline.sentences(of: whole)
        whole.run.exitCode = whole.exitCode
        return whole
    }

    /// - Parameter first: the phase as the first shard had it
    private func phase(_ record: PhaseRecord, _ first: PhaseResult, _ place: [Int], _ index: RunIndex) -> PhaseResult {
        var phase = PhaseResult()
        (phase.name, phase.kind, phase.loop, phase.window) = (record.name, record.kind, record.loop, record.window)
        phase.startedSeconds = record.started.map { Double($0) / 1e9 }
        let spans = index.spans(of: record)
        phase.durationSeconds = spans.isEmpty ? nil : spans.reduce(0) { $0 + $1.seconds }
        phase.elapsedSeconds = index.span(of: record)?.seconds
        (phase.blocks, phase.batch) = (first.blocks, first.batch)
        if record.kind == .batch {
            if let job = jobs[place] { phase.batch?.makespanSeconds = Double(job.end - job.start) / 1e9 }
            phase.batch?.concurrency = index.steps(of: record).first { $0.kind == .batch }?.concurrency
            phase.batch?.steadyTPS = nil
            phase.batch?.steadySeconds = nil
            phase.batch?.tailShare = nil
            phase.batch?.tailSeconds = nil
            phase.batch?.prompts = record.requests
            phase.batch?.promptsEnded = phases[place]?.row.requests ?? 0
        }
        if let told = phases[place] {
            phase.stats = told.row.statistics(seconds: phase.seconds ?? 0)
            phase.rowValidity = told.row.validity
            phase.validity = ValidityResult(worstOf: told.validity)
        }
        for (step, records) in StepResult.groups(of: record, index).enumerated() {
            guard let row = steps[place + [step]] else { continue }
            var result = StepResult()
            let windows = records.compactMap(MeasuredWindow.init(of:))
            result.windowSeconds = windows.isEmpty ? nil : windows.reduce(0) { $0 + $1.seconds }
            if records.first?.kind == .arrivals {
                result.rps = StepRecord.meanRate(records)
            } else {
                result.concurrency = records.first?.concurrency
            }
            result.stats = row.statistics(seconds: result.windowSeconds ?? 0)
            result.validity = row.validity
            phase.steps.append(result)
        }
        if phase.kind == .ramp {
            StepResult.compare(&phase.steps)
            phase.knee = KneeResult(of: phase.steps) {
                phase.loop == .open ? $0.ttftScheduledMilliseconds : $0.ttftMilliseconds
            }
        }
        // One request at a time over all: one shard's.
        if phase.kind == .probe || phase.kind == .keepwarm {
            (phase.consistency, phase.keepwarm) = (first.consistency, first.keepwarm)
        }
        return phase
    }
}

extension Optional<RunResult> {
    /// What shards' results have that is put together by counting.
    fileprivate mutating func absorb(_ other: RunResult) {
        guard var whole = self else {
            self = other
            return
        }
        for (place, target) in other.targets.enumerated() where whole.targets.indices.contains(place) {
            whole.targets[place].warmup.requests += target.warmup.requests
            whole.targets[place].warmup.outputTokens += target.warmup.outputTokens
            let cache = whole.targets[place].cache
            whole.targets[place].cache = cache?.joined(with: target.cache) ?? target.cache
            whole.targets[place].failures = FailureResult.joined(
                whole.targets[place].failures + target.failures
            )
            whole.targets[place].unusable = whole.targets[place].unusable && target.unusable
            if target.tokenSource == .events { whole.targets[place].tokenSource = .events }
            for (phase, told) in target.phases.enumerated() where whole.targets[place].phases.indices.contains(phase) {
                if whole.targets[place].phases[phase].keepwarm == nil {
                    whole.targets[place].phases[phase].keepwarm = told.keepwarm
                }
                if whole.targets[place].phases[phase].stats.requests.scheduled == 0 {
                    whole.targets[place].phases[phase].consistency = told.consistency
                }
            }
        }
        self = whole
    }
}

extension PhaseResult {
    /// What its rates are over.
    fileprivate var seconds: Double? { batch?.makespanSeconds ?? durationSeconds }
}

extension ValidityResult {
    fileprivate func named(_ name: String) -> ValidityResult {
        var named = self
        named.reasons = reasons.map { "\(name): \($0)" }
        return named
    }

    /// Of several, the worst verdicts with their reasons; the generators' own figures are each machine's.
    fileprivate init(worstOf all: [ValidityResult]) {
        self.init()
        verdict = all.map(\.verdict).max() ?? .valid
        latencies = all.map(\.latencies).max() ?? .valid
        load = all.map(\.load).max() ?? .valid
        let worst = all.filter { $0.verdict == verdict && verdict != .valid }
        reasons = Array(worst.flatMap(\.reasons).prefix(10))
        remedy = worst.lazy.compactMap(\.remedy).first
    }
}

extension MeasuredWindow {
    fileprivate init?(of step: StepRecord) {
        self.init(from: step.settled, to: step.windowEnded, binWidth: step.binWidth)
    }
}
