import ArgumentParser

/// `spate baseline`: runs kept under a name, for `spate compare --against`.
struct BaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Keep a run under a name, to compare later runs with it.",
        discussion: """
            Examples:
              spate baseline save main results/latest
              spate compare results/latest --against main
            """,
        subcommands: [Save.self, List.self, Remove.self]
    )

    struct Save: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a copy of a run's store; one of that name is replaced.",
            discussion: """
                Examples:
                  spate baseline save main results/latest
                  spate baseline save before-upgrade results/20261128T233752Z-ramp
                """
        )

        @Argument(help: "Name of the baseline.") var name: String
        @Argument(help: "A run's folder, or its run.sqlite.", completion: .file()) var result: String

        func run() throws {
            try Baseline.save(name, from: result)
            Console.error("kept as \(name): spate compare RESULT --against \(name)\n")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the baselines.",
            discussion: """
                Examples:
                  spate baseline list
                  spate baseline list | xargs -n 1 spate baseline remove    forget all of them
                """
        )

        func run() throws {
            guard Console.out(try Baseline.names().map { "\($0)\n" }.joined()) else {
                throw Failure(.localIO, "the names could not be written to standard output")
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget one.",
            discussion: """
                Examples:
                  spate baseline remove main
                  spate baseline remove before-upgrade
                """
        )

        @Argument(help: "Its name.", completion: Completions.baselines) var name: String

        func run() throws { try Baseline.remove(name) }
    }
}
