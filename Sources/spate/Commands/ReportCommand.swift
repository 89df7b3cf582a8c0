import ArgumentParser
import Glibc
import Measurement
import Report
import Store

/// `spate report RESULT...`: renders stored runs again, also those that were killed.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Render stored results again, complete or not.",
        discussion: """
            Without a flag: the text that the run printed at its end.

              spate report results/latest --html
              spate report results/latest --junit > junit.xml
              spate report results/latest --github
            """
    )

    @Argument(help: "A run's folder, or its run.sqlite.", completion: .file()) var results: [String]
    @Flag(help: "The full report, with explanations and secondary figures.") var full = false
    @Flag(help: "The summary as JSON.") var json = false
    @Flag(help: "Markdown tables.") var markdown = false
    @Flag(help: "The requests as CSV.") var csv = false
    @Flag(help: "A page with charts: report.html in the run's folder, or the file of --output.") var html = false
    @Flag(help: "Thresholds as JUnit test cases, for a CI server.") var junit = false
    @Flag(help: "Annotations of GitHub Actions; the step's summary gets a short Markdown.") var github = false
    @Flag(help: "Histograms and percentiles as text.") var hist = false
    @Option(
        help: ArgumentHelp("JSON in the key names and by the formulas of vllm, aiperf or guidellm.", valueName: "tool"),
        completion: .list(CompatReport.Tool.allCases.map(\.rawValue))
    )
    var compat: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File of the page; - is standard output.", valueName: "file"),
        completion: .file()
    )
    var output: String?
    @Flag(help: "No colours.") var noColor = false

    func run() throws {
        let forms = [
            ("--json", json), ("--markdown", markdown), ("--csv", csv), ("--html", html), ("--junit", junit),
            ("--github", github), ("--hist", hist), ("--compat", compat != nil),
        ].filter(\.1).map(\.0)
        guard forms.count <= 1 else { throw Failure(.badInput, "\(forms.joined(separator: ", ")): give one") }
        if let form = forms.first, ["--json", "--csv", "--junit", "--compat"].contains(form), results.count > 1 {
            throw Failure(.badInput, "\(form) takes one result")
        }
        guard output == nil || html && results.count == 1 else {
            throw Failure(.badInput, "--output names the file of one result's --html")
        }
        if let compat, CompatReport.Tool(rawValue: compat) == nil {
            let allowed = CompatReport.Tool.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.badInput, "--compat \(compat): allowed: \(allowed)")
        }
        for path in results {
            let recorded: RecordedRun
            do throws(StoreError) { recorded = try StoredResult.read(path) } catch { throw Failure(reading: error) }
            guard try show(recorded, path: path) else {
                throw Failure(.localIO, "the report could not be written to standard output")
            }
        }
    }

    private func show(_ recorded: RecordedRun, path: String) throws(Failure) -> Bool {
        if csv {
            var sheet = ""
            RequestsCSV.write(recorded, to: &sheet)
            return Console.out(sheet)
        }
        if hist { return Console.out(HistogramReport.render(RunCharts(of: recorded), unicode: Console.isUnicode)) }
        if let tool = compat.flatMap(CompatReport.Tool.init) {
            return Console.out(CompatReport.render(recorded, as: tool))
        }
        if html {
            let file = output ?? "\(ReportPage.folder(of: path))/\(ReportPage.name)"
            try ReportPage.write(ReportPage.text(recorded, path: path, workers: .all), to: file)
            if file != "-" { Console.error("\(SafeText.line(file))\n") }
            return true
        }
        let result = RunResult(of: recorded, workers: .all)
        if json { return Console.out(String(decoding: SummaryJSON.encode(result), as: UTF8.self)) }
        if markdown { return Console.out(MarkdownReport.render(result, files: [path], isFull: full)) }
        if junit { return Console.out(JUnitReport.render(result)) }
        if github {
            try StepSummary.append(GitHubReport.summary(result))
            return Console.out(GitHubReport.annotations(result))
        }
        var output = Job.Output()
        output.noColour = noColor
        output.full = full
        return Presentation.show(result, summary: [], files: [path], output: output)
    }
}

/// Where a step of GitHub Actions says what it did: the file that GITHUB_STEP_SUMMARY names, else standard output.
enum StepSummary {
    static func append(_ markdown: String) throws(Failure) {
        guard let path = getenv("GITHUB_STEP_SUMMARY").map({ String(cString: $0) }), !path.isEmpty else {
            guard Console.out(markdown) else {
                throw Failure(.localIO, "the summary could not be written to standard output")
            }
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure(.localIO, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard Console.write(markdown, to: descriptor) else {
            throw Failure(.localIO, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
