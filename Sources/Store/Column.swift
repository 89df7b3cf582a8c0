import GRDB

/// One column of a table and the field of a record it holds: the only place where the two are tied together.
struct Column<Record: Sendable>: Sendable {
    let name: String
    let declaration: String  // SQL type and constraints
    let value: @Sendable (Record) -> DatabaseValue
    /// Puts a stored value into the field; false when it is none that the field could have.
    let assign: @Sendable (inout Record, DatabaseValue) -> Bool

    init<Value: Storable>(_ name: String, _ field: any WritableKeyPath<Record, Value> & Sendable) {
        self.name = name
        declaration = Value.declaration
        value = { $0[keyPath: field].stored }
        assign = { record, stored in
            guard let value = Value(stored: stored) else { return false }
            record[keyPath: field] = value
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
            // As many arguments as marks, by construction: no need to validate each row's.
            statement.setUncheckedArguments(StatementArguments(columns.map { $0.value(record) }))
            try statement.execute()
        }
    }

    /// A file of an earlier version gets the columns that it did not know, where they may be NULL.
    func addMissingColumns(in db: Database) throws {
        let present = Set(try db.columns(in: name).map(\.name))
        for column in columns where !present.contains(column.name) && !column.declaration.contains("NOT NULL") {
            try db.execute(sql: "ALTER TABLE \(name) ADD COLUMN \(column.name) \(column.declaration)")
        }
    }

    /// Every row, in the order of `order` (SQL); throws `CorruptRow` at the first value that no record could hold.
    ///
    /// A column that may be NULL may be absent: a file of an earlier version did not know it.
    func fetchAll(_ db: Database, order: String) throws -> [Record] {
        let present = Set(try db.columns(in: name).map(\.name))
        let columns = columns.filter { present.contains($0.name) || $0.declaration.contains("NOT NULL") }
        let names = columns.map(\.name).joined(separator: ", ")
        let rows = try Row.fetchCursor(db, sql: "SELECT \(names) FROM \(name) ORDER BY \(order)")
        var records: [Record] = []
        while let row = try rows.next() {
            var record = empty()
            for (index, column) in columns.enumerated() {
                let stored: DatabaseValue = row[index]
                guard column.assign(&record, stored) else {
                    throw CorruptRow(table: name, row: records.count, column: column.name, value: stored.description)
                }
            }
            records.append(record)
        }
        return records
    }
}

/// A stored value that no record could hold.
struct CorruptRow: Error {
    var table: String
    var row: Int  // in the order of reading, from 0
    var column: String
    var value: String
}
