import ArgumentParser
import Glibc

/// What the commands that speak to a run have in common.
struct ControlledRun: ParsableArguments {
    @Argument(help: "The run's folder.", completion: .directory)
    var result = "results/latest"

    /// Says it, shows the answer. A refusal, or no run there, is exit code 104.
    func say(_ command: ControlCommand) throws(Failure) {
        let answer = try ask(command)
        guard answer.isDone else {
            throw Failure(.badInput, "\(result): \(answer.text.split(separator: "\n").joined(separator: " "))")
        }
        _ = Console.say(answer.text)
    }

    private func ask(_ command: ControlCommand) throws(Failure) -> ControlAnswer {
        let folder = open(result, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw Failure(.badInput, "\(result): no such folder; name the folder of a run that goes on")
        }
        defer { close(folder) }
        let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else {
            throw Failure(.localIO, "cannot make a socket: \(String(cString: strerror(errno)))")
        }
        defer { close(connection) }
        ControlSocket.limitPatience(of: connection, seconds: 15)
        guard ControlSocket.with(ControlSocket.address(inFolder: folder), { connect(connection, $0, $1) }) == 0 else {
            let isForeign = errno == EACCES || errno == EPERM
            throw Failure(
                .badInput,
                isForeign
                    ? "\(result): the run belongs to another user" : "\(result): no run goes on in this folder"
            )
        }
        ControlSocket.send(command.rawValue + "\n", on: connection)
        let wire = ControlSocket.receive(on: connection, limit: 1 << 20, line: false)
        guard let answer = ControlAnswer(wire: wire) else {
            throw Failure(.localIO, "\(result): the run gave no answer")
        }
        return answer
    }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How a run is going.",
        discussion: """
            Examples:
              spate status                       the newest run
              spate status results/20261128T233752Z-soak --json
            """
    )
    @OptionGroup var place: ControlledRun
    @Flag(help: "As one line of JSON.")
    var json = false

    func run() throws { try place.say(json ? .statusAsJSON : .status) }
}

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Start no more requests in a run until `spate resume`.",
        discussion: """
            A warm-up, and a burst with the idle time before it, end first. No figure counts
            the pause as measured time, and the report tells it.

            Examples:
              spate pause
              spate pause results/20261128T233752Z-soak
            """
    )
    @OptionGroup var place: ControlledRun

    func run() throws { try place.say(.pause) }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run that is paused.",
        discussion: """
            Examples:
              spate resume
              spate resume results/20261128T233752Z-soak
            """
    )
    @OptionGroup var place: ControlledRun

    func run() throws { try place.say(.resume) }
}

struct SkipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "End the present phase of a run; the next begins.",
        discussion: """
            Examples:
              spate skip
              spate skip results/20261128T233752Z-soak
            """
    )
    @OptionGroup var place: ControlledRun

    func run() throws { try place.say(.skip) }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End a run as an interrupt does: what is in flight may end, and the report is written.",
        discussion: """
            Examples:
              spate stop
              spate stop results/20261128T233752Z-soak
            """
    )
    @OptionGroup var place: ControlledRun

    func run() throws { try place.say(.stop) }
}
