import ArgumentParser
import Profile
import Schedule

/// The requests of a trace, when they came and as long as they were.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay a trace of real traffic, or a recorded run.",
        discussion: """
            Formats, told from the first line where --format does not say, and where to get such traces:
              azure      github.com/Azure/AzurePublicDataset: AzureLLMInferenceTrace_code.csv, _conv.csv
              mooncake   github.com/kvcache-ai/Mooncake: conversation_trace.jsonl, toolagent_trace.jsonl
              bailian    github.com/alibaba-edu/qwen-bailian-usagetraces-anon
              burstgpt   github.com/HPMLL/BurstGPT: BurstGPT_1.csv
              servegen   github.com/alibaba/ServeGen: chunk-*-trace.csv
              nginx      an access log of JSON lines: log_format spate escape=json '{"msec":$msec,"request_time":$request_time,
                         "request_length":$request_length,"request":"$request","status":$status,"session":"$http_x_session_id"}';
                         or ingress-nginx's own form, whose times are whole seconds
              litellm    its standard logging payload, an object a line, or rows of LiteLLM_SpendLogs as JSON
              jsonl      your own: {"at_ms": 0, "input_tokens": 512, "output_tokens": 128} a line, and perhaps "session": "NAME"
              spate      a result's folder, or its run.sqlite

            Examples:
              spate replay AzureLLMInferenceTrace_code.csv --speed 2 --limit 10m --url http://127.0.0.1:8000
              spate replay results/latest --url http://127.0.0.1:8000
              spate replay --resume results/latest        go on with one that was cut off
            """
    )

    @Argument(help: "The trace's file.", completion: .file()) var trace: String?
    @Option(
        help: ArgumentHelp("One of the formats above.", valueName: "format"),
        completion: .list(TraceFormat.allCases.map(\.rawValue))
    )
    var format: String?
    @Option(help: ArgumentHelp("Speed-up: gaps between requests are divided by this. (default: 1)", valueName: "times"))
    var speed: String?
    @Option(help: ArgumentHelp("Where to start, in the trace's own time.", valueName: "time")) var start: String?
    @Option(
        help: ArgumentHelp(
            "How much of the trace to replay, in its own time: with --speed 2, 10m take 5m.",
            valueName: "time"
        )
    )
    var limit: String?
    @Option(help: ArgumentHelp("Replay only this many of its bursts, each after an idle time.", valueName: "count"))
    var bursts: String?
    @Option(help: ArgumentHelp("Most requests in flight (also --max-concurrency).", valueName: "cap"))
    var concurrency: Int?
    @Option(
        help: "What happens beyond the cap: queue or shed. (default: queue)",
        completion: .list(["queue", "shed"])
    )
    var overflow: String?
    @Option(help: "Most probes per second beside the load; one at a time, on a connection of their own.")
    var probeRate: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    @OptionGroup(title: "Cut off") var resumable: ResumeFlag

    func run() throws {
        if try resumable.run(given: [("the trace", trace != nil)], target: target, flags: flags) { return }
        guard let trace else { throw Failure(.badInput, "replay needs the file of a <trace>, or --resume RESULT") }
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
