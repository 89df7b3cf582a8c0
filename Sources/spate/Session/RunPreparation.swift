import Engine
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Simulator
import Wire

/// Gets a job ready: its folder, its simulated providers, its targets, how long their prompts must be, what is left of a run
/// that was cut off. Nothing is measured.
struct RunPreparation {
    let job: Job
    let folder: RunFolder
    private let signals: Signals
    private let lock: Int32
    private var children: [SimulatorChild] = []
    private(set) var targets: [DialledTarget] = []
    private(set) var calibration: CalibrationRecord?
    /// What of each target's plan this run does, and the rows of steps in which an earlier one was cut off.
    private(set) var rest: [Resumption.Remainder] = []

    init(_ job: Job, signals: Signals) throws(Failure) {
        self.job = job
        self.signals = signals
        if let interrupted = job.interrupted {
            folder = RunFolder(resuming: interrupted.folder)
        } else if let exactly = job.output.exactly {
            folder = try RunFolder(exactly: exactly)
        } else {
            let name = job.profile.name + job.split.suffix
            folder = try RunFolder(under: job.profile.output.folder, name: name, startedAt: Int(time(nil)))
        }
        lock = try folder.lock()
    }

    /// Ends the simulated providers and gives the folder free.
    func end() {
        for child in children { child.stop() }
        close(lock)
    }

    /// Leaves no folder behind in which nothing was measured.
    func giveUp() { folder.removeIfEmpty(simulatedProviders: job.targets.count) }

    mutating func dial() throws(Failure) {
        do throws(Failure) {
            try dialTargets()
            try calibrate()
        } catch {
            if job.interrupted == nil { giveUp() }
            throw error
        }
        folder.becomeLatest()
        if job.interrupted == nil { try folder.write(Array(job.profileYAML.utf8), to: "profile.yaml") }
        rest = targets.map { target in
            job.interrupted?.resumption.remainder(of: target.driven)
                ?? Resumption.Remainder(target: target.driven.part(of: job.split.shard))
        }
    }

    /// What is to be driven at the same time; none where a search decides as it goes.
    var programs: [Program] {
        guard job.search == nil else { return [] }
        return Program.all(
            targets: rest.map(\.target),
            order: job.profile.order,
            continuing: job.interrupted.map { Program.Continuation(behind: $0.resumption.stored) }
                ?? Program.Continuation()
        )
    }

    /// The caps, less what an earlier part of the run and the looks at the targets took.
    var caps: Limits {
        let limits = job.profile.limits
        return (job.interrupted?.resumption.limits(limits) ?? limits).part(of: job.split.shard).less(targets)
    }

    private func endIfAsked() { EarlyEnd.ifAsked(signals, "stopped before anything was measured", cleanUp: giveUp) }

    private mutating func dialTargets() throws(Failure) {
        for (index, target) in job.targets.enumerated() {
            var child: SimulatorChild?
            let place: TargetAddress
            switch target.location {
            case .remote(let address): place = address
            case .simulated(let scenario):
                var suffix = job.targets.count == 1 ? "" : "-\(index + 1)"
                if let resumption = job.interrupted?.resumption { suffix += "-resumed-\(resumption.number)" }
                let started = try start(scenario, suffix: suffix)
                children.append(started)
                child = started
                place = try TargetAddress.simulated(port: started.port, api: target.provider.api)
            }
            let (id, dialler) = (targets.count + 1, self)
            let verdict = try TargetPreparation.prepare(target, id: id, at: place, child: child, job: job) {
                dialler.endIfAsked()
            }
            switch verdict {
            case .ready(let dialled):
                try job.interrupted?.check(dialled)
                targets.append(dialled)
            case .unusable(let reason):
                Console.error("error: \(target.name) cannot be used: \(SafeText.line(reason, limit: 2_000))\n")
            }
        }
        guard !targets.isEmpty else { throw Failure(.unusableTarget, "no target can be used; nothing was measured") }
    }

    /// Sizes the prompts of all targets by the first one's tokens.
    private mutating func calibrate() throws(Failure) {
        if let resumption = job.interrupted?.resumption {
            calibration = resumption.stored.run.calibration
        } else {
            let dialler = self
            calibration = try TargetCalibration.run(on: targets[0], job: job) { dialler.endIfAsked() }
            targets[0].preflightRequests += calibration?.requests ?? 0
            targets[0].preflightInputTokens += calibration?.inputTokens ?? 0
            targets[0].preflightOutputTokens += calibration?.outputTokens ?? 0
        }
        guard let costs = calibration?.costs else { return }
        for place in targets.indices { targets[place].driven.plan.costs = costs }
    }

    /// The scenario goes to the child as a file, which stays with the result.
    private func start(_ scenario: Scenario, suffix: String) throws(Failure) -> SimulatorChild {
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
}
