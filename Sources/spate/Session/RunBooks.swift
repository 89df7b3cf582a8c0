import Engine
import Measurement
import Profile
import Schedule
import Store
import Ticks
import Transport

/// What is stored of a run itself: its row and its targets', as it begins and again as it ends.
struct RunBooks {
    let t0: Instant
    let store: RunStore
    /// As they were written at the start.
    let rows: [TargetRecord]
    private(set) var run: RunRecord
    private let door: RedactingSink
    private let servers: [ServerProcess?]  // of each target
    private let overflowsBefore: Int64

    /// Opens the file and writes how the run begins.
    /// - Parameter taps: what listens; it passes everything on to the file.
    init(_ ready: RunPreparation, _ start: CommonStart, t0: Instant, through taps: RunTaps) throws(Failure) {
        let (job, interrupted) = (ready.job, ready.job.interrupted)
        let resumption = interrupted?.resumption
        self.t0 = t0
        run = resumption?.record ?? RunRecord(job, id: start.runID(t0, job.plan.scheduleSHA256), t0: t0)
        if resumption == nil { run.calibration = ready.calibration }
        run.mapForeignTexts(Secrets.redactor.redacted)
        do throws(StoreError) {
            store =
                if let interrupted {
                    try interrupted.store(run: run, ready.rest)
                } else { try RunStore(creating: ready.folder.file("run.sqlite"), run: run) }
        } catch {
            throw Failure(.localIO, "\(error)")
        }
        taps.begin(run, result: ready.folder.path, before: store)
        door = RedactingSink(taps) { Secrets.redactor }
        rows = ready.targets.map { TargetRecord($0, before: resumption?.stored) }
        servers = ready.targets.map(\.server)
        overflowsBefore = ProcessResources.listenOverflows()
        var batch = RecordBatch()
        batch.targets = rows
        batch.shards = start.rows(loops: run.loops)
        resumption?.open(&batch, ready.rest)
        door.write(batch)
    }

    /// Begins to write what the servers tell of themselves.
    func record(_ scraper: MetricsScraper?) { scraper?.record(since: t0, into: door) }

    /// Writes how the run ended.
    /// - Returns: why not everything is stored; nil where it is.
    mutating func close(_ outcome: Run.Outcome, _ ready: RunPreparation, _ start: CommonStart) -> String? {
        run.durationNanoseconds = outcome.duration
        run.complete = true
        switch outcome.stop {
        case .interrupt: run.interrupted = true
        case .cap(let name): run.stoppedBy = name
        case .over, nil: break
        }
        run.warnings += simulatorWarnings(ready)
        run.mapForeignTexts(Secrets.redactor.redacted)
        var last = RecordBatch()
        for (place, target) in ready.targets.enumerated() {
            var row = rows[place]
            if let limits = outcome.rateLimits[target.id] { row.note(limits) }
            row.noteChanges(of: target.driven)
            (row.process, row.processWaited) = (servers[place]?.name, servers[place]?.waited)
            if outcome.closesConnections.contains(target.id) {
                row.notes.append(
                    "closes its connections after its answers: most of the answered requests opened a new one"
                )
            }
            last.targets.append(row)
        }
        last.shards = start.rows(loops: run.loops)
        door.write(last)
        do throws(StoreError) { try store.finish(run: run) } catch { return "\(error)" }
        // All is in the file by now, but the run was cut short for it.
        guard run.stoppedBy == "local_io", let failure = store.failure else { return nil }
        return "\(failure); the run was cut short"
    }

    /// A simulated provider that could not keep up must not be taken for a slow one.
    private func simulatorWarnings(_ ready: RunPreparation) -> [String] {
        guard ready.targets.contains(where: { $0.child != nil }),
            ProcessResources.listenOverflows() > overflowsBefore
        else { return [] }
        return [
            "\(ProcessResources.listenOverflows() - overflowsBefore) connection attempts met a full listen queue on this machine; where it is the simulated provider's, that wait is in its times"
        ]
    }
}

extension RunRecord {
    /// A run that begins at `t0`.
    fileprivate init(_ job: Job, id: String, t0: Instant) {
        self.init()
        self.id = id
        toolVersion = Session.version
        profileName = job.profile.name
        label = job.label
        metadata = job.metadata
        seed = job.profile.seed
        scheduleSHA256 = job.plan.scheduleSHA256
        startedAtUnixNanoseconds = t0.nanoseconds + MonotonicClock.realtimeOffset()
        simulated = job.targets.allSatisfy(\.isSimulated)
        fast = job.isFast
        loops = job.loopsOfAllRuns
        let objectives = job.profile.objectives
        (sloTTFT, sloTPOT, sloE2E) = (
            objectives.ttft.map(Self.milliseconds), objectives.tpot.map(Self.milliseconds),
            objectives.e2e.map(Self.milliseconds)
        )
        thresholds = job.profile.thresholds
        thresholdsConfident = job.thresholdsAreConfident
        find = job.search?.promise.expression
        findFrom = job.search?.range.lowerBound
        findTo = job.search?.range.upperBound
        workload = job.profile.workload.kind?.rawValue
        keptRows = job.profile.output.requests
        answers = job.answers.map(UserFiles.absolute)
        cores = ProcessResources.cores()
        if job.heedsSelftest, let selftest = SelftestFile.load() { heed(selftest, loops: job.loopsOfAllRuns) }
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
