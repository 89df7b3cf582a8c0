import Foundation

/// A JSON value, asked by path; what is not there is nil.
struct JSON {
    let value: Any?

    init(_ text: String) throws { value = try JSONSerialization.jsonObject(with: Data(text.utf8)) }

    init(file path: String) throws { try self.init(String(contentsOfFile: path, encoding: .utf8)) }

    private init(value: Any?) { self.value = value }

    subscript(key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }

    subscript(index: Int) -> JSON {
        let list = value as? [Any]
        return JSON(value: list.flatMap { index < $0.count ? $0[index] : nil })
    }

    var keys: Set<String> { Set((value as? [String: Any] ?? [:]).keys) }
    var list: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var double: Double? { (value as? NSNumber)?.doubleValue }
    var int: Int? { (value as? NSNumber)?.intValue }
    var bool: Bool? { (value as? NSNumber)?.boolValue }
    var text: String? { value as? String }
    var isNull: Bool { value == nil || value is NSNull }
}
