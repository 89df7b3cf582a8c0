import ArgumentParser
import Profile

/// `spate run PROFILE`: the main job.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a profile; without a target, against the built-in simulated provider.",
        discussion: """
            Examples:
              spate run ramp --url http://127.0.0.1:8000 --model m
              spate run mine.yaml --set phases.0.ramp.hold=10s --threshold 'ttft.p95 < 500ms'
            """
    )

    @Argument(
        help:
            "A YAML file or a built-in profile (`spate profiles`). With --resume: the result's own.",
        completion: Completions.profiles
    )
    var profile: String?
    @OptionGroup(title: "Batches") var job: JobFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        if let folder = job.resume {
            let interrupted = try InterruptedRun(folder)
            return try Launch(resuming: interrupted, profile: profile, job: job, target: target, flags: flags).run()
        }
        guard let profile else {
            throw Failure(.badInput, "run needs a <profile>, such as ramp (`spate profiles` lists them)")
        }
        let document = try refusingFaults { () throws(ProfileError) in try ProfileDocument(named: profile) }
        var launch = Launch(document: document, target: target, flags: flags)
        launch.job = job
        try launch.run()
    }
}

/// Faults of a profile are bad input, all of them at once.
func refusingFaults<Value>(
    _ words: String = "the profile cannot be run",
    _ body: () throws(ProfileError) -> Value
) throws(Failure) -> Value {
    do throws(ProfileError) { return try body() } catch {
        throw Failure(
            .badInput,
            "\(words):\n" + error.problems.map { "  \($0)" }.joined(separator: "\n")
        )
    }
}
