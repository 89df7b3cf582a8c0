import Engine
import Foundation
import GRDB
import Glibc
import Measurement
import Report
import Schedule
import Ticks

@testable import Store

/// A run's file in which something else stands than was written.
///
/// Input: what is changed in a sound file: cells (table, column, row, value) and bytes (place, value). Held: it is refused
/// with a reason, or it is read, and then every report of it can be made.
enum FuzzStore {
    private static let sound = soundFile()

    private enum Change {
        case cell(table: UInt8, column: UInt8, row: UInt8, value: DatabaseValue)
        case byte(place: Int, value: UInt8)
    }

    static func read(_ bytes: [UInt8]) {
        let changes = changes(bytes)
        FuzzFile.with(sound, suffix: ".sqlite") { path in
            changeCells(of: path, changes)
            changeBytes(of: path, changes)
            do throws(StoreError) {
                let run = try RunStore.read(path)
                report(run)
            } catch {
                precondition(!error.detail.isEmpty)
            }
            for ending in ["-journal", "-wal", "-shm"] { unlink(path + ending) }
        }
    }

    /// Inputs of which each puts the greatest and the least integer into one column, in two of its rows.
    static func extremes() -> [[UInt8]] {
        func change(_ table: Int, _ column: Int, row: Int, _ value: UInt8) -> [UInt8] {
            [7, UInt8(table), UInt8(column), UInt8(row), value]
        }
        let columns = FuzzFile.with(sound, suffix: ".sqlite") { path -> [Int] in
            guard let queue = try? DatabaseQueue(path: path) else { return [] }
            let counts = try? queue.read { db in try Schema.tableNames.map { try db.columns(in: $0).count } }
            try? queue.close()
            return counts ?? []
        }
        return columns.enumerated().flatMap { table, columns -> [[UInt8]] in
            // Of `meta` each row is a number of its own.
            if table == 0 { return Schema.run.indices.flatMap { row in [0, 1].map { change(0, 1, row: row, $0) } } }
            return (0..<columns).map { change(table, $0, row: 0, 0) + change(table, $0, row: 1, 1) }
        }
    }

    private static func report(_ run: RecordedRun) {
        let result = RunResult(of: run)
        var csv = ""
        RequestsCSV.write(run, to: &csv)
        precondition(!csv.isEmpty && !SummaryJSON.encode(result).isEmpty)
        precondition(!TerminalReport.render(result, isFull: true).isEmpty && !MarkdownReport.render(result).isEmpty)
        precondition(!JUnitReport.render(result).isEmpty && !GitHubReport.summary(result).isEmpty)
        _ = GitHubReport.annotations(result)
        for tool in CompatReport.Tool.allCases { precondition(!CompatReport.render(run, as: tool).isEmpty) }
        let charts = RunCharts(of: run)
        precondition(!HTMLReport.render(result, charts: charts, profile: nil).isEmpty)
        _ = HistogramReport.render(charts)
        compare(run)
        resume(run)
    }

    /// With itself.
    private static func compare(_ run: RecordedRun) {
        let runs = ["a", "b"].map { RunDigest(StoredRun(name: $0, recorded: run)) }
        for grouping in ComparisonGrouping.allCases {
            guard let comparison = try? ComparisonResult(of: runs, by: grouping, base: nil) else { continue }
            let page = HTMLReport.render(comparison, regressions: [], matrix: ProviderMatrix(of: runs))
            precondition(!page.isEmpty && !JUnitReport.render(comparison, regressions: []).isEmpty)
        }
    }

    private static func resume(_ run: RecordedRun) {
        let rest = Resumption(of: run, at: 1_795_000_000_000_000_000)
        _ = rest.limits(Limits())
        var batch = RecordBatch()
        rest.open(&batch, [])
        precondition(!batch.isEmpty)
    }

    private static func changes(_ bytes: [UInt8]) -> [Change] {
        var input = FuzzInput(bytes)
        var changes: [Change] = []
        while !input.rest.isEmpty, changes.count < 16 {
            let kind = input.byte()
            guard kind % 8 > 0 else {
                let place = Int(input.byte()) << 8 | Int(input.byte())
                changes.append(.byte(place: place, value: input.byte()))
                continue
            }
            let (table, column, row) = (input.byte(), input.byte(), input.byte())
            let value: DatabaseValue =
                switch kind % 8 {
                case 1: .null
                case 2: input.integer().databaseValue
                case 3: Int64(Int8(bitPattern: input.byte())).databaseValue
                case 4: Double(bitPattern: UInt64(bitPattern: input.integer())).databaseValue
                case 5: String(decoding: input.take(Int(input.byte())), as: UTF8.self).databaseValue
                case 6: Data(input.take(Int(input.byte()))).databaseValue
                default: input.pick([Int64.max, .min, -1, 0, 1 << 62, 1 << 53, 1 << 31, 255]).databaseValue
                }
            changes.append(.cell(table: table, column: column, row: row, value: value))
        }
        return changes
    }

    /// Those that SQLite itself would not take (a key twice) are left out.
    private static func changeCells(of path: String, _ changes: [Change]) {
        var cells: [(UInt8, UInt8, UInt8, DatabaseValue)] = []
        for case .cell(let table, let column, let row, let value) in changes {
            cells.append((table, column, row, value))
        }
        guard !cells.isEmpty, let queue = try? DatabaseQueue(path: path) else { return }
        try? queue.writeWithoutTransaction { db in
            for (table, column, row, value) in cells {
                let table = Schema.tableNames[Int(table) % Schema.tableNames.count]
                let columns = try db.columns(in: table).map(\.name)
                let name = columns[Int(column) % columns.count]
                let key = table == "meta" ? "key" : "rowid"
                let sql = """
                    UPDATE \(table) SET \(name) = ? WHERE \(key) = (SELECT \(key) FROM \(table) LIMIT 1 OFFSET
                      \(row) % max(1, (SELECT count(*) FROM \(table))))
                    """
                try? db.execute(sql: sql, arguments: [value])
            }
        }
        try? queue.close()
    }

    private static func changeBytes(of path: String, _ changes: [Change]) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        for case .byte(let place, var value) in changes { pwrite(descriptor, &value, 1, off_t(place % sound.count)) }
        close(descriptor)
    }

    // MARK: The sound file

    private static func soundFile() -> [UInt8] {
        let path = FuzzFile.path + ".sound"
        unlink(path)
        defer { unlink(path) }
        do {
            let store = try RunStore(creating: path, run: facts)
            store.write(batch)
            try store.finish(run: facts)
            return try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            preconditionFailure("no sound file: \(error)")
        }
    }

    private static var facts: RunRecord {
        var run = RunRecord()
        run.id = "fuzz"
        run.complete = true
        run.seed = 1
        run.startedAtUnixNanoseconds = 1_790_000_000_000_000_000
        run.durationNanoseconds = 4_000_000_000
        run.loops = 1
        run.sloTTFT = 500
        run.thresholds = ["ttft.p95 < 500ms"]
        run.metadata = ["commit": "abc"]
        return run
    }

    /// A ramp of two levels, a burst and a steady phase of one target, twelve requests each.
    private static var batch: RecordBatch {
        var batch = RecordBatch()
        var target = TargetRecord()
        target.id = 1
        target.name = "mine"
        target.inputPrice = 0.1
        target.outputPrice = 0.4
        var limits = RateLimitRecord()
        limits.responses = 4
        limits.limits = [RateLimitRecord.Limit(name: "requests", resource: "requests")]
        limits.note(7, of: "requests", at: 1_000_000_000)
        target.rateLimits = limits
        batch.targets = [target]
        let kinds: [(PhaseKind, StageKind, Int)] = [
            (.ramp, .level, 1), (.ramp, .level, 2), (.burst, .edge, 4), (.steady, .level, 2),
        ]
        for (place, (phase, stage, level)) in kinds.enumerated() {
            let start = Int64(place) * 1_000_000_000
            if place != 1 {
                var record = PhaseRecord()
                record.id = batch.phases.count + 1
                record.target = 1
                record.name = phase.rawValue
                record.kind = phase
                record.started = start
                record.ended = start + (place == 0 ? 2_000_000_000 : 1_000_000_000)
                batch.phases.append(record)
            }
            batch.steps.append(step(place, stage, level, phase: batch.phases.count, start: start))
            for index in 0..<12 {
                batch.requests.append(request(Int64(place * 12 + index), step: place + 1, start: start))
            }
            var bin = BinRecord()
            bin.step = place + 1
            bin.started = 12
            bin.firstTokens = 12
            bin.ended = 12
            bin.inFlightMax = level
            batch.bins.append(bin)
            var histogram = HistogramRecord()
            histogram.step = place + 1
            histogram.metric = .loopLag
            for value: Int64 in [0, 255, 12_345_678] { histogram.histogram.record(value) }
            batch.histograms.append(histogram)
        }
        var health = HealthRecord()
        health.at = 1_000_000_000
        health.processCPU = 2
        batch.health = [health]
        var incident = IncidentRecord()
        incident.at = 7
        incident.ended = 8
        incident.kind = .silence
        batch.incidents = [incident]
        batch.answers = [AnswerRecord(sequence: 5, line: "{}")]
        var reading = ServerReading()
        reading.target = 1
        reading.source = "http://127.0.0.1:8000/metrics"
        for (place, fact) in ServerFact.allCases.enumerated() { reading[fact] = Double(place) + 0.5 }
        batch.serverReadings = [reading]
        return batch
    }

    private static func step(_ place: Int, _ stage: StageKind, _ level: Int, phase: Int, start: Int64) -> StepRecord {
        var step = StepRecord()
        step.id = place + 1
        step.phase = phase
        step.ordinal = place
        step.kind = stage
        step.concurrency = level
        step.started = start
        step.settled = start
        step.windowEnded = start + 1_000_000_000
        step.drained = start + 1_000_000_000
        return step
    }

    private static func request(_ sequence: Int64, step: Int, start: Int64) -> RequestRecord {
        var request = RequestRecord()
        request.sequence = sequence
        request.step = step
        request.measured = true
        request.scheduled = start + sequence % 12 * 80_000_000
        request.dispatchLag = 0
        request.written = 1_000
        request.firstByte = 10_000_000
        request.firstToken = 10_000_000 + sequence * 100_000
        request.firstVisible = request.firstToken
        request.lastToken = 60_000_000
        request.ended = 60_000_001
        request.outcome = sequence % 11 == 5 ? .http5xx : .ok
        request.error = sequence % 11 == 5 ? "no" : nil
        request.useful = request.outcome == .ok
        request.httpStatus = request.outcome == .ok ? 200 : 500
        request.inputTokens = 10
        request.outputTokens = 8
        request.tokenSource = .usage
        request.events = 8
        request.tokenEvents = 8
        request.textBytes = 32
        request.visibleBytes = 32
        return request
    }
}
