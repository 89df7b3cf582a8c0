import Engine
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Ticks
import Transport

/// A run that is spoken to from another terminal.
struct RunControl {
    private let server: ControlServer?
    private let job: Job
    private let folder: String
    private let t0: Instant
    /// Outlives the parts of a run.
    private(set) var wantsPause = false

    init(_ job: Job, folder: RunFolder, t0: Instant) {
        server = ControlServer(folder: folder.path)
        (self.job, self.folder, self.t0) = (job, folder.path, t0)
    }

    func close() { server?.close() }

    /// Does what was asked of the run since the last call.
    mutating func obey(_ run: RunGroup, _ feed: LiveFeed.Snapshot) {
        server?.serve { command in
            switch command {
            case .status: return ControlAnswer(status(run, feed).text)
            case .statusAsJSON: return ControlAnswer(status(run, feed).json)
            case .stop:
                run.stop(.interrupt)
                return ControlAnswer("it stops: what is in flight may end")
            case .pause, .resume, .skip:
                if let why = refusal(of: command, run) { return ControlAnswer(why, isDone: false) }
            }
            switch command {
            case .pause:
                run.pause()
                wantsPause = true
                return ControlAnswer(
                    run.willPause ? "it pauses when the present stage, or its burst, is over" : "it is paused"
                )
            case .resume:
                wantsPause = false
                run.resume()
                return ControlAnswer("it goes on")
            default:
                wantsPause = false
                run.skip()
                return ControlAnswer("the present phase ends here")
            }
        }
    }

    /// Why it cannot be done; nil = it can.
    private func refusal(of command: ControlCommand, _ run: RunGroup) -> String? {
        if job.split.shard.count > 1 { return "the run is shared with other machines, which would go on without it" }
        if run.stop != nil { return "the run is stopping" }
        let isPaused = run.pausedFor(at: MonotonicClock.now()) != nil || run.willPause
        switch command {
        case .pause where isPaused: return "it is paused already, or will be"
        case .resume where !isPaused: return "it is not paused"
        case .skip where job.search != nil: return "a search has one phase, and decides itself how long it goes on"
        default: return nil
        }
    }

    private func status(_ run: RunGroup, _ feed: LiveFeed.Snapshot) -> RunStatus {
        var status = RunStatus()
        let now = MonotonicClock.now()
        let paused = run.pausedFor(at: now)
        status.state = run.stop != nil ? .stopping : paused != nil ? .paused : run.willPause ? .pausing : .running
        status.pausedSeconds = paused.map { Double($0) / 1e9 }
        (status.profile, status.result) = (job.profile.name, folder)
        status.elapsedSeconds = Double(now.nanoseconds(since: t0)) / 1e9
        if let view = feed.stage {
            (status.target, status.phase) = (view.target, view.phase)
            status.step = "\(view.stage.kind)"
            status.concurrency = view.stage.concurrency
            status.stepSeconds = max(0, Double(now.nanoseconds(since: view.started)) / 1e9)
            status.stepLeftSeconds = view.plannedEnd.map { max(0, Double($0.nanoseconds(since: now)) / 1e9) }
        }
        (status.inFlight, status.started, status.ended) = (feed.inFlight, feed.requestsStarted, feed.requestsEnded)
        (status.unsuccessful, status.tokenEvents) = (feed.unsuccessful, feed.tokenEvents)
        return status
    }

    /// What the live view says of a pause, and of an end that somebody asked for.
    func notice(of run: RunGroup, _ feed: LiveFeed.Snapshot) -> String? {
        if run.stop == .interrupt {
            let open = feed.inFlight == 1 ? "1 request" : "\(feed.inFlight) requests"
            return feed.inFlight == 0
                ? "stopping" : "stopping: waits for \(open); press Ctrl-C again to stop at once"
        }
        guard run.stop == nil else { return nil }
        if let length = run.pausedFor(at: MonotonicClock.now()) {
            return "paused for \(length / 1_000_000_000) s: `spate resume \(folder)` goes on"
        }
        return run.willPause ? "pauses when the present stage, or its burst, is over" : nil
    }
}
