import ArgumentParser
import Profile
import Schedule

/// The requests of a trace, when they came and as long as they were.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay a trace of real traffic, or a recorded run.",
        discussion: """
            Formats: azure, mooncake, burstgpt, servegen, jsonl (at_ms, input_tokens, output_tokens), spate (a result \
            folder or its run.sqlite). Without --format it is told from the first line.
            """
    )

    @Argument(help: "The trace's file.") var trace: String
    @Option(help: "azure, mooncake, burstgpt, servegen, jsonl or spate.") var format: String?
    @Option(help: "Gaps are divided by it.") var speed: String?
    @Option(help: "From here on, in the trace's own time.") var start: String?
    @Option(help: "For so long, in the trace's own time.") var limit: String?
    @Option(help: ArgumentHelp("Only so many bursts of it, each after an idle time.", valueName: "count"))
    var bursts: String?
    @Option(help: ArgumentHelp("Most requests in flight (also --max-concurrency).", valueName: "cap"))
    var concurrency: Int?
    @Option(help: "What happens beyond the cap: queue or shed.") var overflow: String?
    @Option(help: "Single probes beside the load, at most so many a second, on a connection of their own.")
    var probeRate: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        var launch = try Launch(
            shortcut: "replay",
            keys: [
                ("format", format, "--format"), ("speed", speed, "--speed"), ("start", start, "--start"),
                ("limit", limit, "--limit"), ("bursts", bursts, "--bursts"),
                ("max_concurrency", concurrency.map { "\($0)" }, "--concurrency"),
                ("overflow", overflow, "--overflow"), ("probe_rate", probeRate, "--probe-rate"),
            ] + window.keys(of: "replay", quiet: flags.quiet),
            target: target,
            flags: flags
        )
        try launch.set("phases.0.replay.trace", text: trace, from: "TRACE")
        try launch.run()
    }
}
