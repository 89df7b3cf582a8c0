import CSimdjson
import Glibc

/// A value inside a parser's current document, valid until that parser's next parse. An absent value is a value too, so
/// that paths can be written without ladders of `if let`.
struct JSONValue {
    enum Kind { case absent, null, bool, number, string, array, object }

    let raw: sj_value

    static var absent: JSONValue { JSONValue(raw: sj_value(document: nil, index: 0)) }

    var kind: Kind {
        switch sj_value_kind(raw) {
        case sj_kind_null: .null
        case sj_kind_bool: .bool
        case sj_kind_number: .number
        case sj_kind_string: .string
        case sj_kind_array: .array
        case sj_kind_object: .object
        default: .absent
        }
    }

    /// Neither absent nor null.
    var isPresent: Bool { kind != .absent && kind != .null }

    /// The last member of that name; absent when this is no object or has none.
    subscript(name: StaticString) -> JSONValue {
        let bytes = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        return JSONValue(raw: sj_value_member(raw, bytes, name.utf8CodeUnitCount))
    }

    /// The same by a name that is known only as the program runs.
    func member(_ name: [UInt8]) -> JSONValue {
        name.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return start.map { JSONValue(raw: sj_value_member(raw, $0, bytes.count)) } ?? .absent
        }
    }

    /// nil unless a string.
    var utf8: UnsafeRawBufferPointer? { sj_value_text(raw).buffer }

    /// nil unless a string with at least one byte.
    var text: String? {
        guard let utf8, utf8.count > 0 else { return nil }
        return String(decoding: utf8, as: UTF8.self)
    }

    /// Whether it is a string of exactly these bytes. Allocates nothing.
    func equals(_ text: StaticString) -> Bool {
        guard let utf8, let bytes = utf8.baseAddress, utf8.count == text.utf8CodeUnitCount else { return false }
        return memcmp(bytes, text.utf8Start, utf8.count) == 0
    }

    /// nil unless a number with an integral value that fits.
    var int: Int64? {
        var value: Int64 = 0
        return sj_value_int64(raw, &value) ? value : nil
    }

    /// nil unless a number.
    var double: Double? {
        var value = 0.0
        return sj_value_double(raw, &value) ? value : nil
    }

    var bool: Bool? {
        var value = false
        return sj_value_bool(raw, &value) ? value : nil
    }

    /// As compact JSON text.
    func json(by parser: JSONParser) -> String {
        jsonBytes(by: parser).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// A tool call's arguments: a string, or an object or array as JSON. `{}` says nothing.
    func arguments(by parser: JSONParser) -> UnsafeRawBufferPointer? {
        switch kind {
        case .string: utf8
        case .array: elements.contains { _ in true } ? jsonBytes(by: parser) : nil
        case .object: members.contains { _ in true } ? jsonBytes(by: parser) : nil
        case .absent, .null, .bool, .number: nil
        }
    }

    /// As compact JSON text, valid until the next call of this function.
    func jsonBytes(by parser: JSONParser) -> UnsafeRawBufferPointer? { sj_value_json(parser.raw, raw).buffer }

    /// An array's elements; empty for anything else.
    var elements: some Sequence<JSONValue> { Walk(raw: raw, wanted: .array).lazy.map(\.value) }

    /// An object's members in document order; empty for anything else.
    var members: some Sequence<(name: String, value: JSONValue)> {
        Walk(raw: raw, wanted: .object).lazy.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }
    }

    private struct Walk: Sequence, IteratorProtocol {
        private var walk: sj_walk

        init(raw: sj_value, wanted: Kind) {
            walk = JSONValue(raw: raw).kind == wanted ? sj_value_walk(raw) : sj_walk()
        }

        mutating func next() -> (name: UnsafeRawBufferPointer, value: JSONValue)? {
            var name = sj_text()
            var value = sj_value()
            guard sj_walk_next(&walk, &name, &value) else { return nil }
            return (name.buffer ?? UnsafeRawBufferPointer(start: nil, count: 0), JSONValue(raw: value))
        }
    }
}

extension sj_text {
    /// nil when absent.
    var buffer: UnsafeRawBufferPointer? { bytes.map { UnsafeRawBufferPointer(start: $0, count: count) } }
}
