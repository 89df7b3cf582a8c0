import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Simulator
import Store
import Ticks
import Transport

/// Carries a job out that is ready: watches over its loops until they have ended, does what signals and `spate stop` ask,
/// shows how far it is.
struct RunDrive {
    let ready: RunPreparation
    let books: RunBooks
    /// Where the records go, on their way to the file.
    let sink: any RecordSink
    var view: LiveView
    private let gate: Meeting?
    private var signals: Signals
    private var control: RunControl

    init(_ ready: RunPreparation, _ books: RunBooks, through sink: any RecordSink, gate: Meeting?, signals: Signals) {
        self.ready = ready
        self.books = books
        self.sink = sink
        self.gate = gate
        self.signals = signals
        control = RunControl(ready.job, folder: ready.folder, t0: books.t0)
        view = LiveView(job: ready.job, targets: ready.targets, began: books.t0)
    }

    var job: Job { ready.job }

    mutating func run(_ programs: [Program]) -> Run.Outcome {
        defer { view.finish() }
        if let search = job.search { return find(search) }
        return job.retryDisturbed > 0 ? driveInParts(programs[0]) : drive(programs)
    }

    /// Nobody can speak to the run any more.
    func end() { control.close() }

    /// Programs at the same time, to their end.
    /// - Parameters:
    ///   - sink: nil = that of the run
    ///   - earlier: what the servers said of their limits in the parts of the run before this one, by target
    ///   - budget: of the parts of a run; nil = the caps are this one's alone
    mutating func drive(
        _ programs: [Program],
        sink: (any RecordSink)? = nil,
        earlier: [Int: RateLimitRecord] = [:],
        budget: Budget? = nil
    ) -> Run.Outcome {
        let (t0, sink) = (books.t0, sink ?? self.sink)
        var options = Run.Options(id: books.run.id)
        options.loops = job.loops
        options.caps = ready.caps
        options.redactor = { Secrets.redactor }
        options.gate = gate
        view.begin(programs)
        let run = RunGroup(programs: programs, options: options, t0: t0, sink: LiveTap(view.book, sink), budget: budget)
        if control.wantsPause { run.pause() }
        // Hours cannot be reserved by request: the run ends when they have cost the cap.
        let hourly = job.targets.reduce(0) { $0 + ($1.price.perHour ?? 0) }
        var limits = LimitNotes(rows: books.rows, earlier: earlier)
        while !run.isOver {
            let signal = signals.wait(milliseconds: 100)
            let (shown, snapshot) = run.snapshot(at: MonotonicClock.now())
            control.obey(run, snapshot)
            if signal != nil {
                if run.stop == .interrupt { stopAtOnce() }
                run.stop(.interrupt)
                let text = control.notice(of: run, snapshot) ?? ""
                if !Console.errorCanBeRedrawn { Console.error(text + "\n") }
            }
            view.notice = control.notice(of: run, snapshot)
            let hours = Double(MonotonicClock.now().nanoseconds(since: t0)) / 3.6e12
            if let cap = job.profile.limits.maxCost, hourly > 0, hourly * hours >= cap { run.stop(.cap("max_cost")) }
            limits.tell(run.rateLimits, RedactingSink(sink, options.redactor), at: MonotonicClock.now())
            if books.store.failure != nil { run.stop(.cap("local_io")) }
            view.show(snapshot, of: shown)
        }
        view.clear()
        return run.join()
    }

    /// The second signal: what is stored stays readable, and the run incomplete.
    private func stopAtOnce() {
        do throws(StoreError) { try books.store.flush() } catch { Console.error("error: \(error)\n") }
        Console.error("\nstopped at once; `spate report` shows what was stored\n")
        for child in ready.targets.compactMap(\.child) { kill(child.processID, SIGTERM) }
        _exit(ExitStatus.interrupted.rawValue)
    }
}
