import ArgumentParser
import Profile

/// Requests at a rate, whether or not earlier ones have ended.
struct RateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rate",
        abstract: "Send requests at a rate, whether or not earlier ones have ended.",
        discussion: """
            Rates that change (lists, ramps, a sine) are a profile's: spate profiles rate shows one.

            Examples:
              spate rate --request-rate 20 --duration 5m --url http://127.0.0.1:8000
              spate rate --request-rate 20 --request-count 2000 --arrival-pattern constant
              spate rate --resume results/latest        go on with one that was cut off
            """
    )

    @Option(help: "Requests per second.") var requestRate: String?
    @Option(help: "How long.") var duration: String?
    @Option(help: "How many requests, instead of how long.") var requestCount: Int?
    @Option(
        help: "constant, poisson or gamma. (default: poisson)",
        completion: .list(["constant", "poisson", "gamma"])
    )
    var arrivalPattern: String?
    @Option(help: "Shape of gamma arrivals: 1 is Poisson, less comes in bursts.") var burstiness: String?
    @Option(help: ArgumentHelp("Most requests in flight (also --max-concurrency).", valueName: "cap"))
    var concurrency: Int?
    @Option(
        help:
            "What happens to a request that is due beyond the cap: queue (timed from when it was due) or shed. (default: queue)",
        completion: .list(["queue", "shed"])
    )
    var overflow: String?
    @Option(help: "Most probes per second beside the load; one at a time, on a connection of their own.")
    var probeRate: String?
    @Flag(help: "Go on to the end even if the server cannot keep up.") var keepSaturated = false
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    @OptionGroup(title: "Cut off") var resumable: ResumeFlag

    func run() throws {
        let given = [
            ("--request-rate", requestRate != nil), ("--duration", duration != nil),
            ("--request-count", requestCount != nil),
        ]
        if try resumable.run(given: given, target: target, flags: flags) { return }
        guard let requestRate else { throw Failure(.badInput, "rate needs --request-rate, or --resume RESULT") }
        guard (duration == nil) != (requestCount == nil) else {
            throw Failure(.badInput, "rate needs one of --duration and --request-count, e.g. --duration 5m")
        }
        try Launch(
            shortcut: "rate",
            keys: [
                ("rps", requestRate, "--request-rate"), ("for", duration, "--duration"),
                ("requests", requestCount.map { "\($0)" }, "--request-count"),
                ("arrivals", try arrivals(), "--arrival-pattern"),
                ("max_concurrency", concurrency.map { "\($0)" }, "--concurrency"),
                ("overflow", overflow, "--overflow"), ("probe_rate", probeRate, "--probe-rate"),
                ("stop_over_saturated", keepSaturated ? "false" : nil, "--keep-saturated"),
            ] + window.keys(of: "rate", known: [.settle], quiet: flags.quiet),
            target: target,
            flags: flags
        ).run()
    }

    /// `--burstiness` alone means gamma, as vLLM has it.
    private func arrivals() throws(Failure) -> String? {
        guard arrivalPattern == "gamma" || burstiness != nil else { return arrivalPattern }
        guard arrivalPattern ?? "gamma" == "gamma" else {
            throw Failure(.badInput, "--burstiness is the shape of gamma arrivals; leave out one of the two")
        }
        guard let burstiness else {
            throw Failure(.badInput, "--arrival-pattern gamma needs --burstiness, e.g. 0.5")
        }
        return "{gamma: \(burstiness)}"
    }
}
