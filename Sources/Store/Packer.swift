import GRDB
import Measurement

/// Puts requests into rows and packs while a run is written. A value: what a failed transaction had changed is dropped with
/// it.
struct Packer: Sendable {
    private var chooser: RowChooser
    /// The pack that is not full yet; it is written anew with each commit that adds to it, so that a kill loses none of it.
    private var open: [RequestRecord] = []
    private var id: Int?  // of that pack; nil = behind the last one that is stored

    init(_ run: RunRecord) { chooser = RowChooser(run.keptRows, seed: run.seed) }

    /// Stores those without a row of their own.
    /// - Returns: the others
    mutating func pack(_ requests: [RequestRecord], in db: Database) throws -> [RequestRecord] {
        var rows: [RequestRecord] = []
        var sums = ArrivedSums()
        let before = open.count
        for var request in requests {
            if chooser.keeps(request) {
                rows.append(request)
            } else {
                sums.take(from: &request)
                open.append(request)
            }
        }
        guard open.count > before else { return rows }
        var id = try id ?? ((Int.fetchOne(db, sql: "SELECT max(id) FROM packs") ?? 0) + 1)
        while open.count >= RequestPack.size {
            try Schema.packs.insert([StoredPack(id, Array(open.prefix(RequestPack.size)))], replacing: true, into: db)
            open.removeFirst(RequestPack.size)
            id += 1
        }
        if !open.isEmpty { try Schema.packs.insert([StoredPack(id, open)], replacing: true, into: db) }
        self.id = id
        try Self.add(sums.records, in: db)
        return rows
    }

    private static func add(_ records: [ArrivedRecord], in db: Database) throws {
        let sums = ["tokens", "events", "text_bytes"].map { "\($0) = \($0) + excluded.\($0)" }
        let sql =
            Schema.arrived.insertion(replacing: false) + " ON CONFLICT(step, bin) DO UPDATE SET "
            + sums.joined(separator: ", ")
        let statement = try db.cachedStatement(sql: sql)
        for record in records {
            try statement.execute(arguments: StatementArguments(Schema.arrived.columns.map { $0.value(record) }))
        }
    }

    /// Requests of these steps that were due from these instants on (since t0) count as unmeasured, as the rows do.
    static func unmeasure(_ steps: [Int: Int64], in db: Database) throws {
        guard let earliest = steps.values.min() else { return }
        var changed: [StoredPack] = []
        var damaged: Int?
        try Schema.packs.forEach(db, order: "id") { stored in
            guard stored.last >= earliest else { return }
            guard var requests = stored.requests else {
                damaged = damaged ?? stored.id
                return
            }
            for place in requests.indices {
                if let instant = steps[requests[place].step], requests[place].scheduled >= instant {
                    requests[place].measured = false
                }
            }
            changed.append(StoredPack(stored.id, requests))
        }
        if let damaged { throw CorruptRow(table: "packs", row: damaged, column: "cells", value: "no pack") }
        try Schema.packs.insert(changed, replacing: true, into: db)
    }
}
