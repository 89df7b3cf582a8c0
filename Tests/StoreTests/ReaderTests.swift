import Foundation
import Measurement
import Testing

@testable import Store

@Suite struct ReaderTests {
    private func reading(_ path: String) -> StoreError? {
        do {
            _ = try RunStore.read(path)
            return nil
        } catch {
            return error
        }
    }

    private func finishedRun() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        try store.finish(run: Samples.run)
        return folder
    }

    /// Between its creation and its tables a file is empty, has our id and no version, or both and no table.
    @Test func `a run that was killed as it began is incomplete and holds nothing`() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(filePath: folder.file))
        var states = [try RunStore.read(folder.path)]
        // As a journal that was put back leaves it.
        try SQLiteShell.execute(folder.file, "CREATE TABLE gone(x); DROP TABLE gone")
        states.append(try RunStore.read(folder.path))
        try SQLiteShell.execute(folder.file, "PRAGMA application_id = \(Schema.applicationID)")
        states.append(try RunStore.read(folder.path))
        try SQLiteShell.execute(folder.file, "PRAGMA user_version = \(Schema.version)")
        states.append(try RunStore.read(folder.file))
        for state in states {
            #expect(!state.run.complete && state.targets.isEmpty && state.requests.isEmpty)
            #expect(state.run.warnings.count == 1)
        }
        let result = RunResult(of: states[3])
        #expect(result.warnings.contains { $0.hasPrefix("The run was cut off") })
    }

    /// A view of a table's name can hold anything; this one has no end.
    @Test(arguments: ["requests", "meta", "texts", "incidents", "answers"])
    func `what is no plain table is refused at once`(table: String) throws {
        let folder = try finishedRun()
        try SQLiteShell.execute(
            folder.file,
            """
            DROP VIEW request_ms; DROP TABLE \(table);
            CREATE VIEW \(table) AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n
            """
        )
        let error = reading(folder.file)
        #expect(error?.reason == .notARun)
        #expect(error?.detail == "\(table) is not a plain table in it, as in every result of spate")
        #expect(throws: StoreError.self) { try RunStore.forEachAnswer(of: folder.file) { _, _, _ in } }
    }

    @Test func `a file that is missing, text or another SQLite file is told apart and named`() throws {
        let folder = try TemporaryFolder()
        #expect(reading(folder.file)?.reason == .missing)
        #expect(reading(folder.path)?.path == folder.file)

        try Data().write(to: URL(filePath: folder.path + "/empty.txt"))
        #expect(reading(folder.path + "/empty.txt")?.reason == .notARun)

        try SQLiteShell.execute(folder.path + "/other.sqlite", "CREATE TABLE gone(x); DROP TABLE gone")
        #expect(reading(folder.path + "/other.sqlite")?.reason == .notARun)

        try Data(String(repeating: "no database at all ", count: 100).utf8).write(to: URL(filePath: folder.file))
        #expect(reading(folder.file)?.reason == .notARun)

        try FileManager.default.removeItem(atPath: folder.file)
        try SQLiteShell.execute(folder.file, "CREATE TABLE meta(key, value)")
        #expect(reading(folder.file)?.reason == .notARun)
        #expect(reading(folder.file)?.description.hasPrefix(folder.file) == true)
    }

    @Test func `another version of the schema is refused by number`() throws {
        let folder = try finishedRun()
        try SQLiteShell.execute(folder.file, "PRAGMA user_version = 2")
        #expect(reading(folder.file)?.reason == .version)
        #expect(reading(folder.file)?.detail == "has schema 2; this spate reads schema 1")
    }

    /// What a file of before knew: no lateness, incidents with a time, a kind and a detail, and stops called "stall".
    @Test func `an older file without lateness is read, and its stalls are the client's stops`() throws {
        let folder = try finishedRun()
        try SQLiteShell.execute(folder.file, "DROP VIEW request_ms")  // it names what is dropped
        for (table, column) in [
            ("requests", "late_send_ns"), ("requests", "late_first_ns"), ("requests", "late_last_ns"),
            ("incidents", "side"), ("incidents", "streams"), ("incidents", "of_streams"), ("incidents", "requests"),
            ("incidents", "attempts"), ("incidents", "tokens_missing"), ("incidents", "target"),
            ("targets", "waited_ready_ns"), ("targets", "preflight_gets"), ("targets", "prices"), ("targets", "tier"),
            ("requests", "cache_written_tokens"), ("requests", "cache_written_1h_tokens"), ("requests", "served_model"),
            ("requests", "served_tier"), ("requests", "served_by"),
        ] { try SQLiteShell.execute(folder.file, "ALTER TABLE \(table) DROP COLUMN \(column)") }
        try SQLiteShell.execute(folder.file, "UPDATE incidents SET kind = 'stall'")
        let read = try RunStore.read(folder.file)
        var (request, incident) = (Samples.request, IncidentRecord())
        (request.cacheWrittenTokens, request.cacheWrittenForHour) = (nil, nil)
        (request.servedModel, request.servedTier, request.servedBy) = (nil, nil, nil)
        (request.lateSend, request.lateFirst, request.lateLast) = (nil, nil, nil)
        (incident.at, incident.ended, incident.kind, incident.detail) = (7, 8, .clientStop, Samples.incident.detail)
        #expect(read.requests == [request])
        #expect(read.incidents == [incident])
    }

    @Test(arguments: [
        ("UPDATE requests SET outcome = 'splendid'", "table requests, row 1, column outcome holds \"splendid\""),
        ("UPDATE requests SET first_token_ns = 'soon'", "column first_token_ns"),
        ("UPDATE requests SET error = 99", "column error"),
        ("UPDATE requests SET useful = 2", "column useful"),
        ("UPDATE requests SET scheduled_ns = 1.5", "column scheduled_ns"),
        ("UPDATE histograms SET cells = x'ff'", "table histograms, row 1, column cells"),
        ("UPDATE meta SET value = 'many' WHERE key = 'seed'", "column seed"),
        ("UPDATE meta SET value = '{' WHERE key = 'metadata'", "column metadata"),
        ("UPDATE steps SET kind = 'jump'", "table steps, row 1, column kind"),
        ("UPDATE targets SET addresses = 'nowhere'", "column addresses"),
    ])
    func `a value that no run has is an error that names table, row and column`(sql: String, words: String) throws {
        let folder = try finishedRun()
        try SQLiteShell.execute(folder.file, sql)
        let error = reading(folder.file)
        #expect(error?.reason == .corrupt)
        #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
    }

    @Test func `a table that is gone or a page that is torn is an error, never a crash`() throws {
        let gone = try finishedRun()
        try SQLiteShell.execute(gone.file, "DROP TABLE bins")
        #expect(reading(gone.file) != nil)

        let torn = try finishedRun()
        var bytes = try Data(contentsOf: URL(filePath: torn.file))
        for offset in stride(from: 4096, to: bytes.count, by: 4096) {
            bytes.replaceSubrange(offset..<offset + 64, with: Data(repeating: 0xa5, count: 64))
        }
        try bytes.write(to: URL(filePath: torn.file))
        #expect(reading(torn.file)?.reason == .corrupt)
    }

    @Test func `reading changes nothing in the file`() throws {
        let folder = try finishedRun()
        let before = try Data(contentsOf: URL(filePath: folder.file))
        _ = try RunStore.read(folder.file)
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.sqlite"])
    }

    @Test func `a name that looks like a URI is a name`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/50% #1? file:x.sqlite"
        let store = try RunStore(creating: path, run: RunRecord())
        store.write(Samples.batch(Samples.recorded))
        try store.finish(run: Samples.run)
        #expect(try RunStore.read(path) == Samples.recorded)
        #expect(RunReader.immutableURI("/a b/50%?#é") == "file:/a%20b/50%25%3f%23%c3%a9?immutable=1")
    }

    @Test func `a person sees milliseconds and speeds by the definitions of the result`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var run = Samples.recorded
        // 100 tokens of which 20 were hidden; 4 of 40 bytes in the first read; 0.2 s to the first token, 1.2 s in all.
        run.requests[0].vectors = nil
        run.requests[0].outputTokens = 100
        run.requests[0].reasoningTokens = 20
        run.requests[0].textBytes = 40
        run.requests[0].firstReadTextBytes = 4
        run.requests[0].firstToken = 200_000_000
        run.requests[0].lastToken = 1_200_000_000
        store.write(Samples.batch(run))
        try store.finish(run: Samples.run)
        let row = try SQLiteShell.rows(
            folder.file,
            """
            SELECT target, phase, concurrency, outcome, ttft_ms, ttft_scheduled_ms, wait_ms, e2e_ms,
              round(request_tps, 6), decode_tps FROM request_ms
            """
        )
        #expect(row == ["do/kimi|burst|64|ok_length|200.0|200.21|196.0|1200.0|83.333333|72.0"])
    }

    @Test func `the view's speeds are those of the result for every kind of count`() throws {
        let folder = try TemporaryFolder()
        let store = try RunStore(creating: folder.file, run: RunRecord())
        var run = Samples.recorded
        run.requests = []
        for (source, hidden, reasoning) in [
            (RequestRecord.TokenSource?.some(.usage), false, Int64?.some(16)), (.usage, true, 16), (.usage, true, nil),
            (.events, false, nil), (nil, false, nil),
        ] {
            var request = Samples.request
            request.sequence = Int64(run.requests.count)
            request.vectors = nil
            request.tokenSource = source
            request.outputTokens = source == nil ? nil : 256
            request.hiddenReasoning = hidden
            request.reasoningTokens = reasoning
            run.requests.append(request)
        }
        store.write(Samples.batch(run))
        try store.finish(run: Samples.run)
        let rows = try SQLiteShell.rows(
            folder.file,
            "SELECT round(request_tps, 6), round(decode_tps, 6) FROM request_ms ORDER BY sequence"
        )
        // By hand: 256 or 238 tokens in 1.2 s; (256, 240 or 238) x (1 - 4/1024) in 0.999999997 s.
        #expect(
            rows == [
                "213.333333|255.000001", "213.333333|239.062501", "213.333333|237.070313", "213.333333|237.070313",
                "198.333333|237.070313",
            ]
        )
    }
}
