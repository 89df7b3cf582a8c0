import ArgumentParser
import Measurement
import Profile

/// One phase without a file; its keys are flags. `--print-profile` shows the YAML.
struct RampCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Hold rising levels of concurrency, one after the other.",
        discussion: """
            Examples:
              spate ramp --concurrency 1,2,4,8 --hold 30s --url http://127.0.0.1:8000
              spate ramp --find 'ttft.p95 < 1s' --url http://127.0.0.1:8000
            """
    )

    private static let usualLevels = "1,2,4,8,16,32"

    @Option(help: ArgumentHelp("Levels, one after the other. (default: \(usualLevels))", valueName: "1,2,4,8"))
    var concurrency: String?
    @Option(help: ArgumentHelp("Find the most streams that meet a target: 'ttft.p95 < 1s'", valueName: "promise"))
    var find: String?
    @Option(help: ArgumentHelp("Lowest level of --find. (default: 1)", valueName: "streams")) var from: Int?
    @Option(help: ArgumentHelp("Highest level of --find. (default: 256)", valueName: "streams")) var to: Int?
    @Option(help: ArgumentHelp("How long each level lasts. (default: 30s; with --find 5s)", valueName: "time"))
    var hold: String?
    @Option(
        help: ArgumentHelp("Longest time for a level. (default: 5 times --hold; with --find 5m)", valueName: "time")
    )
    var holdMax: String?
    @Option(
        help:
            "up, or up-down: the levels again in falling order, to see whether the server answers alike. (default: up)",
        completion: .list(["up", "up-down"])
    )
    var direction: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        var (levels, window, search) = (concurrency, window, Job.Search?.none)
        if let find {
            let order = try self.search(find)
            guard concurrency == nil, direction == nil else {
                throw Failure(.badInput, "--find chooses its levels: leave out --concurrency and --direction")
            }
            // The plan is the worst case, so that limits and consent are asked for that.
            let visits = CapacitySearch.mostVisits(in: order.range)
            levels = Array(repeating: String(order.range.upperBound), count: visits).joined(separator: ",")
            window.minRequests = window.minRequests ?? String(order.start.rule.fewestInside(outside: 2) + 2)
            search = order
        } else if from != nil || to != nil {
            throw Failure(.badInput, "--from and --to go with --find; levels of a ramp are --concurrency 1,2,4,8")
        }
        var launch = try Launch(
            shortcut: "ramp",
            keys: [
                ("concurrency", "[\(levels ?? Self.usualLevels)]", "--concurrency"),
                ("hold", hold ?? (search == nil ? nil : "5s"), "--hold"),
                ("hold_max", holdMax ?? (search == nil ? nil : "5m"), "--hold-max"),
                ("direction", direction, "--direction"),
            ] + window.keys(of: "ramp", known: [.settle, .minRequests], quiet: flags.quiet),
            target: target,
            flags: flags
        )
        launch.search = search
        try launch.run()
    }

    private func search(_ expression: String) throws(Failure) -> Job.Search {
        let (from, to) = (from ?? 1, to ?? 256)
        guard from >= 1, from <= to else {
            throw Failure(.badInput, "--from \(from) --to \(to): allowed: 1 or more, rising")
        }
        do throws(ThresholdError) {
            return Job.Search(promise: try RequestPromise(parsing: expression), range: from...to)
        } catch {
            throw Failure(.badInput, "--find \(error)")
        }
    }
}

struct BurstCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "burst",
        abstract: "Send many requests at one instant after an idle time, then again to the warm server.",
        discussion: """
            A cycle is: a baseline of 25 single requests, the idle time, the burst at one instant, then so many requests
            kept in flight for --hold, and the same once more on the warm server. With --hold 30s that is far more than
            --size requests: --dry-run shows how many.

            Examples:
              spate burst --size 64 --idle 5m --url http://127.0.0.1:8000
              spate burst --size 64 --hold 0s --repeat 3        the edge alone, three times
            """
    )

    @Option(help: ArgumentHelp("Requests sent at one instant.", valueName: "requests")) var size: Int
    @Option(help: ArgumentHelp("Idle time before the burst. (default: 60s)", valueName: "time"))
    var idle: String?
    @Option(help: ArgumentHelp("Cycles. (default: 1)", valueName: "times")) var `repeat`: Int?
    @Option(
        help: ArgumentHelp(
            "How long the burst is kept in flight; 0s: no longer than its first requests. (default: 30s)",
            valueName: "time"
        )
    )
    var hold: String?
    @Option(
        help: ArgumentHelp("cold, preopened or warm. (default: cold)", valueName: "state"),
        completion: .list(["cold", "preopened", "warm"])
    )
    var connections: String?
    @Flag(help: "Without the warm control burst.") var noControl = false
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "burst",
            keys: [
                ("requests", "\(size)", "--size"), ("idle", idle, "--idle"),
                ("repeat", `repeat`.map { "\($0)" }, "--repeat"), ("hold", hold, "--hold"),
                ("connections", connections, "--connections"), ("control", noControl ? "false" : nil, "--no-control"),
            ] + window.keys(of: "burst", quiet: flags.quiet),
            target: target,
            flags: flags
        ).run()
    }
}

struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Hold one level of concurrency for a long time.",
        discussion: """
            Examples:
              spate soak --concurrency 32 --duration 8h --url http://127.0.0.1:8000
              spate soak --concurrency 32 --duration 5m --probe-rate 1 --url http://127.0.0.1:8000
              spate soak --resume results/latest        go on with one that was cut off
            """
    )

    @Option(help: "Requests in flight.") var concurrency: Int?
    @Option(help: "How long.") var duration: String?
    @Option(help: "Most probes per second beside the load; one at a time, on a connection of their own.")
    var probeRate: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    @OptionGroup(title: "Cut off") var resumable: ResumeFlag

    func run() throws {
        let given = [
            ("--concurrency", concurrency != nil), ("--duration", duration != nil), ("--probe-rate", probeRate != nil),
        ]
        if try resumable.run(given: given, target: target, flags: flags) { return }
        guard let concurrency, let duration else {
            throw Failure(.badInput, "soak needs --concurrency and --duration, or --resume RESULT")
        }
        try Launch(
            shortcut: "steady",
            keys: [
                ("concurrency", "\(concurrency)", "--concurrency"), ("for", duration, "--duration"),
                ("probe_rate", probeRate, "--probe-rate"),
            ] + window.keys(of: "steady", known: [.settle], quiet: flags.quiet),
            target: target,
            flags: flags
        ).run()
    }
}

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Send one request at a time, with a gap between.",
        discussion: """
            Examples:
              spate probe --request-count 75 --gap 3s --url http://127.0.0.1:8000
              spate probe --request-count 25 --fast
            """
    )

    @Option(help: "Number of requests.") var requestCount: Int
    @Option(help: ArgumentHelp("Pause between requests. (default: 3s)", valueName: "time"))
    var gap: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "probe",
            keys: [("requests", "\(requestCount)", "--request-count"), ("gap", gap, "--gap")]
                + window.keys(of: "probe", quiet: flags.quiet),
            target: target,
            flags: flags
        ).run()
    }
}
