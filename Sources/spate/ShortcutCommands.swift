import ArgumentParser
import Profile

/// One phase without a file; its keys are flags. `--print-profile` shows the YAML.
struct RampCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Hold rising levels of concurrency, one after the other."
    )

    @Option(help: "Levels: 1,2,4,8") var concurrency: String
    @Option(help: "How long each level lasts.") var hold: String?
    @Option(help: "Requests dispatched before this are not measured.") var settle: String?
    @Option(help: "Requests that must have ended in each level, or auto.") var minRequests: String?
    @Option(help: "How long a level may last at most.") var holdMax: String?
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "ramp",
            keys: [
                ("concurrency", "[\(concurrency)]", "--concurrency"), ("hold", hold, "--hold"),
                ("settle", settle, "--settle"),
                ("min_requests", minRequests, "--min-requests"), ("hold_max", holdMax, "--hold-max"),
            ],
            target: target,
            flags: flags
        ).run()
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
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "burst",
            keys: [
                ("requests", "\(size)", "--size"), ("idle", idle, "--idle"),
                ("repeat", `repeat`.map { "\($0)" }, "--repeat"), ("hold", hold, "--hold"),
                ("connections", connections, "--connections"), ("control", noControl ? "false" : nil, "--no-control"),
            ],
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
    @Option(help: "Requests dispatched before this are not measured.") var settle: String?
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "steady",
            keys: [
                ("concurrency", "\(concurrency)", "--concurrency"), ("for", duration, "--duration"),
                ("settle", settle, "--settle"),
            ],
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
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "probe",
            keys: [("requests", "\(requestCount)", "--request-count"), ("gap", gap, "--gap")],
            target: target,
            flags: flags
        ).run()
    }
}
