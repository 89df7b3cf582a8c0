import ArgumentParser
import Measurement
import Report
import Store

/// `spate report RESULT...`: renders stored runs again, also those that were killed.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Render stored results again, complete or not."
    )

    @Argument(help: "A run's folder, or its run.sqlite.", completion: .file()) var results: [String]
    @Flag(help: "The summary as JSON.") var json = false
    @Flag(help: "Markdown tables.") var markdown = false
    @Flag(help: "The requests as CSV.") var csv = false
    @Flag(help: "No colours.") var noColor = false

    func run() throws {
        guard [json, markdown, csv].count(where: { $0 }) <= 1 else {
            throw Failure(.badInput, "--json, --markdown and --csv: give one")
        }
        guard results.count == 1 || !(json || csv) else {
            throw Failure(.badInput, "--json and --csv take one result")
        }
        for path in results {
            let recorded: RecordedRun
            do throws(StoreError) { recorded = try RunStore.read(path) } catch {
                let isInput: Set<StoreError.Reason> = [.missing, .notARun, .version, .corrupt]
                throw Failure(isInput.contains(error.reason) ? .badInput : .localIO, "\(error)")
            }
            guard show(recorded, path: path) else {
                throw Failure(.localIO, "the report could not be written to standard output")
            }
        }
    }

    private func show(_ recorded: RecordedRun, path: String) -> Bool {
        if csv {
            var sheet = ""
            RequestsCSV.write(recorded, to: &sheet)
            return Console.out(sheet)
        }
        let result = RunResult(of: recorded)
        if json { return Console.out(String(decoding: SummaryJSON.encode(result), as: UTF8.self)) }
        if markdown { return Console.out(MarkdownReport.render(result, files: [path])) }
        var output = Job.Output()
        output.noColour = noColor
        return Presentation.show(result, summary: [], files: [path], output: output)
    }
}
