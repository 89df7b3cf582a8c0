import ArgumentParser
import Measurement
import Profile

/// One phase without a file; its keys are flags. `--print-profile` shows the YAML.
struct RampCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Hold rising levels of concurrency, one after the other."
    )

    @Option(help: "Levels: 1,2,4,8") var concurrency: String?
    @Option(help: ArgumentHelp("Find the most streams that keep a promise: 'ttft.p95 < 1s'", valueName: "promise"))
    var find: String?
    @Option(help: "Lowest level of --find.") var from: Int?
    @Option(help: "Highest level of --find.") var to: Int?
    @Option(help: "How long each level lasts.") var hold: String?
    @Option(help: "How long a level may last at most.") var holdMax: String?
    @Option(help: "up, or up-down: the levels again in falling order, to see whether the server answers alike.")
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
        guard let levels else { throw Failure(.badInput, "ramp needs --concurrency 1,2,4,8 or --find 'ttft.p95 < 1s'") }
        var launch = try Launch(
            shortcut: "ramp",
            keys: [
                ("concurrency", "[\(levels)]", "--concurrency"),
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
        abstract: "Send many requests at one instant after an idle time, then again to the warm server."
    )

    @Option(help: "Requests at the edge.") var size: Int
    @Option(help: "Time without a request before the edge.") var idle: String?
    @Option(help: "Cycles.") var `repeat`: Int?
    @Option(help: "How long the burst is kept up.") var hold: String?
    @Option(help: "cold, preopened or warm.") var connections: String?
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
        abstract: "Hold one level of concurrency for long."
    )

    @Option(help: "Requests in flight.") var concurrency: Int
    @Option(help: "How long.") var duration: String
    @Option(help: "Single probes beside the load, at most so many a second, on a connection of their own.")
    var probeRate: String?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
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
        abstract: "Send one request at a time, with a gap between."
    )

    @Option(help: "Requests in all.") var requestCount: Int
    @Option(help: "From the end of one to the start of the next.") var gap: String?
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
