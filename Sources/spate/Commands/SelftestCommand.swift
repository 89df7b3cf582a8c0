import ArgumentParser
import Glibc
import Measurement
import Profile
import Report
import Schedule
import Store
import Ticks
import Transport

/// `spate selftest`: this machine's own error against a server with a known truth.
struct SelftestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Measure this machine's own error against the simulated provider, and its ceiling.",
        discussion: """
            Runs at several levels of concurrency and compares each request with what the provider really did. The
            result is kept, unless other programs used the machine meanwhile. A later run that is disturbed says
            whether it went beyond the ceiling. Exit 97 if no level can be trusted.

            Examples:
              spate selftest
              spate selftest --forget
            """
    )

    @Flag(help: "Fewer and shorter levels: about half a minute.") var quick = false
    @Flag(help: "Remove the result that is kept, and measure nothing.") var forget = false
    @Option(help: "Event loops, one thread each.") var loops: Int = 1
    @Flag(help: "The result as JSON on standard output, all else on standard error.") var json = false
    @Flag(help: "No live view.") var quiet = false
    @Flag(help: "No colours.") var noColor = false

    private var levels: [Int] { quick ? [1, 32, 256, 1024] : [1, 32, 128, 512, 1024, 2048] }

    func run() throws {
        guard (1...256).contains(loops) else { throw Failure(.badInput, "--loops \(loops): allowed: 1 to 256") }
        if forget {
            let words =
                try SelftestFile.forget() ? "the self-test of this machine is forgotten" : "no self-test was kept"
            _ = Console.say("\(words)\n")
            return
        }
        let signals = Signals()
        var others = OtherPrograms()
        var result = try measure(levels, signals)
        // A neighbour's moment of work must not decide what the machine is trusted with: one more try.
        if let failed = result.firstUntrusted, let again = try measure([failed.streams], signals).levels.first,
            again.isTrusted
        {
            result.replace(with: again)
        }
        // What they took would be held against this machine in every later run.
        others.end()
        if let used = others.share, used > OtherPrograms.limit {
            let load = ProcessResources.loadAverage().map { ", load \(($0 * 10).rounded() / 10)" } ?? ""
            Console.error(
                "not kept: other programs used \(Int((used * 100).rounded())) % of this machine's CPU during the self-test\(load); "
                    + "close them and try again\n"
            )
            try show(result, isKept: false)
            throw ExitCode(ExitStatus.invalid.rawValue)
        }
        try SelftestFile.save(result)
        try show(result)
        if result.ceiling == nil { throw ExitCode(ExitStatus.invalid.rawValue) }
    }

    private func measure(_ levels: [Int], _ signals: Signals) throws -> SelftestResult {
        var random = SystemRandomNumberGenerator()
        let name = "spate-selftest-" + String(random.next(), radix: 36)
        let path = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/" + name
        guard mkdir(path, 0o700) == 0 else {
            throw Failure(.localIO, "cannot make the folder \(path): \(String(cString: strerror(errno)))")
        }
        defer { Self.remove(path) }
        let session = Session(job: try job(levels, folder: path), signals: signals)
        let stored = try session.measure()
        if let problem = stored.problem { throw Failure(.localIO, problem) }
        let recorded: RecordedRun
        do throws(StoreError) { recorded = try RunStore.read(path) } catch { throw Failure(.localIO, "\(error)") }
        guard !recorded.run.interrupted else { throw ExitCode(ExitStatus.interrupted.rawValue) }
        let truth = TruthFile.read(stored.folder.file("truth.jsonl"), runID: recorded.run.id, t0: stored.t0)
        return SelftestResult(of: recorded, truth: truth)
    }

    private func job(_ levels: [Int], folder: String) throws -> Job {
        let catalogue = try refusingFaults { () throws(ProfileError) in try ProviderCatalogue.builtIn() }
        guard let provider = catalogue[ProviderCatalogue.simulated]?.provider else {
            throw Failure(.localIO, "the simulated provider is missing from the catalogue")
        }
        var workload = Workload(source: .synthetic(inputTokens: 64))
        workload.maxTokens = .fixed(Self.tokens)
        var target = Target(name: "simulated", location: .simulated(Self.scenario), provider: provider)
        target.model = "simulated"
        var profile = Profile(name: "selftest", seed: 1, targets: [target], workload: workload)
        profile.phases = levels.map { level in
            var steady = PhaseShape.Steady(concurrency: level, duration: .seconds(quick ? 3 : 7))
            steady.settle = .seconds(quick ? 1 : 2)
            return .steady(steady)
        }
        profile.grace = .seconds(10)
        var job = Job(profile, yaml: "# spate selftest\n")
        job.loops = loops
        job.heedsSelftest = false
        job.output.exactly = folder
        job.output.quiet = quiet || json
        job.output.noColour = noColor
        return job
    }

    private static let tokens = 16

    /// 64 replicas of 64 slots, always there: 25 tokens/s a stream, and no two replicas in step.
    private static var scenario: Scenario {
        var scenario = Scenario(name: "selftest")
        (scenario.replicasMin, scenario.replicasMax) = (64, 64)
        scenario.slotsPerReplica = 64
        scenario.prefill = .init(base: .milliseconds(60), perThousandTokens: .zero)
        scenario.step = .init(base: .milliseconds(40), perActive: .zero)
        scenario.jitter = 0.1
        return scenario
    }

    private func show(_ result: SelftestResult, isKept: Bool = true) throws(Failure) {
        let descriptor = json ? STDERR_FILENO : STDOUT_FILENO
        let style = TerminalStyle(
            width: isatty(descriptor) == 1 ? Console.width(of: descriptor) : 100,
            colour: Console.wantsColour(descriptor, refused: noColor),
            unicode: Console.isUnicode
        )
        let text = SelftestReport.render(result, style: style, file: isKept ? SelftestFile.path ?? "" : "")
        if json { Console.draw(text) }
        let output = json ? String(decoding: SelftestFile.encoded(result), as: UTF8.self) + "\n" : text
        guard Console.out(output) else { throw Failure(.localIO, "the result could not be written to standard output") }
    }

    /// A folder of files that this run made.
    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { unlink("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}
