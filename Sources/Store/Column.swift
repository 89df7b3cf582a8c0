import GRDB
import GRDBSQLite

/// One column of a table and the field of a record it holds: the only place where the two are tied together.
struct Column<Record: Sendable>: Sendable {
    let name: String
    let declaration: String  // SQL type and constraints
    let value: @Sendable (Record) -> DatabaseValue
    /// Puts a stored value into the field; false when it is none that the field could have.
    let assign: @Sendable (inout Record, StoredCell) -> Bool
    /// Whether a file of this schema may lack it: it came later, and what an empty record holds stands for it.
    private(set) var isAdded = false

    init<Value: Storable>(_ name: String, _ field: any WritableKeyPath<Record, Value> & Sendable) {
        self.name = name
        declaration = Value.declaration
        value = { $0[keyPath: field].stored }
        let isTime = Self.isTime(name)
        assign = { record, cell in
            guard let value = Value(cell), !isTime || cell.isTime else { return false }
            record[keyPath: field] = value
            return true
        }
    }

    private static func isTime(_ name: String) -> Bool { name.hasSuffix("_ns") }

    var added: Column {
        var column = self
        column.isAdded = true
        return column
    }

    /// For the table that has a million rows: a key path is looked up anew for each.
    init<Value: Storable>(
        _ name: String,
        _ get: @escaping @Sendable (Record) -> Value,
        _ set: @escaping @Sendable (inout Record, Value) -> Void
    ) {
        self.name = name
        declaration = Value.declaration
        value = { get($0).stored }
        let isTime = Self.isTime(name)
        assign = { record, cell in
            guard let value = Value(cell), !isTime || cell.isTime else { return false }
            set(&record, value)
            return true
        }
    }
}

/// A table whose rows are records, one column per field.
struct Table<Record: Sendable>: Sendable {
    let name: String
    let columns: [Column<Record>]
    let constraints: [String]
    let empty: @Sendable () -> Record

    init(
        _ name: String,
        constraints: [String] = [],
        empty: @escaping @Sendable () -> Record,
        columns: [Column<Record>]
    ) {
        self.name = name
        self.columns = columns
        self.constraints = constraints
        self.empty = empty
    }

    var creation: String {
        let lines = columns.map { "\($0.name) \($0.declaration)" } + constraints
        return "CREATE TABLE \(name)(\n  \(lines.joined(separator: ",\n  "))\n)"
    }

    /// `INSERT`, or `INSERT OR REPLACE` where rows are known by their id.
    func insertion(replacing: Bool) -> String {
        let names = columns.map(\.name).joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT\(replacing ? " OR REPLACE" : "") INTO \(name)(\(names)) VALUES (\(marks))"
    }

    func insert(_ records: [Record], replacing: Bool = false, into db: Database) throws {
        guard !records.isEmpty else { return }
        let statement = try db.cachedStatement(sql: insertion(replacing: replacing))
        for record in records {
            // Nothing is bound then; half of a request's columns are NULL. Lists of a row's values, as GRDB would have them, cost
            // more than all that SQLite does with them.
            statement.setUncheckedArguments(StatementArguments())
            for (place, column) in columns.enumerated() {
                let value = column.value(record)
                if value.isNull { continue }
                let code = value.bind(to: statement.sqliteStatement, at: CInt(place + 1))
                guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
            }
            try statement.execute()
        }
    }

    /// A file of an earlier version gets the columns that it did not know, where they may be NULL.
    func addMissingColumns(in db: Database) throws {
        let present = Set(try db.columns(in: name).map(\.name))
        for column in columns
        where !present.contains(column.name) && (column.isAdded || !column.declaration.contains("NOT NULL")) {
            // SQLite adds no NOT NULL column without a value for the rows that are there.
            let value = column.isAdded ? " DEFAULT \(column.value(empty()).description)" : ""
            try db.execute(sql: "ALTER TABLE \(name) ADD COLUMN \(column.name) \(column.declaration)\(value)")
        }
    }

    /// Gives every row to `body`, in the order of `order` (SQL), or in the table's own; throws `CorruptRow` at the first value that
    /// no record could hold.
    ///
    /// The record is one and the same from row to row: what `body` puts in beside the columns is still there in the next.
    ///
    /// A column that may be NULL, or was added, may be absent: a file of an earlier version did not know it.
    func forEach(_ db: Database, order: String? = nil, _ body: (inout Record) throws -> Void) throws {
        let present = Set(try db.columns(in: name).map(\.name))
        let columns = columns.filter {
            present.contains($0.name) || ($0.declaration.contains("NOT NULL") && !$0.isAdded)
        }
        let names = columns.map(\.name).joined(separator: ", ")
        let assign = columns.map(\.assign)  // alone: a column's name need not be held for each of its cells
        var record = empty()  // what differs from the row before is put in anew for each row
        var wasNull = [Bool](repeating: false, count: assign.count)
        var number = 0
        try db.forEachRow("SELECT \(names) FROM \(name)" + (order.map { " ORDER BY \($0)" } ?? "")) { row in
            for index in assign.indices {
                let cell = StoredCell(row, index)
                let isNull = cell.isNull
                // Half of a request's columns are NULL, in row after row.
                if isNull, wasNull[index] { continue }
                wasNull[index] = isNull
                guard assign[index](&record, cell) else {
                    throw CorruptRow(table: name, row: number, column: columns[index].name, value: cell.description)
                }
            }
            try body(&record)
            number += 1
        }
    }

    func fetchAll(_ db: Database, order: String) throws -> [Record] {
        var records: [Record] = []
        records.reserveCapacity(try count(db))
        try forEach(db, order: order) { records.append($0) }
        return records
    }

    func count(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name)") ?? 0 }
}

/// A stored value that no record could hold.
struct CorruptRow: Error {
    var table: String
    var row: Int  // in the order of reading, from 0
    var column: String
    var value: String
}
