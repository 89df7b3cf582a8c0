import Engine
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Simulator
import Store
import Ticks
import Transport
import Wire

/// One run from job to exit code: folder, simulated provider, targets, store, engine, live view, report.
struct Session {
    static let version = "0.1.0"
    let job: Job
    private var signals: Signals
    private var view: LiveView?
    private var control: RunControl?
    private(set) var calibration: CalibrationRecord?
    private(set) var start: CommonStart

    /// - Parameter signals: made before any thread.
    init(job: Job, signals: Signals) {
        self.job = job
        self.signals = signals
        start = CommonStart(job.split)
    }

    mutating func run() throws(Failure) -> ExitStatus {
        let stored = try measure()
        let unusable = stored.targets < job.targets.count
        let status = try Presentation(job: job, folder: stored.folder)
            .present(storeProblem: stored.problem, someTargetUnusable: unusable)
        let elapsed = MonotonicClock.now().nanoseconds(since: stored.t0)
        stored.taps.finish(at: elapsed, exitCode: Int(status.rawValue), result: stored.folder.path)
        return status
    }

    /// A run that was measured and stored, but not shown yet.
    struct Stored {
        var folder: RunFolder
        var t0: Instant
        var targets: Int  // that could be used
        /// Why not everything was stored.
        var problem: String?
        /// What listened; to be told how it ended.
        var taps: RunTaps
    }

    mutating func measure() throws(Failure) -> Stored {
        ProcessResources.raiseOpenFiles()
        try Capacity.check(job)
        let startedAt = Int(time(nil))
        let resumption = job.resumption
        let folder =
            if let resumption { RunFolder(resuming: resumption.folder) } else if let exactly = job.output.exactly {
                try RunFolder(exactly: exactly)
            } else {
                try RunFolder(under: job.output.parent, name: job.name + job.split.suffix, startedAt: startedAt)
            }
        let lock = try folder.lock()
        defer { close(lock) }
        let taps = try RunTaps(job.output, folder: folder)
        let page = try LivePage.open(job.output, folder: folder)
        var children: [SimulatorChild] = []
        defer { for child in children { child.stop() } }
        var targets: [Ready]
        do throws(Failure) {
            targets = try prepareTargets(folder: folder, children: &children)
            try calibrate(&targets, folder: folder)
        } catch {
            if resumption == nil { folder.removeIfEmpty(simulatedProviders: job.targets.count) }
            throw error
        }
        folder.becomeLatest()
        if resumption == nil { try folder.write(Array(job.profileYAML.utf8), to: "profile.yaml") }

        let remainders = resumption.map { old in targets.map { old.remainder(of: $0.prepared.target) } }
        let engineTargets =
            remainders?.map(\.target) ?? targets.map { $0.prepared.target.part(of: job.split.shard) }
        let programs =
            job.search == nil
            ? Program.all(
                targets: engineTargets,
                order: job.order,
                continuing: resumption.map { Program.Continuation(behind: $0.stored) } ?? Program.Continuation()
            ) : []
        let agreed = try start.agree(on: job, signals: signals) {
            folder.removeIfEmpty(simulatedProviders: job.targets.count)
        }
        let scraper = try serverMetrics(targets)
        let t0 = agreed ?? MonotonicClock.now().advanced(byNanoseconds: -(resumption?.reached ?? 0))
        var record = resumption?.record ?? runRecord(t0: t0, targets: targets)
        record.mapForeignTexts(Secrets.redactor.redacted)
        let store: RunStore
        do throws(StoreError) {
            store =
                if let resumption {
                    try resumption.store(run: record, remainders ?? [])
                } else { try RunStore(creating: folder.file("run.sqlite"), run: record) }
        } catch {
            throw Failure(.localIO, "\(error)")
        }
        taps.begin(record, result: folder.path, before: store)
        let door = RedactingSink(taps) { Secrets.redactor }
        let rows = targetRows(targets)
        let servers = servers(targets, children)
        var batch = RecordBatch()
        batch.targets = rows
        batch.shards = start.rows(loops: record.loops)
        resumption?.open(&batch, remainders ?? [])
        door.write(batch)
        scraper?.record(since: t0, into: door)
        control = RunControl(job, folder: folder, t0: t0)
        defer { control?.close() }

        let outcome =
            if let search = job.search {
                find(search, targets, t0: t0, store: store, sink: taps, children: children)
            } else if job.retryDisturbed > 0 {
                driveInParts(programs[0], targets, t0: t0, store: store, sink: taps, folder: folder, children: children)
            } else {
                drive(programs, targets, t0: t0, store: store, sink: taps, children: children)
            }
        scraper?.finish()
        finish(&record, outcome: outcome, targets: targets)
        record.warnings += simulatorWarnings(children: children)
        record.mapForeignTexts(Secrets.redactor.redacted)
        var last = RecordBatch()
        last.targets = rows.enumerated().map { index, row in
            var row = row
            if let limits = outcome.rateLimits[index] { row.note(limits) }
            row.noteChanges(of: targets[index].prepared.target)
            (row.process, row.processWaited) = (servers[index]?.name, servers[index]?.waited)
            if outcome.closesConnections.contains(index) {
                row.notes.append(
                    "closes its connections after its answers: most of the answered requests opened a new one"
                )
            }
            return row
        }
        start.part()
        last.shards = start.rows(loops: record.loops)
        door.write(last)
        var problem: String?
        do throws(StoreError) { try store.finish(run: record) } catch { problem = "\(error)" }
        // All is in the file by now, but the run was cut short for it.
        if problem == nil, record.stoppedBy == "local_io", let failure = store.failure {
            problem = "\(failure); the run was cut short"
        }
        page?.finish()
        return Stored(folder: folder, t0: t0, targets: targets.count, problem: problem, taps: taps)
    }

    // MARK: targets

    struct Ready {
        var jobIndex: Int
        var url: String
        var prepared: TargetPreparation.Prepared
    }

    private func prepareTargets(folder: RunFolder, children: inout [SimulatorChild]) throws(Failure) -> [Ready] {
        var ready: [Ready] = []
        for (index, target) in job.targets.enumerated() {
            let origin: TargetAddress
            switch target.location {
            case .remote(let address): origin = address
            case .simulated(let scenario):
                var suffix = job.targets.count == 1 ? "" : "-\(index + 1)"
                if let resumption = job.resumption { suffix += "-resumed-\(resumption.number)" }
                let child = try start(scenario, folder: folder, suffix: suffix)
                children.append(child)
                origin = try TargetAddress.simulated(port: child.port, api: target.provider.api)
            }
            let signals = signals
            let providers = job.targets.count
            let verdict = try TargetPreparation.prepare(target, id: ready.count + 1, at: origin, job: job) {
                EarlyEnd.ifAsked(signals, "stopped before anything was measured") {
                    folder.removeIfEmpty(simulatedProviders: providers)
                }
            }
            switch verdict {
            case .ready(let prepared):
                try job.resumption?.check(prepared.target, url: origin.url, isSimulated: target.isSimulated)
                ready.append(Ready(jobIndex: index, url: origin.url, prepared: prepared))
            case .unusable(let reason):
                Console.error("error: \(target.name) cannot be used: \(SafeText.line(reason, limit: 2_000))\n")
            }
        }
        guard !ready.isEmpty else { throw Failure(.unusableTarget, "no target can be used; nothing was measured") }
        return ready
    }

    /// Sizes the prompts of all targets by the first one's tokens.
    private mutating func calibrate(_ targets: inout [Ready], folder: RunFolder) throws(Failure) {
        let (signals, providers) = (signals, job.targets.count)
        if let resumption = job.resumption {
            calibration = resumption.stored.run.calibration
        } else {
            calibration = try TargetCalibration.run(on: targets[0].prepared, job: job) {
                EarlyEnd.ifAsked(signals, "stopped before anything was measured") {
                    folder.removeIfEmpty(simulatedProviders: providers)
                }
            }
            targets[0].prepared.preflightRequests += calibration?.requests ?? 0
            targets[0].prepared.preflightInputTokens += calibration?.inputTokens ?? 0
            targets[0].prepared.preflightOutputTokens += calibration?.outputTokens ?? 0
        }
        guard let costs = calibration?.costs else { return }
        for place in targets.indices { targets[place].prepared.target.plan.costs = costs }
    }

    /// The scenario goes to the child as a file, which stays with the result.
    private func start(_ scenario: Scenario, folder: RunFolder, suffix: String) throws(Failure) -> SimulatorChild {
        let file = "scenario\(suffix).yaml"
        try folder.write(Array(scenario.resolvedYAML().utf8), to: file)
        let arguments = [
            "--scenario", folder.file(file), "--port", "0", "--truth", folder.file("truth\(suffix).jsonl"),
        ]
        do throws(SimulatorError) {
            return try SimulatorChild(program: "/proc/self/exe", arguments: arguments)
        } catch {
            throw Failure(.localIO, error.text)
        }
    }

    // MARK: the run

    /// Level after level, each decided when the one before has ended.
    private mutating func find(
        _ order: Job.Search,
        _ targets: [Ready],
        t0: Instant,
        store: RunStore,
        sink: any RecordSink,
        children: [SimulatorChild]
    ) -> Run.Outcome {
        var search = order.start
        var target = targets[0].prepared.target
        let planned = target.plan.phases
        let sink = VisitSink(store: sink, promise: order.promise, phase: planned.count)
        var continuation = Program.Continuation()
        var limits: RateLimitRecord?
        while true {
            target.plan.phases = SearchPlan.phases(planned, level: search.next ?? order.range.lowerBound)
            if continuation.phase > 1 { target.plan.phases.removeFirst(planned.count - 1) }
            if view == nil { view = LiveView(job: job, began: t0) }
            view?.search = SearchPlan.words(search, promise: order.promise.expression)
            let program = Program(targets: [target], continuing: continuation)
            let earlier = limits.map { [0: $0] } ?? [:]
            var outcome = drive(
                [program],
                targets,
                t0: t0,
                store: store,
                sink: sink,
                children: children,
                earlier: earlier
            )
            if let seen = outcome.rateLimits[0] { limits = limits.map { $0.merging(seen) } ?? seen }
            outcome.rateLimits[0] = limits
            let count = sink.take()
            search.note(inside: count.inside, outside: count.outside)
            if outcome.stop != nil || !outcome.abandoned.isEmpty || search.next == nil {
                view?.finish()
                return outcome
            }
            continuation.phase = planned.count
            continuation.phaseStarted = count.phaseStarted
            continuation.step = (program.entries.last?.step ?? 0) + 1
            continuation.ordinal = (program.entries.last?.ordinal ?? 0) + 1
            continuation.sequence = count.lastSequence + 1
        }
    }

    mutating func drive(
        _ programs: [Program],
        _ targets: [Ready],
        t0: Instant,
        store: RunStore,
        sink: any RecordSink,
        children: [SimulatorChild],
        earlier: [Int: RateLimitRecord] = [:],
        budget: Budget? = nil,
        isLast: Bool = true
    ) -> Run.Outcome {
        var options = Run.Options(
            id: job.resumption?.stored.run.id ?? runID(t0),
            prices: targets.map { job.targets[$0.jobIndex].price }
        )
        options.loops = job.loops
        options.caps = caps(targets)
        options.redactor = { Secrets.redactor }
        options.gate = start.gate
        var view = self.view ?? LiveView(job: job, began: t0)
        defer { self.view = view }
        view.begin(programs)
        let run = RunGroup(programs: programs, options: options, t0: t0, sink: LiveTap(view.book, sink), budget: budget)
        if control?.wantsPause == true { run.pause() }
        // Hours cannot be reserved by request: the run ends when they have cost the cap.
        let hourly = job.targets.reduce(0) { $0 + ($1.dollarsPerHour ?? 0) }
        var limits = LimitNotes(rows: targetRows(targets), earlier: earlier)
        while !run.isOver {
            let signal = signals.wait(milliseconds: 100)
            let (shown, snapshot) = run.snapshot(at: MonotonicClock.now())
            control?.obey(run, snapshot)
            if signal != nil {
                if run.stop == .interrupt { stopAtOnce(store, children: children) }
                run.stop(.interrupt)
                let text = control?.notice(of: run, snapshot) ?? ""
                if !Console.errorCanBeRedrawn { Console.error(text + "\n") }
            }
            view.notice = control?.notice(of: run, snapshot)
            let hours = Double(MonotonicClock.now().nanoseconds(since: t0)) / 3.6e12
            if let cap = job.limits.maxCost, hourly > 0, hourly * hours >= cap { run.stop(.cap("max_cost")) }
            limits.tell(run.rateLimits, RedactingSink(sink, options.redactor), at: MonotonicClock.now())
            if store.failure != nil { run.stop(.cap("local_io")) }
            view.show(snapshot, of: shown)
        }
        view.clear()
        let outcome = run.join()
        if job.search == nil, isLast { view.finish() }
        return outcome
    }

    mutating func finishView() { view?.finish() }

    func caps(_ targets: [Ready]) -> Limits {
        (job.resumption?.limits(job.limits) ?? job.limits).part(of: job.split.shard).less(
            targets.map { ($0.prepared, job.targets[$0.jobIndex].price) }
        )
    }

    /// The second signal: what is stored stays readable, and the run incomplete.
    private func stopAtOnce(_ store: RunStore, children: [SimulatorChild]) {
        do throws(StoreError) { try store.flush() } catch { Console.error("error: \(error)\n") }
        Console.error("\nstopped at once; `spate report` shows what was stored\n")
        for child in children { kill(child.processID, SIGTERM) }
        _exit(ExitStatus.interrupted.rawValue)
    }

    // MARK: the end

    private func finish(_ record: inout RunRecord, outcome: Run.Outcome, targets: [Ready]) {
        record.durationNanoseconds = outcome.duration
        record.complete = true
        switch outcome.stop {
        case .interrupt: record.interrupted = true
        case .cap(let name): record.stoppedBy = name
        case .over, nil: break
        }
    }

    /// A simulated provider that could not keep up must not be taken for a slow one.
    private func simulatorWarnings(children: [SimulatorChild]) -> [String] {
        children.compactMap { child in
            let overflows = ProcessResources.listenOverflows() - overflowsBefore
            return overflows > 0
                ? "\(overflows) connection attempts met a full listen queue on this machine; where it is the simulated provider's, that wait is in its times"
                : nil
        }.prefix(1).map { $0 }
    }

    private let overflowsBefore = ProcessResources.listenOverflows()
}
