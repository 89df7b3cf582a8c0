import GRDB
public import Measurement

extension RunStore {
    /// Reads a run back: a finished one, one that is being written, or one whose writer was killed (its -wal file must
    /// be beside it then). `path` is the file or the run's folder. Nothing in it is changed.
    public static func read(_ path: String) throws(StoreError) -> RecordedRun {
        let file = databaseFile(of: path)
        guard let size = FileSystem.size(file) else {
            throw StoreError(path: file, reason: .missing, detail: "no such file")
        }
        if size == 0, file == "run.sqlite" || file.hasSuffix("/run.sqlite") { return .killedAtOnce }
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

extension RunStore {
    /// How many requests a result holds, those without a row of their own among them, and its size in bytes; reads none of them.
    /// `path` is the file or the run's folder.
    public static func extent(of path: String) throws(StoreError) -> (requests: Int, bytes: Int) {
        let file = databaseFile(of: path)
        guard let size = FileSystem.size(file), size > 0 else { return (0, 0) }
        do {
            let queue = try RunReader.open(file)
            let count = try queue.inDatabase { db in
                guard try RunReader(db: db, path: file).checkFormat() else { return 0 }
                return try Schema.requests.count(db) + packed(db)
            }
            try queue.close()
            return (count, size)
        } catch {
            throw StoreError(path: file, error)
        }
    }

    private static func packed(_ db: Database) throws -> Int {
        guard try db.tableExists(Schema.packs.name) else { return 0 }
        return try Int.fetchOne(db, sql: "SELECT coalesce(sum(count), 0) FROM \(Schema.packs.name)") ?? 0
    }

    /// The file that a result's path names: itself, or that in the run's folder.
    static func databaseFile(of path: String) -> String {
        FileSystem.isFolder(path) ? path + (path.hasSuffix("/") ? "" : "/") + "run.sqlite" : path
    }
}

extension RecordedRun {
    /// Of a file whose writer was killed before it had put anything in.
    fileprivate static var killedAtOnce: RecordedRun {
        var run = RecordedRun()
        run.run.warnings = [
            "The file holds nothing: the run was killed as it began, or the -wal file that belongs to it was left behind."
        ]
        return run
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
            if FileSystem.size(path + "-journal") ?? 0 > 0 { return try undoingHalfAWrite(plain, configuration) }
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

    /// A write outside of the log (its making, or its end) was cut off or failed: what it had changed is put back first, as
    /// every SQLite tool that may write does (sqlite.org/lockingv3.html, "Rollback").
    private static func undoingHalfAWrite(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
        var configuration = configuration
        configuration.readonly = false
        do { return try DatabaseQueue(path: path, configuration: configuration) } catch let error as DatabaseError {
            throw StoreError(
                path: path,
                reason: .readOnly,
                detail:
                    "belongs to a run that did not end, and its -journal file can only be applied in a folder that can "
                    + "be written: copy both there (\(error.message ?? "SQLite cannot open it"))"
            )
        }
    }

    /// sqlite.org/uri.html
    static func immutableURI(_ path: String) -> String { uri(path) + "?immutable=1" }

    static func uri(_ path: String) -> String {
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
        return uri
    }

    func read() throws -> RecordedRun {
        guard try checkFormat() else { return .killedAtOnce }
        var run = RecordedRun()
        run.run = try facts()
        run.targets = try Schema.targets.fetchAll(db, order: "id")
        run.phases = try Schema.phases.fetchAll(db, order: "id")
        run.steps = try Schema.steps.fetchAll(db, order: "id")
        run.requests = try requests()
        run.arrived = try added(Schema.arrived, order: "step, bin")
        run.bins = try Schema.bins.fetchAll(db, order: "step, bin, loop, rowid")
        run.histograms = try histograms()
        run.health = try Schema.health.fetchAll(db, order: "at_ns, loop, rowid")
        run.incidents = try Schema.incidents.fetchAll(db, order: "at_ns, rowid")
        run.shards = try shards()
        run.serverReadings = try added(Schema.serverReadings, order: "target, source, replica, at_ns, rowid")
        return run
    }

    /// False when it was created and holds nothing yet.
    func checkFormat() throws -> Bool {
        let id = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        // A kill amid the first write of all: with its journal put back, the file holds nothing.
        if id == 0, version == 0, tables == 0, path == "run.sqlite" || path.hasSuffix("/run.sqlite") { return false }
        guard id == Schema.applicationID else {
            throw StoreError(path: path, reason: .notARun, detail: "a SQLite file, but not a result of spate")
        }
        if version == 0, tables == 0 { return false }
        guard version == Schema.version else {
            throw StoreError(
                path: path,
                reason: .version,
                detail: "has schema \(version); this spate reads schema \(Schema.version)"
            )
        }
        if tables == 0 { return false }
        // What is no table of its own can be anything: a view that never ends, another file.
        let names = Schema.tableNames.map { "'\($0)'" }.joined(separator: ", ")
        try db.forEachRow(
            "SELECT name FROM sqlite_master WHERE name IN (\(names)) AND (type <> 'table' OR rootpage = 0)"
        ) { row in
            throw StoreError(
                path: path,
                reason: .notARun,
                detail: "\(StoredCell(row, 0).text ?? "") is not a plain table in it, as in every result of spate"
            )
        }
        guard try db.tableExists("meta") else {
            throw StoreError(path: path, reason: .notARun, detail: "has no table meta, which every result of spate has")
        }
        return true
    }

    func shards() throws -> [ShardRecord] { try added(Schema.shards, order: "shard") }

    /// Of a table that came later: none in a file of before.
    private func added<Record>(_ table: Table<Record>, order: String) throws -> [Record] {
        try db.tableExists(table.name) ? table.fetchAll(db, order: order) : []
    }

    func facts() throws -> RunRecord {
        let columns = Dictionary(uniqueKeysWithValues: Schema.run.enumerated().map { ($1.name, ($0, $1)) })
        var run = RunRecord()
        try db.forEachRow("SELECT key, value FROM meta") { row in
            guard let (index, column) = StoredCell(row, 0).text.flatMap({ columns[$0] }) else { return }
            let cell = StoredCell(row, 1)
            guard column.assign(&run, cell) else {
                throw CorruptRow(table: "meta", row: index, column: column.name, value: cell.description)
            }
        }
        return run
    }

    /// By sequence and attempt. The rows are read as they lie, which is nearly that order, and put right afterwards: the primary key's
    /// way leads from its index to each row anew.
    private func requests() throws -> [RequestRecord] {
        var texts: [Int64: String] = [:]
        try db.forEachRow("SELECT id, text FROM texts") { row in
            if let id = StoredCell(row, 0).integer, let text = StoredCell(row, 1).text { texts[id] = text }
        }
        var requests: [RequestRecord] = []
        requests.reserveCapacity(try Schema.requests.count(db))
        func text(_ id: Int64?, _ column: String) throws -> String? {
            guard let id else { return nil }
            guard let text = texts[id] else {
                throw CorruptRow(table: Schema.requests.name, row: requests.count, column: column, value: "\(id)")
            }
            return text
        }
        var asides = SharedAsides()
        var last: (Int64, Int) = (.min, .min)
        var isOrdered = true
        try Schema.requests.forEach(db) { stored in
            // In place, so that a row whose texts are those of the row before copies nothing.
            stored.request.error = try text(stored.error, "error")
            stored.request.note = try text(stored.note, "note")
            stored.request.servedModel = try text(stored.servedModel, "served_model")
            stored.request.servedTier = try text(stored.servedTier, "served_tier")
            stored.request.servedBy = try text(stored.servedBy, "served_by")
            asides.share(with: &stored.request)
            isOrdered = isOrdered && last < (stored.request.sequence, stored.request.attempt)
            last = (stored.request.sequence, stored.request.attempt)
            requests.append(stored.request)
        }
        if try db.tableExists(Schema.packs.name) {
            try Schema.packs.forEach(db, order: "id") { stored in
                guard let packed = stored.requests else {
                    let value = "\(stored.cells.count) bytes"
                    throw CorruptRow(table: Schema.packs.name, row: stored.id, column: "cells", value: value)
                }
                for var request in packed {
                    asides.share(with: &request)
                    requests.append(request)
                }
                isOrdered = false
            }
        }
        if !isOrdered { requests.sort { ($0.sequence, $0.attempt) < ($1.sequence, $1.attempt) } }
        return requests
    }

    private func histograms() throws -> [HistogramRecord] {
        var records: [HistogramRecord] = []
        records.reserveCapacity(try Schema.histograms.count(db))
        try Schema.histograms.forEach(db, order: "step, second, metric, loop, rowid") { stored in
            guard let histogram = Histogram(decoding: stored.cells) else {
                throw CorruptRow(
                    table: Schema.histograms.name,
                    row: records.count,
                    column: "cells",
                    value: "\(stored.cells.count) bytes"
                )
            }
            var record = stored.record
            record.histogram = histogram
            records.append(record)
        }
        return records
    }
}
