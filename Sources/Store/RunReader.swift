import GRDB
public import Measurement

extension RunStore {
    /// Reads a run back: a finished one, one that is being written, or one whose writer was killed (its -wal file must
    /// be beside it then). `path` is the file or the run's folder. Nothing in it is changed.
    public static func read(_ path: String) throws(StoreError) -> RecordedRun {
        let file = FileSystem.isFolder(path) ? path + (path.hasSuffix("/") ? "" : "/") + "run.sqlite" : path
        guard let size = FileSystem.size(file) else {
            throw StoreError(path: file, reason: .missing, detail: "no such file")
        }
        guard size > 0 else {
            throw StoreError(path: file, reason: .notARun, detail: "is empty, not a result of spate")
        }
        do {
            let queue = try RunReader.open(file)
            let run = try queue.inDatabase { db in
                // One transaction, so that all tables are of the same instant while the run goes on.
                var run = RecordedRun()
                try db.inTransaction(.deferred) {
                    run = try RunReader(db: db, path: file).read()
                    return .commit
                }
                return run
            }
            try queue.close()
            return run
        } catch {
            throw StoreError(path: file, error)
        }
    }
}

/// Reads all tables inside one transaction.
struct RunReader {
    let db: Database
    let path: String

    /// Read-only. On read-only media SQLite cannot open a file in WAL mode the usual way; where no -wal file belongs to
    /// it, it is told that nobody can change it.
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "report"
        let plain = path.hasPrefix("/") ? path : "./" + path  // a name that begins with "file:" is no URI
        do {
            return try DatabaseQueue(path: plain, configuration: configuration)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CANTOPEN || error.resultCode == .SQLITE_READONLY
        {
            if FileSystem.size(path + "-wal") ?? 0 > 0 {
                throw StoreError(
                    path: path,
                    reason: .readOnly,
                    detail:
                        "belongs to a run that did not end, and its -wal file can only be read in a folder that can "
                        + "be written: copy both there (\(error.message ?? "SQLite cannot open it"))"
                )
            }
            return try DatabaseQueue(path: immutableURI(plain), configuration: configuration)
        }
    }

    /// sqlite.org/uri.html
    static func immutableURI(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                uri += byte < 16 ? "%0" : "%"
                uri += String(byte, radix: 16)
            }
        }
        return uri + "?immutable=1"
    }

    func read() throws -> RecordedRun {
        try checkFormat()
        var run = RecordedRun()
        run.run = try facts()
        run.targets = try Schema.targets.fetchAll(db, order: "id")
        run.phases = try Schema.phases.fetchAll(db, order: "id")
        run.steps = try Schema.steps.fetchAll(db, order: "id")
        run.requests = try requests()
        run.bins = try Schema.bins.fetchAll(db, order: "step, bin, loop, rowid")
        run.histograms = try histograms()
        run.health = try Schema.health.fetchAll(db, order: "at_ns, loop, rowid")
        run.incidents = try Schema.incidents.fetchAll(db, order: "at_ns, rowid")
        return run
    }

    private func checkFormat() throws {
        guard try Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw StoreError(path: path, reason: .notARun, detail: "a SQLite file, but not a result of spate")
        }
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version == Schema.version else {
            throw StoreError(
                path: path,
                reason: .version,
                detail: "has schema \(version); this spate reads schema \(Schema.version)"
            )
        }
        guard try db.tableExists("meta") else {
            throw StoreError(
                path: path,
                reason: .notARun,
                detail:
                    "holds nothing. What a run that was killed had stored stands in run.sqlite-wal: keep both together"
            )
        }
    }

    private func facts() throws -> RunRecord {
        var stored: [String: DatabaseValue] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT key, value FROM meta")
        while let row = try rows.next() {
            let key: DatabaseValue = row[0]
            if case .string(let name) = key.storage { stored[name] = row[1] }
        }
        var run = RunRecord()
        for (index, column) in Schema.run.enumerated() {
            guard let value = stored[column.name] else { continue }
            guard column.assign(&run, value) else {
                throw CorruptRow(table: "meta", row: index, column: column.name, value: value.description)
            }
        }
        return run
    }

    private func requests() throws -> [RequestRecord] {
        var texts: [Int64: String] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT id, text FROM texts")
        while let row = try rows.next() {
            let (id, text): (DatabaseValue, DatabaseValue) = (row[0], row[1])
            if case .int64(let id) = id.storage, case .string(let text) = text.storage { texts[id] = text }
        }
        func text(_ id: Int64?, _ column: String, _ row: Int) throws -> String? {
            guard let id else { return nil }
            guard let text = texts[id] else {
                throw CorruptRow(table: Schema.requests.name, row: row, column: column, value: "\(id)")
            }
            return text
        }
        return try Schema.requests.fetchAll(db, order: "sequence, attempt").enumerated().map { index, stored in
            var request = stored.request
            request.error = try text(stored.error, "error", index)
            request.note = try text(stored.note, "note", index)
            return request
        }
    }

    private func histograms() throws -> [HistogramRecord] {
        let rows = try Schema.histograms.fetchAll(db, order: "step, second, metric, loop, rowid")
        return try rows.enumerated().map { index, stored in
            guard let histogram = Histogram(decoding: stored.cells) else {
                throw CorruptRow(
                    table: Schema.histograms.name,
                    row: index,
                    column: "cells",
                    value: "\(stored.cells.count) bytes"
                )
            }
            var record = stored.record
            record.histogram = histogram
            return record
        }
    }
}
