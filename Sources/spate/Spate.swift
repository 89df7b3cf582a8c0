/// The executable: words to calls, results to exit codes.
///
/// It wires the parts (key ring, simulator process, store, live view) and holds nothing that is worth a unit test.

import ArgumentParser
import Glibc
import Transport

@main
struct Spate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spate",
        abstract: "Load generator and throughput tester for LLM inference APIs.",
        discussion: """
            Without a target, everything runs against the built-in simulated provider and says SIMULATED.

              spate demo               a first look, no server needed
              spate run ramp           where does speed per user break?
              spate run burst          what does a burst after idle pay?
              spate profiles           all that comes with spate
              spate run ramp --url http://127.0.0.1:8000
            """,
        version: VersionText.text,
        subcommands: [
            DemoCommand.self, RunCommand.self, RampCommand.self, BurstCommand.self, SoakCommand.self, RateCommand.self,
            ReplayCommand.self, BatchCommand.self,
            ProbeCommand.self, KeepwarmCommand.self,
            SelftestCommand.self, CheckCommand.self, SimulateCommand.self, ReportCommand.self, CompareCommand.self,
            MergeCommand.self,
            BaselineCommand.self, ProfilesCommand.self, ProvidersCommand.self,
            StatusCommand.self, PauseCommand.self, ResumeCommand.self, SkipCommand.self, StopCommand.self,
        ]
    )

    static func main() {
        Console.openStandardStreams()
        SystemFailure.expectAborts()
        signal(SIGPIPE, SIG_IGN)  // a closed pipe is an error of write, not the end
        Signals.endAtOnce()
        if let word = StreamReader.word, StreamReader.wanted == nil {
            end(with: Failure(.badInput, "SPATE_READER is \(word); it may be epoll or uring, or not be set"))
        }
        for number in [SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }  // they mean nothing, and would end a run unseen
        let words: [String]
        do throws(Failure) { words = try CommandLineWords.normal(Array(CommandLine.arguments.dropFirst())) } catch {
            end(with: error)
        }
        do {
            var command = try parseAsRoot(words)
            try command.run()
        } catch let failure as Failure {
            end(with: failure)
        } catch {
            let isSuccess = exitCode(for: error) == .success
            let message = fullMessage(for: error)
            if isSuccess {
                _ = Console.say(HelpText.arranged(message) + "\n")
                leave(.success)
            }
            if !message.isEmpty { Console.error(message + "\n") }
            leave((error as? ExitCode).flatMap { ExitStatus(rawValue: $0.rawValue) } ?? .badInput)
        }
    }

    private static func leave(_ status: ExitStatus) -> Never { Glibc.exit(status.rawValue) }

    private static func end(with failure: Failure) -> Never {
        Console.error("error: \(failure.message)\n")
        leave(failure.status)
    }
}
