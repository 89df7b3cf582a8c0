import Foundation
import GRDB
import Measurement
import Ticks

/// A field's value as one SQLite value and back.
protocol Storable: Sendable {
    /// SQL type and constraint of its column.
    static var declaration: String { get }
    var stored: DatabaseValue { get }
    /// nil when the cell holds no value of this type.
    init?(_ cell: StoredCell)
}

extension Int64: Storable {
    static var declaration: String { "INTEGER NOT NULL" }
    var stored: DatabaseValue { databaseValue }
    init?(_ cell: StoredCell) {
        guard let value = cell.integer else { return nil }
        self = value
    }
}

/// A count, an id or a place in a list. None is as large as `most`; what says so is damaged or made up, and whoever counted on from
/// there would overflow.
extension Int: Storable {
    private static let most: Int64 = 1 << 48
    static var declaration: String { "INTEGER NOT NULL" }
    var stored: DatabaseValue { databaseValue }
    init?(_ cell: StoredCell) {
        guard let value = cell.integer, (-Self.most...Self.most).contains(value) else { return nil }
        self = Int(value)
    }
}

/// As decimal text: SQLite's integers end at 2^63 - 1.
extension UInt64: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { String(self).databaseValue }
    init?(_ cell: StoredCell) {
        guard let value = cell.text.flatMap({ UInt64($0) }) else { return nil }
        self = value
    }
}

/// 0 or 1.
extension Bool: Storable {
    static var declaration: String { "INTEGER NOT NULL" }
    var stored: DatabaseValue { databaseValue }
    init?(_ cell: StoredCell) {
        switch cell.integer {
        case 0: self = false
        case 1: self = true
        default: return nil
        }
    }
}

/// SQLite stores a NaN as NULL; no field of a record is ever one.
extension Double: Storable {
    static var declaration: String { "REAL NOT NULL" }
    var stored: DatabaseValue { databaseValue }
    init?(_ cell: StoredCell) {
        guard let value = cell.real else { return nil }
        self = value
    }
}

/// A NUL, at which SQLite's text functions stop, is stored as its picture U+2400.
extension String: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue {
        guard utf8.contains(0) else { return databaseValue }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{2400}" : $0 })).databaseValue
    }
    init?(_ cell: StoredCell) {
        guard let text = cell.text else { return nil }
        self = text
    }
}

extension Optional: Storable where Wrapped: Storable {
    static var declaration: String {
        Wrapped.declaration.replacingOccurrences(of: " NOT NULL", with: "")
    }
    var stored: DatabaseValue { self?.stored ?? .null }
    init?(_ cell: StoredCell) {
        if cell.isNull {
            self = .none
        } else {
            guard let value = Wrapped(cell) else { return nil }
            self = .some(value)
        }
    }
}

/// What can be stored as a list.
protocol StorableElement: Sendable {
    static var listDeclaration: String { get }
    static func stored(_ list: [Self]) -> DatabaseValue
    static func list(_ cell: StoredCell) -> [Self]?
}

extension Array: Storable where Element: StorableElement {
    static var declaration: String { Element.listDeclaration }
    var stored: DatabaseValue { Element.stored(self) }
    init?(_ cell: StoredCell) {
        guard let list = Element.list(cell) else { return nil }
        self = list
    }
}

/// Bytes as a blob.
extension UInt8: StorableElement {
    static var listDeclaration: String { "BLOB NOT NULL" }
    static func stored(_ list: [UInt8]) -> DatabaseValue { Data(list).databaseValue }
    static func list(_ cell: StoredCell) -> [UInt8]? { cell.blob }
}

/// A list of words as JSON text.
extension String: StorableElement {
    static var listDeclaration: String { "TEXT NOT NULL" }
    static func stored(_ list: [String]) -> DatabaseValue { JSONText.encode(list) }
    static func list(_ cell: StoredCell) -> [String]? { JSONText.decode(cell) }
}

/// As JSON text; NULL = none.
extension RefusalRecord: StorableElement {
    static var listDeclaration: String { "TEXT" }
    static func stored(_ list: [RefusalRecord]) -> DatabaseValue { list.isEmpty ? .null : JSONText.encode(list) }
    static func list(_ cell: StoredCell) -> [RefusalRecord]? { cell.isNull ? [] : JSONText.decode(cell) }
}

/// Words by word as JSON text.
extension Dictionary: Storable where Key == String, Value == String {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { JSONText.encode(self) }
    init?(_ cell: StoredCell) {
        guard let value: Self = JSONText.decode(cell) else { return nil }
        self = value
    }
}

/// As JSON text.
extension RateLimitRecord: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { JSONText.encode(self) }
    init?(_ cell: StoredCell) {
        guard let value: Self = JSONText.decode(cell) else { return nil }
        self = value
    }
}

/// As JSON text.
extension CalibrationRecord: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { JSONText.encode(self) }
    init?(_ cell: StoredCell) {
        guard let value: Self = JSONText.decode(cell) else { return nil }
        self = value
    }
}

/// As JSON text.
extension PriceList: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { JSONText.encode(self) }
    init?(_ cell: StoredCell) {
        guard let value: Self = JSONText.decode(cell) else { return nil }
        self = value
    }
}

/// As JSON text.
extension AskedTier: Storable {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { JSONText.encode(self) }
    init?(_ cell: StoredCell) {
        guard let value: Self = JSONText.decode(cell) else { return nil }
        self = value
    }
}

private enum JSONText {
    static func encode(_ value: some Encodable) -> DatabaseValue {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self).stored } ?? .null
    }

    static func decode<Value: Decodable>(_ cell: StoredCell) -> Value? {
        guard let text = cell.text else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

/// An enumeration as its word.
extension Storable where Self: RawRepresentable, RawValue == String {
    static var declaration: String { "TEXT NOT NULL" }
    var stored: DatabaseValue { rawValue.databaseValue }
    init?(_ cell: StoredCell) {
        guard let word = cell.text else { return nil }
        self.init(rawValue: word)
    }
}

extension Outcome: Storable {}
extension RequestRecord.Connection: Storable {}
extension RequestRecord.Stamp: Storable {}
extension RequestRecord.TokenSource: Storable {}
extension KeptRows: Storable {}
extension PhaseKind: Storable {}
extension PhaseRecord.LoopModel: Storable {}
extension StageKind: Storable {}
extension StepRecord.Cut: Storable {}
extension HistogramRecord.Metric: Storable {}
extension IncidentRecord.Side: Storable {}
extension IncidentRecord.Kind: Storable {
    init?(_ cell: StoredCell) {
        guard let word = cell.text else { return nil }
        self.init(stored: word)
    }
}
