import ArgumentParser
import Profile

/// `spate batch`: a fixed job, each prompt once.
struct BatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Run a fixed job: each prompt once, at a set concurrency.",
        discussion: """
            --prompts takes JSONL with "prompt" or "messages", or a file for OpenAI's batch API; the answers are written
            back in that API's form, to answers.jsonl in the result's folder or to --answers FILE.

              spate batch --request-count 2000 --concurrency 128
              spate batch --prompts job.jsonl --concurrency 64 --answers out.jsonl --url ... --model ...
              spate batch --resume results/latest        finish a job that was interrupted
            """
    )

    @Option(help: "Number of prompts. (default: all of --prompts)") var requestCount: Int?
    @Option(help: "Requests in flight.") var concurrency: Int?
    @OptionGroup(title: "Job") var job: JobFlags
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        if let folder = job.resume {
            guard requestCount == nil, concurrency == nil else {
                throw Failure(
                    .badInput,
                    "--resume goes on with the stored job: leave out --request-count and --concurrency"
                )
            }
            return try Launch(resuming: InterruptedRun(folder), profile: nil, job: job, target: target, flags: flags)
                .run()
        }
        guard let concurrency else { throw Failure(.badInput, "batch needs --concurrency, or --resume RESULT") }
        guard requestCount != nil || flags.prompts != nil else {
            throw Failure(.badInput, "batch needs --request-count N, or --prompts FILE for all of its prompts")
        }
        var launch = try Launch(
            shortcut: "batch",
            keys: [
                ("requests", requestCount.map { "\($0)" }, "--request-count"),
                ("concurrency", "\(concurrency)", "--concurrency"),
            ] + window.keys(of: "batch", quiet: flags.quiet),
            target: target,
            flags: flags
        )
        launch.job = job
        try launch.run()
    }
}

/// What goes for jobs.
struct JobFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where a batch's answers are written, in place of answers.jsonl in the result's folder.",
            valueName: "file.jsonl"
        ),
        completion: .file()
    )
    var answers: String?
    @OptionGroup var resumable: ResumeFlag

    var resume: String? { resumable.resume }
}

/// What goes for every run that can be cut off.
struct ResumeFlag: ParsableArguments {
    @Option(
        help: ArgumentHelp("Finish a run that was cut off, in its folder.", valueName: "result"),
        completion: .directory
    )
    var resume: String?

    /// Goes on with the stored run; the command's own flags have no say in its shape.
    /// - Parameter given: flags of the shape that were given, by name
    func run(given: [(String, Bool)], target: TargetFlags, flags: RunFlags) throws -> Bool {
        guard let resume else { return false }
        let shape = given.filter(\.1).map(\.0)
        guard shape.isEmpty else {
            throw Failure(.badInput, "--resume goes on with the stored run: leave out \(shape.joined(separator: ", "))")
        }
        try Launch(resuming: InterruptedRun(resume), profile: nil, job: nil, target: target, flags: flags).run()
        return true
    }
}
