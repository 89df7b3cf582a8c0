import ArgumentParser
import Profile

/// `spate run PROFILE`: the main job.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a profile; without a target, against the built-in simulated provider."
    )

    @Argument(help: "A YAML file such as Profiles/ramp.yaml.")
    var profile: String
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        let document = try refusingFaults { () throws(ProfileError) in try ProfileDocument(file: profile) }
        try Launch(document: document, target: target, flags: flags).run()
    }
}

/// Faults of a profile are bad input, all of them at once.
func refusingFaults<Value>(_ body: () throws(ProfileError) -> Value) throws(Failure) -> Value {
    do throws(ProfileError) { return try body() } catch {
        throw Failure(
            .badInput,
            "the profile cannot be run:\n" + error.problems.map { "  \($0)" }.joined(separator: "\n")
        )
    }
}
