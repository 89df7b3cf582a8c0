extension RunResult {
    /// The one result of a stored run. Pure: the same records give the same result.
    ///
    /// Anything may be stored of a run that was killed, and nothing of it can stop this: what cannot be said is nil.
    public init(of recorded: RecordedRun) {
        self.init()
        let index = RunIndex(recorded)
        let health = GeneratorHealth(recorded)
        tool.version = recorded.run.toolVersion
        run = RunFacts(recorded.run, lastInstant: index.lastInstant)
        let timelines = recorded.targets.map { TargetTimeline(index, $0) }
        targets = timelines.map { TargetResult(of: $0, health) }
        if targets.count > 1 {
            comparison = ComparisonResult(zip(timelines, targets).map { ComparedSide($0, $1) }, seed: recorded.run.seed)
        }
        let phases = targets.flatMap { target in
            target.phases.map { phase in
                (name: targets.count > 1 ? "\(target.name)/\(phase.label)" : phase.label, validity: phase.validity)
            }
        }
        validity = ValidityResult(worstOf: phases, index, health)
        calibration = recorded.run.calibration
        workload = WorkloadResult(recorded.run.workload, targets)
        warnings = RunWarnings.all(of: self, index, health)
        thresholds = recorded.run.thresholds.map { expression in
            do throws(ThresholdError) {
                return try Threshold(parsing: expression)
                    .result(on: self, confident: recorded.run.thresholdsConfident)
            } catch {
                return ThresholdResult(unreadable: expression, error)
            }
        }
        run.exitCode = recorded.run.complete ? exitCode : nil
    }

    /// The contract's exit code as far as the result decides it: 74 cut short by what could not be stored, 105 interrupted, 98 a target was unusable, 97 the
    /// measurement is invalid, 99 a threshold failed, else 0; the first that holds.
    public var exitCode: Int {
        if run.stoppedBy == "local_io" { return 74 }
        if run.interrupted { return 105 }
        if targets.contains(where: \.unusable) { return 98 }
        if validity.verdict == .invalid { return 97 }
        if thresholds.contains(where: { !$0.passed }) { return 99 }
        return 0
    }
}

extension RunFacts {
    init(_ record: RunRecord, lastInstant: Int64) {
        self.init()
        id = record.id
        profile = record.profileName
        label = record.label
        metadata = record.metadata
        seed = record.seed
        scheduleSHA256 = record.scheduleSHA256
        startedAtUnixNanoseconds = record.startedAtUnixNanoseconds
        let duration = record.durationNanoseconds ?? lastInstant
        durationSeconds = duration > 0 ? Double(duration) / 1e9 : nil
        complete = record.complete
        interrupted = record.interrupted
        simulated = record.simulated
        fast = record.fast
        stoppedBy = record.stoppedBy
    }
}

extension ThresholdResult {
    /// One that was stored but cannot be read: it has failed.
    init(unreadable expression: String, _ error: ThresholdError) {
        self.init()
        self.expression = expression
        note = error.description
    }
}
