import Glibc
import Measurement
import Report
import Store
import Ticks

/// Renders what was stored: the same way at the end of a run and for `spate report`.
struct Presentation {
    let folder: RunFolder
    let output: Job.Output
    var hasPage = true
    /// Where a batch's answers go besides.
    var answers: String?

    /// Reads the run back, prints it, writes `summary.json`; gives the exit code.
    func present(storeProblem: String?, someTargetUnusable: Bool) throws(Failure) -> ExitStatus {
        let recorded: RecordedRun
        do throws(StoreError) { recorded = try StoredResult.read(folder.path) } catch {
            throw Failure(.localIO, storeProblem ?? "\(error)")
        }
        let isWanted = hasPage
        let (result, charts) = Workers.all.both(
            { RunResult(of: recorded, workers: .all) },
            { isWanted ? RunCharts(of: recorded) : nil }
        )
        let summary = SummaryJSON.encode(result)
        var written: String? = storeProblem
        do throws(Failure) { try folder.write(summary, to: "summary.json") } catch {
            written = written ?? error.message
        }
        var files = [folder.file("summary.json"), store(of: recorded)]
        if let charts {
            let page = ReportPage.text(result, charts, path: folder.path)
            do throws(Failure) {
                try ReportPage.write(page, to: folder.file(ReportPage.name))
                files.insert(folder.file(ReportPage.name), at: 0)
            } catch { written = written ?? error.message }
        }
        do throws(Failure) { files += try AnswerFiles.write(recorded, folder: folder, to: answers) } catch {
            written = written ?? error.message
        }
        let shown = Self.show(result, summary: summary, files: files, output: output)
        if let written {
            Console.error("error: \(written)\n")
            return .localIO
        }
        guard shown else {
            Console.error("error: the report could not be written to standard output; it is in \(folder.path)\n")
            return .localIO
        }
        let status = ExitStatus(rawValue: Int32(result.exitCode)) ?? .success
        return someTargetUnusable ? min(status, .unusableTarget) : status
    }

    /// Its file, and what it holds where not each request has a row.
    private func store(of recorded: RecordedRun) -> String {
        let path = folder.file("run.sqlite")
        guard recorded.run.keptRows != .all else { return path }
        let rows = recorded.requests.count { !$0.isPacked }
        return "\(path) (rows of \(rows) of \(recorded.requests.count) requests; the others are packed)"
    }

    /// The summary and the report of a result that was computed elsewhere; its page would hold all its requests.
    func present(_ result: RunResult) throws(Failure) -> ExitStatus {
        let summary = SummaryJSON.encode(result)
        try folder.write(summary, to: "summary.json")
        let files = [folder.file("summary.json"), folder.file("run.sqlite")]
        guard Self.show(result, summary: summary, files: files, output: output) else {
            throw Failure(.localIO, "the report could not be written to standard output; it is in \(folder.path)")
        }
        return ExitStatus(rawValue: Int32(result.exitCode)) ?? .success
    }

    /// False if standard output could not be written.
    static func show(_ result: RunResult, summary: [UInt8], files: [String], output: Job.Output) -> Bool {
        let descriptor = output.json ? STDERR_FILENO : STDOUT_FILENO
        let style = TerminalStyle(
            width: isatty(descriptor) == 1 ? Console.width(of: descriptor) : 100,
            colour: Console.wantsColour(descriptor, refused: output.noColour),
            unicode: Console.isUnicode
        )
        let report = TerminalReport.render(result, style: style, files: files, isFull: output.full)
        if output.json {
            if !output.quiet { Console.draw(report) }
            return Console.out(String(decoding: summary, as: UTF8.self))
        }
        return Console.out(report)
    }
}
