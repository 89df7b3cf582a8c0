import Engine
import Measurement
import Profile
import Ticks
import Transport

/// One run from job to exit code: it is got ready (`RunPreparation`), driven (`RunDrive`), written down (`RunBooks`) and
/// shown (`Presentation`).
struct Session {
    static let version = "0.1.0"
    let job: Job
    private let signals: Signals

    /// - Parameter signals: made before any thread.
    init(job: Job, signals: Signals) {
        self.job = job
        self.signals = signals
    }

    func run() throws(Failure) -> ExitStatus {
        let stored = try measure()
        let unusable = stored.targets < job.targets.count
        let presentation = Presentation(
            folder: stored.folder,
            output: job.output,
            hasPage: job.profile.output.html,
            answers: job.answers
        )
        let status = try presentation.present(storeProblem: stored.problem, someTargetUnusable: unusable)
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

    func measure() throws(Failure) -> Stored {
        try Capacity.check(job)
        var ready = try RunPreparation(job, signals: signals)
        defer { ready.end() }
        let taps = try RunTaps(job.output, folder: ready.folder)
        let page = try LivePage.open(job.output, folder: ready.folder)
        try ready.dial()
        let programs = ready.programs
        var start = CommonStart(job.split)
        let agreed = try start.agree(on: job, signals: signals, cleanUp: ready.giveUp)
        let scraper = try MetricsScraper.beginning(job, ready.targets)
        let t0 = agreed ?? MonotonicClock.now().advanced(byNanoseconds: -(job.interrupted?.resumption.reached ?? 0))
        var books = try RunBooks(ready, start, t0: t0, through: taps)
        books.record(scraper)
        var drive = RunDrive(ready, books, through: taps, gate: start.gate, signals: signals)
        defer { drive.end() }
        let outcome = drive.run(programs)
        scraper?.finish()
        start.part()
        let problem = books.close(outcome, ready, start)
        page?.finish()
        return Stored(folder: ready.folder, t0: t0, targets: ready.targets.count, problem: problem, taps: taps)
    }
}
