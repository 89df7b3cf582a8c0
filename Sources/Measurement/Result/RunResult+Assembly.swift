extension RunResult {
    /// The one result of a stored run. Pure: the same records give the same result.
    ///
    /// Anything may be stored of a run that was killed, and nothing of it can stop this: what cannot be said is nil.
    public init(of recorded: RecordedRun, workers: Workers = .one) {
        self.init()
        let index = RunIndex(recorded, workers: workers)
        let health = GeneratorHealth(recorded)
        tool.version = recorded.run.toolVersion
        run = RunFacts(recorded.run, lastInstant: index.lastInstant)
        let timelines = workers.map(recorded.targets) { TargetTimeline(index, $0) }
        targets = workers.map(timelines) { TargetResult(of: $0, health) }
        shards = ShardsResult(recorded)
        markMissingShards()
        if targets.count > 1 {
            comparison = ComparisonResult(zip(timelines, targets).map { ComparedSide($0, $1) }, seed: recorded.run.seed)
        }
        let phases = targets.flatMap { target in
            target.phases.map { phase in
                (name: targets.count > 1 ? "\(target.name)/\(phase.label)" : phase.label, validity: phase.validity)
            }
        }
        validity = ValidityResult(of: phases, index, health)
        calibration = recorded.run.calibration
        workload = WorkloadResult(recorded.run.workload, targets)
        warnings = RunWarnings.all(of: self, index, health)
        caveats = RunWarnings.caveats(of: self, index)
        thresholds = recorded.run.thresholds.map { ThresholdResult(judging: $0, on: self, recorded.run) }
        judgeVerdicts()
        headline = Headline.sentences(of: self)
        run.exitCode = recorded.run.complete ? exitCode : nil
    }

    /// A verdict that the load generator's own lateness decides, or that passed on a load it did not make, makes the run
    /// invalid: nobody may build on it.
    private mutating func judgeVerdicts() {
        let disturbed = thresholds.compactMap { threshold in
            threshold.disturbance.map { "\(threshold.expression): \($0)" }
        }
        let searches = targets.flatMap(\.phases).compactMap(\.find).filter(\.isDisturbed).map {
            "\($0.expression): the load generator's own lateness or idleness decides the level found"
        }
        guard !(disturbed + searches).isEmpty else { return }
        validity.verdict = .invalid
        validity.reasons += disturbed + searches
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
    /// One that was stored but cannot be read has failed.
    init(judging expression: String, on result: RunResult, _ run: RunRecord) {
        do throws(ThresholdError) {
            self = try Threshold(parsing: expression).result(on: result, confident: run.thresholdsConfident)
        } catch {
            self.init()
            self.expression = expression
            note = error.description
        }
    }
}
