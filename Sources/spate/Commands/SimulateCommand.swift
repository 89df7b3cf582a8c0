import ArgumentParser
import Glibc
import Profile
import Schedule
import Simulator

/// `spate simulate`: the simulated provider on its own.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Serve a simulated provider until Ctrl-C.",
        discussion: """
            Examples:
              spate simulate --scenario serverless --port 8080
              spate simulate --scenario mine.yaml --truth journal.jsonl

            Scenarios: \(ScenarioCatalogue.names.joined(separator: ", ")), or a YAML file.
            POST /v1/chat/completions, /v1/completions, /v1/responses, /v1/messages, /api/chat, /generate_stream, /v2/chat,
            /v1/embeddings, /v1beta/models/simulated:streamGenerateContent; GET /v1/models, /health, /spate/stats.
            """
    )

    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port; 0 takes a free one.") var port = 0
    @Option(help: "Name or file.", completion: Completions.scenarios) var scenario = "steady"
    @Option(help: "Multiplies all times: 0.1 is ten times as fast.") var timeScale = 1.0
    @Option(
        help: ArgumentHelp("Journal of what the provider really did, one JSON object per line.", valueName: "file"),
        completion: .file()
    )
    var truth: String?
    @Flag(help: .hidden) var stopWithStdin = false

    func run() throws {
        guard (0...65_535).contains(port) else { throw Failure(.badInput, "--port \(port): allowed: 0 to 65535") }
        guard timeScale > 0, timeScale.isFinite else {
            throw Failure(.badInput, "--time-scale \(timeScale): allowed: more than 0")
        }
        var signals = Signals()
        var scenario = try refusingFaults("the scenario cannot be played") { () throws(ProfileError) in
            try ScenarioCatalogue.scenario(self.scenario, from: "--scenario")
        }
        scenario.timeScale *= timeScale
        var options = SimulatorService.Options(scenario: scenario)
        options.host = host
        options.port = port
        options.truth = truth
        let service: SimulatorService
        do throws(SimulatorError) { service = try SimulatorService(options) } catch {
            throw Failure(.localIO, error.text)
        }
        _ = Console.out("spate-simulator listening on http://\(host):\(service.port)\n")
        while !inputHasEnded, signals.wait(milliseconds: stopWithStdin ? 50 : 1000) == nil {}
        service.stop()
    }

    /// Whoever started us has gone.
    private var inputHasEnded: Bool {
        guard stopWithStdin else { return false }
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 0) > 0 else { return false }
        var byte: UInt8 = 0
        return read(STDIN_FILENO, &byte, 1) <= 0
    }
}
