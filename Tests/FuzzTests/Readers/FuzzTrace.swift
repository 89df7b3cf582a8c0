import Schedule

@testable import Profile

/// A recorded load, in every format.
///
/// Input: the format (or none), the file. Held: it is refused with a reason, or its rows are in order from 0 on and are all
/// accounted for.
enum FuzzTrace {
    static func read(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let format = input.pick([nil] + TraceFormat.allCases.filter { $0 != .spate }.map { $0 as TraceFormat? })
        FuzzFile.with(Array(input.rest), suffix: ".trace") { path in
            let log = ProblemLog()
            let place = ProfileError.Place(source: "p.yaml", line: 1)
            let contents = TraceFile(path: path, log: log, place: place, key: "trace").read(
                format,
                blockTokens: nil,
                seed: 1
            )
            guard case .trace(let found, let trace)? = contents else {
                if contents == nil { precondition(!log.problems.isEmpty, "refused without a reason") }
                return
            }
            precondition(log.problems.isEmpty)
            let times = trace.times
            precondition(times.first ?? 0 == 0 && !zip(times, times.dropFirst()).contains { $0 > $1 })
            let dropped = trace.dropped.values.reduce(0, +)
            if found != .servegen { precondition(trace.rowsRead == trace.count + dropped, "rows are missing") }
            precondition(trace.inputTokens >= 0 && trace.outputTokens >= 0)
            guard trace.count > 0, trace.count < 10_000 else { return }
            var replay = Replay(file: path, format: found, trace: trace)
            replay.bursts = BurstWindows(count: 2, window: .seconds(1), idle: .seconds(1))
            replay.choose()
            precondition(replay.count <= trace.count && replay.duration >= .seconds(1))
        }
    }
}
