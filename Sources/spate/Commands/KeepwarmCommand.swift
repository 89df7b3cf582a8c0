import ArgumentParser
import Profile

/// `spate keepwarm`: after how long a pause the first request meets a cold server.
struct KeepwarmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keepwarm",
        abstract: "Find out how long a server stays warm without a request.",
        discussion: """
            Takes at least repeat times the sum of the gaps; --dry-run shows how long, and what it will cost.

            Examples:
              spate keepwarm --gaps 30s,2m,5m,10m --url http://127.0.0.1:8000
              spate keepwarm --gaps 1m,5m --repeat 10 --dry-run
            """
    )

    @Option(help: ArgumentHelp("Pauses to try.", valueName: "30s,2m,5m")) var gaps: String
    @Option(help: ArgumentHelp("Probes per pause. (default: 5)", valueName: "times")) var `repeat`: Int?
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
