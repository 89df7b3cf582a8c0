import ArgumentParser
import Glibc
import Measurement
import Report
import Store

/// `spate merge SHARD... -o RESULT`: one result from the parts of a run over several machines.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join the shards of one run: every figure is computed anew from all their requests.",
        discussion: """
            The result is a folder like that of any run: report, compare and thresholds work on it.

              spate merge shards/* -o results/whole
              spate merge shards/0 shards/2 -o results/part --allow-missing
            """
    )

    @Argument(help: "The shards' folders.", completion: .directory) var shards: [String]
    @Option(
        name: .shortAndLong,
        help: "The folder of the merged result; it must be new or empty.",
        completion: .directory
    )
    var output: String
    @Flag(
        help:
            "Merge without the shards that are missing or did not end; the result says what part of the load it covers."
    )
    var allowMissing = false
    @Flag(help: "The summary on standard output, all else on standard error.") var json = false
    @Flag(help: "The full report, with explanations and secondary figures.") var full = false
    @Flag(help: "No progress messages.") var quiet = false
    @Flag(help: "No colours.") var noColor = false

    func run() throws {
        var heads: [ShardUnion.Head] = []
        for path in shards { heads.append(try reading { () throws(StoreError) in try RunStore.head(path) }) }
        var union: ShardUnion
        do throws(ShardUnion.Refusal) {
            union = try ShardUnion(of: heads, allowsMissing: allowMissing)
        } catch { throw Failure(.badInput, "\(error)") }
        var large = union.requests > LargeUnion.fewest ? LargeUnion(union) : nil
        for (place, source) in union.sources.enumerated() {
            tell("shard \(union.shards[place].index): \(shards[source])")
            let recorded = try reading { () throws(StoreError) in try StoredResult.read(shards[source]) }
            union.shards[place].note(large?.add(recorded) ?? RunResult(of: recorded), of: recorded)
        }
        let folder = try RunFolder(exactly: output)
        let merged = union
        tell("joining \(union.shards.reduce(0) { $0 + ($1.requests ?? 0) }) requests")
        do throws(StoreError) {
            try RunStore.merge(merged, of: shards, into: folder.file("run.sqlite"))
        } catch { throw Failure(.localIO, "\(error)") }
        let first = shards[union.sources[0]]
        if let profile = ReportPage.profile(of: first) { try folder.write(profile, to: "profile.yaml") }
        var shown = Job.Output()
        (shown.json, shown.full, shown.quiet, shown.noColour) = (json, full, quiet, noColor)
        let presentation = Presentation(folder: folder, output: shown)
        let status =
            if let large {
                try presentation.present(large.result(shards: union.shards))
            } else {
                try presentation.present(storeProblem: nil, someTargetUnusable: false)
            }
        if status != .success { throw ExitCode(status.rawValue) }
    }

    private func tell(_ text: String) {
        if !quiet, isatty(STDERR_FILENO) == 1 { Console.error("\(SafeText.line(text))\n") }
    }

    private func reading<Value>(_ body: () throws(StoreError) -> Value) throws(Failure) -> Value {
        do throws(StoreError) { return try body() } catch { throw Failure(reading: error) }
    }
}
