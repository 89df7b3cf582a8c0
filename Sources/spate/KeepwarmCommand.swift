import ArgumentParser
import Profile

/// `spate keepwarm`: after how long a pause the first request meets a cold server.
struct KeepwarmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keepwarm",
        abstract: "Find out how long a server stays warm without a request.",
        discussion: "Takes at least repeat times the sum of the gaps; --dry-run shows how long, and what it will cost."
    )

    @Option(help: "Pauses after which to look: 30s,2m,5m") var gaps: String
    @Option(help: "Probes of each.") var `repeat`: Int?
    @OptionGroup(title: "Measured window") var window: WindowFlags
    @OptionGroup(title: "Target") var target: TargetFlags
    @OptionGroup(title: "Run") var flags: RunFlags

    func run() throws {
        try Launch(
            shortcut: "keepwarm",
            keys: [("gaps", "[\(gaps)]", "--gaps"), ("repeat", `repeat`.map { "\($0)" }, "--repeat")]
                + window.keys(of: "keepwarm", quiet: flags.quiet),
            target: target,
            flags: flags
        ).run()
    }
}
