import Glibc
import Measurement
import Profile
import Report

/// `report.html`: written beside a run's result, or wherever it is wanted.
enum ReportPage {
    static let name = "report.html"

    /// - Parameter path: a run's folder, or its run.sqlite; the profile beside it goes into the page.
    static func text(_ recorded: RecordedRun, path: String, isLive: Bool = false, workers: Workers) -> String {
        let (result, charts) = workers.both(
            { RunResult(of: recorded, workers: workers) },
            { RunCharts(of: recorded) }
        )
        return text(result, charts, path: path, isLive: isLive)
    }

    static func text(_ result: RunResult, _ charts: RunCharts, path: String, isLive: Bool = false) -> String {
        let folder = folder(of: path)
        let profile = try? TextFile.read("\(folder)/profile.yaml")
        return HTMLReport.render(result, charts: charts, profile: profile, isLive: isLive)
    }

    /// As it lies beside a result; nil where none does.
    static func profile(of path: String) -> [UInt8]? {
        (try? TextFile.read("\(folder(of: path))/profile.yaml")).map { Array($0.utf8) }
    }

    static func folder(of path: String) -> String {
        var facts = stat()
        if stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR { return path }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    /// Whole or not at all; `-` is standard output.
    static func write(_ text: String, to path: String) throws(Failure) {
        if path == "-" {
            guard Console.out(text) else { throw Failure(.localIO, "the page could not be written to standard output") }
            return
        }
        let file = try LineFile(path)
        try file.append(text)
        try file.close()
    }
}
