import ArgumentParser
import Engine
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Transport

/// `spate check`: does a target do what a run will ask of it, and what is odd about it?
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check targets with a few requests: reachable, streams, usage, parameters honoured.",
        discussion: """
            Exit 98 if a required property fails. Several models or providers, separated by commas, make a matrix.

            Examples:
              spate check --url http://127.0.0.1:8000
              spate check --provider digitalocean,together --model openai-gpt-oss-120b
            """
    )

    @Argument(
        help: "A profile whose targets are looked at; without one --url or --provider.",
        completion: Completions.profiles
    )
    var profile: String?
    @OptionGroup(title: "Target") var target: TargetFlags
    @Option(help: "Short questions put to each target, for TTFT.")
    var questions = 3
    @Option(help: ArgumentHelp("Longest wait for an answer.", valueName: "seconds"))
    var timeout = 60
    @Flag(help: "Show what would be sent and what it costs, and stop.")
    var dryRun = false
    @Flag(help: "The result as JSON on standard output, all else on standard error.")
    var json = false
    @Flag(help: "No colours.")
    var noColor = false
    @Flag(help: "Start without asking.")
    var yes = false

    func run() throws {
        let signals = Signals()
        guard (1...1000).contains(questions) else {
            throw Failure(.badInput, "--questions \(questions): allowed: 1 to 1000")
        }
        guard (1...3600).contains(timeout) else { throw Failure(.badInput, "--timeout \(timeout): allowed: 1 to 3600") }
        let targets = try checkedTargets()
        let session = CheckSession(
            questions: questions,
            seconds: Int64(timeout),
            allowsPlaintextKey: target.allowPlaintextKey,
            patience: try target.readyPatience(),
            meanwhile: { EarlyEnd.ifAsked(signals, "stopped; nothing more is sent") }
        )
        let price = CheckPrice(targets.map(\.target), plan: session.script)
        Console.error(price.text)
        if dryRun { return }
        guard yes || !price.needsConsent else {
            throw Failure(.badInput, "a large check for a remote target; add --yes to start without being asked")
        }
        var checks: [CheckResult] = []
        for one in targets {
            checks.append(try session.check(one.target, one.plan, id: checks.count + 1))
        }
        guard show(checks) else { throw Failure(.localIO, "the result could not be written to standard output") }
        if checks.contains(where: { !$0.isUsable }) { throw ExitCode(ExitStatus.unusableTarget.rawValue) }
    }

    // MARK: which targets

    /// Those of the profile, or each model at each provider that the flags name.
    private func checkedTargets() throws -> [(target: Target, plan: RunPlan)] {
        let flags = try RunFlags.parse([])
        func jobTargets(_ document: ProfileDocument, _ choice: TargetFlags) throws -> [(target: Target, plan: RunPlan)]
        {
            let job = try Launch(document: document, target: choice, flags: flags).makeJob()
            return job.targets.map { ($0, job.plan(of: $0)) }
        }
        if let profile {
            let document = try refusingFaults { () throws(ProfileError) in try ProfileDocument(file: profile) }
            return try jobTargets(document, target)
        }
        guard target.url != nil || target.provider != nil else {
            throw Failure(.badInput, "nothing to check: name a profile, --url URL or --provider NAME")
        }
        var document = ProfileDocument(shortcut: "check")
        try refusingFaults { () throws(ProfileError) in
            try document.set("phases.0.probe.requests", yaml: "1", from: "check")
        }
        var targets: [(target: Target, plan: RunPlan)] = []
        for provider in Self.parts(target.provider) {
            for model in Self.parts(target.model) {
                var choice = target
                (choice.provider, choice.model) = (provider, model)
                var found = try jobTargets(document, choice)
                if let provider, let model, found.count == 1 { found[0].target.name = "\(provider)/\(model)" }
                targets += found
            }
        }
        return targets
    }

    private static func parts(_ list: String?) -> [String?] {
        guard let list else { return [nil] }
        return list.split(separator: ",").map { String($0) }
    }

    private func show(_ checks: [CheckResult]) -> Bool {
        let descriptor = json ? STDERR_FILENO : STDOUT_FILENO
        let style = TerminalStyle(
            width: isatty(descriptor) == 1 ? Console.width(of: descriptor) : 100,
            colour: Console.wantsColour(descriptor, refused: noColor),
            unicode: Console.isUnicode
        )
        let text = CheckReport.render(checks, style: style)
        guard json else { return Console.out(text) }
        Console.draw(text)
        return Console.out(String(decoding: CheckReport.encode(checks), as: UTF8.self))
    }
}

/// What Ctrl-C does while nothing is being measured yet.
enum EarlyEnd {
    /// Ends the program at once if a signal is waiting: a name that is being resolved cannot be called back.
    static func ifAsked(_ signals: Signals, _ words: String, cleanUp: () -> Void = {}) {
        var signals = signals
        guard signals.wait(milliseconds: 0) != nil else { return }
        cleanUp()
        Console.error(words + "\n")
        _exit(ExitStatus.interrupted.rawValue)
    }
}
