import GRDB
import GRDBSQLite

/// One value of the row that a statement stands on, read where SQLite keeps it: a million rows of fifty columns are too many for a
/// box around each value.
struct StoredCell {
    private let value: OpaquePointer?

    init(_ statement: OpaquePointer, _ column: Int) {
        value = sqlite3_column_value(statement, CInt(column))
    }

    var isNull: Bool { sqlite3_value_type(value) == SQLITE_NULL }

    /// nil when it is no integer.
    var integer: Int64? { sqlite3_value_type(value) == SQLITE_INTEGER ? sqlite3_value_int64(value) : nil }

    /// Whether nanoseconds may be as many: 146 years, and the difference of two is a number still. NULL may always be.
    var isTime: Bool {
        guard let integer else { return true }
        return integer.magnitude < 1 << 62
    }

    var real: Double? {
        switch sqlite3_value_type(value) {
        case SQLITE_FLOAT: sqlite3_value_double(value)
        case SQLITE_INTEGER: Double(sqlite3_value_int64(value))
        default: nil
        }
    }

    var text: String? {
        guard sqlite3_value_type(value) == SQLITE_TEXT, let start = sqlite3_value_text(value) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
        return String(decoding: bytes, as: UTF8.self)
    }

    var blob: [UInt8]? {
        guard sqlite3_value_type(value) == SQLITE_BLOB else { return nil }
        guard let start = sqlite3_value_blob(value) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value))))
    }
}

extension StoredCell: CustomStringConvertible {
    var description: String {
        switch sqlite3_value_type(value) {
        case SQLITE_NULL: "NULL"
        case SQLITE_BLOB: "\(sqlite3_value_bytes(value)) bytes"
        default: integer.map { "\($0)" } ?? text.map { "\"\($0)\"" } ?? real.map { "\($0)" } ?? ""
        }
    }
}

extension Database {
    /// Steps through what a query gives; `body` is handed the statement, which stands on the row then.
    func forEachRow(_ sql: String, _ body: (OpaquePointer) throws -> Void) throws {
        let statement = try makeStatement(sql: sql)
        let rows = try Row.fetchCursor(statement)
        while try rows.next() != nil { try body(statement.sqliteStatement) }
    }
}
