import Dispatch
import GRDB
import Glibc
import Measurement
import Synchronization

/// The SQLite side of a run that is being written: creates the file, commits batches, closes.
final class RunWriter: Sendable {
    let path: String
    private let queue: DatabaseQueue
    private let texts = Mutex(TextTable())
    private let packer: Mutex<Packer>
    private let startedAtUnixNanoseconds: Mutex<Int64>
    private let file: FileSystem.Identity?

    /// Creates the file with the run's first facts in it.
    ///
    /// `exclusive` keeps the WAL's index in our memory instead of a shared -shm file, as network file systems need;
    /// nobody can read the run before it ends then. `patience` is how long it waits for another process's lock, seconds.
    init(creating path: String, run: RunRecord, exclusive: Bool, pageLimit: Int?, patience: Double) throws(StoreError) {
        self.path = path
        startedAtUnixNanoseconds = Mutex(run.startedAtUnixNanoseconds)
        packer = Mutex(Packer(run))
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(path: path, errno: errno, action: "create it") }
        Glibc.close(descriptor)
        do {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false  // a row may come before the one it points to
            configuration.busyMode = .timeout(patience)
            configuration.label = "store"
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { db in
                if exclusive { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
                // In the main file from the start; everything after it may stand in the -wal file only.
                try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try db.execute(sql: "PRAGMA user_version = \(Schema.version)")
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else {
                    throw StoreError(path: path, reason: .inputOutput, detail: "cannot hold a write-ahead log here")
                }
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.inTransaction {
                    try Schema.create(in: db)
                    try Self.store(run, in: db)
                    return .commit
                }
            }
            file = FileSystem.identity(path)
            if let pageLimit { try limitPages(to: pageLimit) }
        } catch {
            throw StoreError(path: path, error)
        }
    }

    /// Opens the file of a run that was interrupted, to write on.
    /// - Parameter unmeasured: steps by id, and from which instant on their requests are measured anew
    init(
        resuming path: String,
        run: RunRecord,
        unmeasured: [Int: Int64],
        exclusive: Bool
    ) throws(StoreError) {
        self.path = path
        startedAtUnixNanoseconds = Mutex(run.startedAtUnixNanoseconds)
        packer = Mutex(Packer(run))
        do {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            configuration.busyMode = .timeout(5)
            configuration.label = "store"
            let plain = path.hasPrefix("/") ? path : "./" + path
            queue = try DatabaseQueue(path: plain, configuration: configuration)
            try queue.inDatabase { db in
                if exclusive { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
                guard try db.tableExists("answers"),
                    try db.columns(in: "requests").contains(where: { $0.name == "item" })
                else {
                    throw StoreError(
                        path: path,
                        reason: .version,
                        detail: "was written by an earlier version, which did not say which prompts had ended"
                    )
                }
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else {
                    throw StoreError(path: path, reason: .inputOutput, detail: "cannot hold a write-ahead log here")
                }
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.inTransaction {
                    try Schema.extend(in: db)
                    try Self.store(run, in: db)
                    for (step, instant) in unmeasured {
                        try db.execute(
                            sql: "UPDATE requests SET measured = 0 WHERE step = ? AND scheduled_ns >= ?",
                            arguments: [step, instant]
                        )
                    }
                    try Packer.unmeasure(unmeasured, in: db)
                    return .commit
                }
            }
            file = FileSystem.identity(path)
        } catch {
            throw StoreError(path: path, error)
        }
    }

    /// For what goes from file to file inside SQLite.
    func onConnection(_ body: (Database) throws -> Void) throws { try queue.inDatabase(body) }

    /// Makes the disk full after so many pages of 4 KiB.
    func limitPages(to pages: Int) throws {
        try queue.inDatabase { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    /// One transaction: all of it or nothing. Rows that others point to first.
    func commit(_ batches: [RecordBatch], run: RunRecord?) throws(StoreError) {
        var packer = packer.withLock { $0 }
        do {
            try queue.inDatabase { db in
                try db.inTransaction(.immediate) {
                    if let run { try Self.store(run, in: db) }
                    for batch in batches {
                        try Schema.targets.insert(batch.targets, replacing: true, into: db)
                        try Schema.phases.insert(batch.phases, replacing: true, into: db)
                        try Schema.steps.insert(batch.steps, replacing: true, into: db)
                        try Schema.requests.insert(intern(packer.pack(batch.requests, in: db), in: db), into: db)
                        try Schema.answers.insert(batch.answers, replacing: true, into: db)
                        try Schema.bins.insert(batch.bins, into: db)
                        try Schema.histograms.insert(batch.histograms.map(StoredHistogram.init), into: db)
                        try Schema.health.insert(batch.health, into: db)
                        try Schema.incidents.insert(batch.incidents, into: db)
                        try Schema.shards.insert(batch.shards, replacing: true, into: db)
                        try Schema.serverReadings.insert(batch.serverReadings, into: db)
                        try Schema.serverTexts.insert(batch.serverTexts, into: db)
                    }
                    return .commit
                }
            }
            self.packer.withLock { $0 = packer }
            if let run { startedAtUnixNanoseconds.withLock { $0 = run.startedAtUnixNanoseconds } }
        } catch {
            texts.withLock { $0.forget() }  // ids that were rolled back
            throw displacement ?? StoreError(path: path, error)
        }
    }

    /// Why what is written is not found where it should be; nil while it is. SQLite finds it out at some writes and calls the
    /// file read-only; others go into a file that nobody finds.
    var displacement: StoreError? {
        let present = FileSystem.identity(path)
        guard present != file else { return nil }
        let became = present == nil ? "deleted or moved" : "deleted or moved, and replaced,"
        return StoreError(path: path, reason: .missing, detail: "was \(became) while the run went on")
    }

    /// Closes the connection. With `joiningFiles` the -wal file is merged into the main file and the journal mode set
    /// so that read-only media will do; false when another process kept the -wal file in use (nothing is lost then).
    func close(joiningFiles: Bool) throws(StoreError) -> Bool {
        do {
            var joined = false
            if joiningFiles {
                joined = try queue.inDatabase { db in
                    do {
                        try db.execute(sql: "PRAGMA busy_timeout = 1000")
                        _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                        return try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") == "delete"
                    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                        return false
                    }
                }
            }
            try queue.close()
            return joined
        } catch {
            throw displacement ?? StoreError(path: path, error)
        }
    }

    /// The incident that makes a run suspect because the disk was slower than the loops. Its time is only as good as
    /// the system clock.
    func backlogIncident(bytes: Int) -> RecordBatch {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let unix = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        let start = startedAtUnixNanoseconds.withLock { $0 }
        var incident = IncidentRecord()
        incident.at = start > 0 ? max(0, unix - start) : 0
        incident.kind = .store
        incident.detail = "\(bytes >> 20) MB waited to be written"
        var batch = RecordBatch()
        batch.incidents = [incident]
        return batch
    }

    private static func store(_ run: RunRecord, in db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)")
        for column in Schema.run {
            try statement.execute(arguments: [column.name, column.value(run)])
        }
    }

    private func intern(_ requests: [RequestRecord], in db: Database) throws -> [StoredRequest] {
        try texts.withLock { texts in
            try requests.map { request in
                let error = try request.error.map { try texts.id(of: $0, in: db) }
                let note = try request.note.map { try texts.id(of: $0, in: db) }
                return StoredRequest(
                    request: request,
                    error: error,
                    note: note,
                    servedModel: try request.servedModel.map { try texts.id(of: $0, in: db) },
                    servedTier: try request.servedTier.map { try texts.id(of: $0, in: db) },
                    servedBy: try request.servedBy.map { try texts.id(of: $0, in: db) }
                )
            }
        }
    }
}

/// Gives each text an id, and the same text the same id while it remembers it.
private struct TextTable {
    private static let capacity = 4096  // a server that never says the same twice must not fill the memory
    private var ids: [String: Int64] = [:]
    private var next: Int64?

    mutating func id(of text: String, in db: Database) throws -> Int64 {
        if let id = ids[text] { return id }
        let id = try next ?? (Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) FROM texts") ?? 0) + 1
        try db.cachedStatement(sql: "INSERT INTO texts(id, text) VALUES (?, ?)").execute(arguments: [id, text.stored])
        next = id + 1
        if ids.count < Self.capacity { ids[text] = id }
        return id
    }

    mutating func forget() {
        ids.removeAll()
        next = nil
    }
}
