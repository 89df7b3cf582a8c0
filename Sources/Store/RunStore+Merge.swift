import GRDB
public import Measurement

/// Joining the shards of a run: rows go from file to file inside SQLite, so that memory does not grow with them.
extension RunStore {
    /// A result without its requests and series; `path` is the file or the run's folder.
    public static func head(_ path: String) throws(StoreError) -> ShardUnion.Head {
        let file = databaseFile(of: path)
        guard let size = FileSystem.size(file), size > 0 else {
            throw StoreError(path: file, reason: .missing, detail: "no such file, or nothing in it")
        }
        do {
            let queue = try RunReader.open(file)
            let head = try queue.inDatabase { db in
                let reader = RunReader(db: db, path: file)
                var head = ShardUnion.Head()
                head.path = path
                guard try reader.checkFormat() else { return head }
                head.run = try reader.facts()
                head.shards = try reader.shards()
                head.targets = try Schema.targets.fetchAll(db, order: "id")
                head.phases = try Schema.phases.fetchAll(db, order: "id")
                head.steps = try Schema.steps.fetchAll(db, order: "id")
                head.requests = try Schema.requests.count(db)
                return head
            }
            try queue.close()
            return head
        } catch {
            throw StoreError(path: file, error)
        }
    }

    /// Creates `file` with the union of the shards' rows. Each has its place in `union.sources` among `folders`.
    /// - Parameter progress: told the shard that is being read.
    public static func merge(
        _ union: ShardUnion,
        of folders: [String],
        into file: String,
        progress: (Int) -> Void = { _ in }
    ) throws(StoreError) {
        let writer = try RunWriter(creating: file, run: union.run, exclusive: true, pageLimit: nil, patience: 0)
        var batch = RecordBatch()
        (batch.targets, batch.phases, batch.steps) = (union.targets, union.phases, union.steps)
        batch.shards = union.shards
        try writer.commit([batch], run: union.run)
        for (shard, source) in zip(union.shards, union.sources) {
            progress(shard.index)
            try writer.append(databaseFile(of: folders[source]), shard: shard, common: union.common)
        }
        _ = try writer.close(joiningFiles: true)
    }
}

extension RunWriter {
    /// The rows of a shard's file, under the numbers that they have in the whole.
    func append(_ path: String, shard: ShardRecord, common: [Int: Range<Int64>]) throws(StoreError) {
        do {
            try onConnection { db in
                let plain = path.hasPrefix("/") ? path : "./" + path
                try db.execute(sql: "ATTACH ? AS shard", arguments: [RunReader.uri(plain) + "?mode=ro"])
                defer { try? db.execute(sql: "DETACH shard") }
                try db.execute(sql: "CREATE TEMP TABLE IF NOT EXISTS common(step INTEGER PRIMARY KEY, start, end)")
                try db.execute(sql: "DELETE FROM common")
                for (step, span) in common {
                    try db.execute(
                        sql: "INSERT INTO common VALUES (?, ?, ?)",
                        arguments: [step, span.lowerBound, span.upperBound]
                    )
                }
                let texts = try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) FROM main.texts") ?? 0
                let loop = "loop + \(shard.firstLoop)"
                try db.inTransaction(.immediate) {
                    try db.execute(sql: "INSERT INTO main.texts SELECT id + \(texts), text FROM shard.texts")
                    let words = Schema.textColumns.map { ($0, "\($0) + \(texts)") }
                    try Schema.requests.copy(
                        db,
                        with: Dictionary(uniqueKeysWithValues: words).merging([
                            "loop": loop,
                            "measured": """
                            measured AND NOT EXISTS (SELECT 1 FROM temp.common c WHERE c.step = r.step
                              AND NOT coalesce(r.scheduled_ns + r.dispatch_lag_ns, r.scheduled_ns) BETWEEN c.start AND c.end - 1)
                            """,
                        ]) { $1 }
                    )
                    try Schema.answers.copy(db)
                    try Schema.bins.copy(db, with: ["loop": loop])
                    try Schema.histograms.copy(db, with: ["loop": loop])
                    try Schema.health.copy(db, with: ["loop": loop])
                    try Schema.serverReadings.copyIfThere(db)
                    try Schema.serverTexts.copyIfThere(db)
                    let name = "'shard \(shard.index)'"
                    try Schema.incidents.copy(
                        db,
                        with: ["detail": "CASE WHEN detail IS NULL THEN \(name) ELSE \(name) || ': ' || detail END"]
                    )
                    return .commit
                }
            }
        } catch {
            throw StoreError(path: path, error)
        }
    }
}

extension Table {
    /// A shard's file of before the table was has none.
    fileprivate func copyIfThere(_ db: Database) throws {
        if try db.tableExists(name, in: "shard") { try copy(db) }
    }

    /// All rows of the attached shard's table of this name, in their order.
    fileprivate func copy(_ db: Database, with changes: [String: String] = [:]) throws {
        let present = Set(try db.columns(in: name, in: "shard").map(\.name))
        let columns = columns.filter { present.contains($0.name) }  // a file of before lacks some
        let names = columns.map(\.name).joined(separator: ", ")
        let values = columns.map { changes[$0.name] ?? $0.name }.joined(separator: ", ")
        try db.execute(sql: "INSERT INTO main.\(name)(\(names)) SELECT \(values) FROM shard.\(name) r ORDER BY rowid")
    }
}
