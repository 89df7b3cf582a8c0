import ArgumentParser
import Dispatch
import Glibc
import Measurement
import Report
import Store
import Synchronization

/// `spate compare RESULT...`: stored runs side by side.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare stored runs: ratios, intervals, verdicts.",
        discussion: """
            Runs of one target (name and model) are its time windows; with a single target in all of them, each run is a \
            side of its own. Exit code 99 when a --fail-on-regression holds.

              spate compare results/a results/b
              spate compare before after --base before --fail-on-regression 'ttft.p95 > +10%'
              spate baseline save main results/latest; spate compare results/latest --against main
            """
    )

    @Argument(help: "Folders of runs, or their run.sqlite.", completion: .file()) var results: [String]
    @Option(help: "What the others are compared with: a target's name, a run's label or folder. Default: the first.")
    var base: String?
    @Option(
        help: ArgumentHelp("Compare with a baseline (`spate baseline save`).", valueName: "name"),
        completion: Completions.baselines
    )
    var against: String?
    @Option(
        help: "window: runs of one target are its windows. run: each run is a side.",
        completion: .list(ComparisonGrouping.allCases.map(\.rawValue))
    )
    var by: String = ComparisonGrouping.window.rawValue
    @Option(help: ArgumentHelp("Exit 99 when a figure is worse by this much: 'ttft.p95 > +10%'.", valueName: "limit"))
    var failOnRegression: [String] = []
    @Flag(help: "The comparison as JSON.") var json = false
    @Flag(help: "Markdown tables.") var markdown = false
    @Flag(help: "Each --fail-on-regression as a JUnit test case.") var junit = false
    @Flag(help: "Annotations of GitHub Actions; the step's summary gets the Markdown.") var github = false
    @Option(
        help: ArgumentHelp("Also write a page with charts; - is standard output.", valueName: "file"),
        completion: .file()
    )
    var html: String?
    @Flag(help: "No colours.") var noColor = false

    func run() throws {
        guard [json, markdown, junit, github].count(where: { $0 }) <= 1 else {
            throw Failure(.badInput, "--json, --markdown, --junit and --github: give one")
        }
        guard let grouping = ComparisonGrouping(rawValue: by) else {
            let allowed = ComparisonGrouping.allCases.map(\.rawValue).joined(separator: " or ")
            throw Failure(.badInput, "--by \(by): allowed: \(allowed)")
        }
        let comparison: ComparisonResult
        let limits: [RegressionLimit]
        do throws(ComparisonError) {
            limits = try failOnRegression.map { text throws(ComparisonError) in try RegressionLimit(parsing: text) }
        } catch { throw Failure(.badInput, "--fail-on-regression \(error)") }
        guard against == nil || base == nil else { throw Failure(.badInput, "--against and --base: give one") }
        var runs: [RunDigest] = []
        if let against { runs.append(try Baseline.load(against)) }
        for pair in stride(from: 0, to: results.count, by: 2).map({ results[$0..<min($0 + 2, results.count)] }) {
            runs += try Self.stored(Array(pair).map { (path: $0, name: name(of: $0)) })
        }
        do throws(ComparisonError) {
            comparison = try ComparisonResult(of: runs, by: grouping, base: base)
        } catch { throw Failure(.badInput, "\(error)") }
        let regressions = limits.flatMap { $0.results(on: comparison) }
        if let html {
            let page = HTMLReport.render(comparison, regressions: regressions, matrix: ProviderMatrix(of: runs))
            try ReportPage.write(page, to: html)
        }
        if github {
            let matrix = ProviderMatrix(of: runs)
            try StepSummary.append(MarkdownReport.render(comparison, regressions: regressions, matrix: matrix))
        }
        guard html == "-" || Console.out(text(comparison, regressions, runs)) else {
            throw Failure(.localIO, "the comparison could not be written to standard output")
        }
        // A gate must not pass on figures that are the load generator's own.
        if !limits.isEmpty, comparison.sides.contains(where: { $0.validity == .invalid }) {
            throw ExitCode(ExitStatus.invalid.rawValue)
        }
        if regressions.contains(where: { !$0.passed }) { throw ExitCode(ExitStatus.thresholdFailed.rawValue) }
    }

    /// A few runs, each on a thread of its own: what is read of them is in memory at once.
    private static func stored(_ runs: [(path: String, name: String)]) throws(Failure) -> [RunDigest] {
        let digests = Mutex([Result<RunDigest, Failure>?](repeating: nil, count: runs.count))
        DispatchQueue.concurrentPerform(iterations: runs.count) { place in
            let digest = Result { () throws(Failure) in try stored(runs[place].path, called: runs[place].name) }
            digests.withLock { $0[place] = digest }
        }
        var read: [RunDigest] = []
        for case let digest? in digests.withLock({ $0 }) { read.append(try digest.get()) }
        return read
    }

    /// What is compared of a run; the run itself is let go.
    static func stored(_ path: String, called name: String, label: String? = nil) throws(Failure) -> RunDigest {
        do throws(StoreError) {
            var recorded = try StoredResult.read(path)
            if let label { recorded.run.label = label }
            return RunDigest(StoredRun(name: name, recorded: recorded))
        } catch { throw Failure(reading: error) }
    }

    /// The folder's own name; of a file, that of the folder it lies in.
    private func name(of path: String) -> String {
        let real = realpath(path, nil).map { text in
            defer { free(text) }
            return String(cString: text)
        }
        var parts = (real ?? path).split(separator: "/")
        if parts.count > 1, parts.last == "run.sqlite" { parts.removeLast() }
        return parts.last.map(String.init) ?? path
    }

    private func text(
        _ comparison: ComparisonResult,
        _ regressions: [RegressionResult],
        _ runs: [RunDigest]
    ) -> String {
        if json { return String(decoding: SummaryJSON.encode(comparison, regressions: regressions), as: UTF8.self) }
        if junit { return JUnitReport.render(comparison, regressions: regressions) }
        if github { return GitHubReport.annotations(comparison, regressions: regressions) }
        let matrix = ProviderMatrix(of: runs)
        if markdown { return MarkdownReport.render(comparison, regressions: regressions, matrix: matrix) }
        let style = TerminalStyle(
            width: isatty(STDOUT_FILENO) == 1 ? Console.width(of: STDOUT_FILENO) : 100,
            colour: Console.wantsColour(STDOUT_FILENO, refused: noColor),
            unicode: Console.isUnicode
        )
        return TerminalReport.render(comparison, regressions: regressions, matrix: matrix, style: style)
    }
}
